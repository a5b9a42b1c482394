using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>A step of the kernel: the states before and after it, and what its entry was given.</summary>
public readonly record struct Step<W>(State<W> Before, State<W> After, Entry Entry, W Argument, W Code)
    where W : struct, IWord<W>
{
    /// <summary>The thread that has the processor when the step begins.</summary>
    public W Me => Before.Current;
}

/// <summary>
/// What a step is for: a sentence about the states before and after it, at every row <c>i</c> of
/// <paramref name="Over"/>, and at all threads <c>j</c> if it relates two. Properties read columns, never the texts of
/// the steps or their predicates.
/// </summary>
/// <param name="Name">How reports, theorems and mutants call it.</param>
/// <param name="Sentences">Numbers in the interface document, separated by spaces.</param>
/// <param name="Says">One sentence for the reader of a violation.</param>
/// <param name="Over">The table that <c>i</c> ranges over.</param>
/// <param name="Entries">The entries whose steps it is about.</param>
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
    /// <summary>Whether <c>j</c> matters.</summary>
    public bool Pairs { get; init; }

    /// <summary>
    /// Whether it holds at every row that a step has not written, but that of the current thread, so that no check
    /// needs to look there.
    /// </summary>
    public bool Keeps { get; init; }

    /// <summary>
    /// Whether its text looks for a row among many, so that it has a concrete reading only and is no theorem.
    /// </summary>
    public bool Searches { get; init; }
}

/// <summary>A sentence about values, not about states: it is checked for all of them.</summary>
/// <param name="Name">How reports and mutants call it.</param>
/// <param name="Sentences">Numbers in the interface document, separated by spaces.</param>
/// <param name="Says">One sentence for the reader of a violation.</param>
/// <param name="Violated">The first value that violates it, in words; null if it holds.</param>
public sealed record Law(string Name, string Sentences, string Says, Func<string?> Violated);
