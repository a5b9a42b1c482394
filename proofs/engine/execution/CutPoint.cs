using System.Collections.Immutable;
using Verified.Machine.Processor;
using Verified.Proofs.Paths;
using Verified.Spec.Values;

namespace Verified.Proofs.Execution;

/// <summary>The kinds of conditions that a contract has for a field of the processor.</summary>
public enum HoldingKind
{
    /// <summary>
    /// No condition: a theorem that starts at the cut point knows nothing about the field, and a theorem that ends
    /// there shows nothing about it.
    /// </summary>
    Any,

    /// <summary>The field has one fixed value.</summary>
    Is,

    /// <summary>The field may have any value, and a step of the kernel does not change it.</summary>
    Kept,

    /// <summary>The view or a representation invariant determines the value.</summary>
    Compared,

    /// <summary>A condition that the kernel's own theorems know by its name.</summary>
    Named,
}

/// <summary>
/// The condition that a contract has for a field. The value belongs to kind <see cref="HoldingKind.Is"/>, the name to
/// <see cref="HoldingKind.Named"/>.
/// </summary>
public readonly record struct Holding(HoldingKind Kind, uint Value = 0, string Name = "")
{
    public static readonly Holding Any = new(HoldingKind.Any),
        Kept = new(HoldingKind.Kept),
        Compared = new(HoldingKind.Compared);

    public static Holding Is(uint value) => new(HoldingKind.Is, value);

    /// <param name="name">The condition as the end of a sentence.</param>
    public static Holding Named(string name) => new(HoldingKind.Named, Name: name);

    /// <summary>
    /// True if a value satisfies a condition that needs only the value and the value at the start of the step.
    /// </summary>
    public Truth Allows<W>(W value, W before)
        where W : struct, IWord<W> =>
        Kind switch
        {
            HoldingKind.Is => value == Value,
            HoldingKind.Kept => value == before,
            _ => true,
        };

    public override string ToString() =>
        Kind switch
        {
            HoldingKind.Is => $"{Value:X}h",
            HoldingKind.Kept => "what it was",
            HoldingKind.Compared => "what the state says",
            HoldingKind.Named => Name,
            _ => "unknown",
        };
}

/// <summary>
/// A point where theorems start and end. Its contract has a condition for every entry of the list of processor state. A
/// theorem that starts here assumes the contract. Every theorem that ends here proves it, and so does the theorem of
/// boot.
/// </summary>
/// <param name="Name">The name that reports use.</param>
/// <param name="Stage">The stage of the spec.</param>
/// <param name="InUserMode">True if the current thread's registers are in the processor.</param>
/// <param name="Contract">The conditions, by the name of the field.</param>
public sealed record CutPoint(string Name, uint Stage, bool InUserMode, ImmutableDictionary<string, Holding> Contract)
{
    /// <summary>True if the processor takes interrupts here: they are on, and no instruction delays them.</summary>
    public bool IsInterruptible => this["EFLAGS.IF"] == Holding.Is(Flag.Interrupt);

    /// <summary>The condition for a field.</summary>
    /// <exception cref="ProverException">The contract has no condition for the field.</exception>
    public Holding this[string field] =>
        Contract.TryGetValue(field, out var holding)
            ? holding
            : throw new ProverException($"the contract of cut point {Name} leaves out {field}");

    /// <summary>The cut point with another contract.</summary>
    public CutPoint With(string field, Holding holding) => this with { Contract = Contract.SetItem(field, holding) };
}
