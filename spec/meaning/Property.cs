using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>A step of the kernel: the states before and after it, its entry, and the entry's arguments.</summary>
public readonly record struct Step<W>(State<W> Before, State<W> After, Entry Entry, W Argument, W Code)
    where W : struct, IWord<W>
{
    /// <summary>The current thread when the step begins.</summary>
    public W Me => Before.Current;
}

/// <summary>
/// A statement about one step: about the states before and after it, at every row <c>i</c> of <paramref name="Over"/>.
/// If it relates two rows, it also ranges over all threads <c>j</c>. Properties read columns. They never call the
/// spec's steps or their predicates.
/// </summary>
/// <param name="Name">The name in reports, theorems and mutants.</param>
/// <param name="Sentences">Numbers in the interface document, separated by spaces.</param>
/// <param name="Says">One sentence for the reader of a violation.</param>
/// <param name="Over">The table that <c>i</c> ranges over.</param>
/// <param name="Entries">The entries whose steps the property is about.</param>
/// <param name="Holds">The property at (i, j).</param>
public sealed record Property<W>(
    string Name,
    string Sentences,
    string Says,
    Table Over,
    IReadOnlyList<Entry> Entries,
    Func<Step<W>, W, W, Truth> Holds
)
    where W : struct, IWord<W>
{
    /// <summary>Whether the property depends on <c>j</c>.</summary>
    public bool Pairs { get; init; }

    /// <summary>
    /// Whether the property holds at every row that a step has not written, except that of the current thread. A check
    /// then skips these rows.
    /// </summary>
    public bool Keeps { get; init; }

    /// <summary>
    /// Whether the property searches among rows. It then has a concrete reading only and cannot be a theorem.
    /// </summary>
    public bool Searches { get; init; }

    /// <summary>A property of the processor's own columns.</summary>
    public static Property<W> OfProcessor(
        string name,
        string sentences,
        string says,
        IReadOnlyList<Entry> entries,
        Func<Step<W>, W, W, Truth> holds
    ) => new(name, sentences, says, Table.Processor, entries, holds);

    /// <summary>A property of every thread.</summary>
    public static Property<W> OfThreads(
        string name,
        string sentences,
        string says,
        IReadOnlyList<Entry> entries,
        Func<Step<W>, W, W, Truth> holds
    ) => new(name, sentences, says, Table.Thread, entries, holds);

    /// <summary>A property of every thread that holds at rows that no step has written (<see cref="Keeps"/>).</summary>
    public static Property<W> KeptByThreads(
        string name,
        string sentences,
        string says,
        IReadOnlyList<Entry> entries,
        Func<Step<W>, W, W, Truth> holds
    ) => OfThreads(name, sentences, says, entries, holds) with { Keeps = true };
}

/// <summary>A statement about values, not about states. It is checked for all values.</summary>
/// <param name="Name">The name in reports and mutants.</param>
/// <param name="Sentences">Numbers in the interface document, separated by spaces.</param>
/// <param name="Says">One sentence for the reader of a violation.</param>
/// <param name="Violated">The first value that violates it, in words; null if it holds.</param>
public sealed record Law(string Name, string Sentences, string Says, Func<string?> Violated);
