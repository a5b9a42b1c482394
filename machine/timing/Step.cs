using Iced.Intel;

namespace Verified.Machine.Timing;

/// <summary>An executed instruction, with the properties on which its time depends.</summary>
/// <param name="Instruction">The instruction, with its address as IP.</param>
/// <param name="Taken">Whether a branch did not continue with the next instruction.</param>
/// <param name="Ring">The privilege level before it.</param>
/// <param name="NextRing">The privilege level after it.</param>
/// <param name="Count">
/// Iterations of a repeated string instruction; bits that BSF or BSR passed over; nesting level of ENTER.
/// </param>
/// <param name="Next">The address of the next executed instruction, if it is known.</param>
public readonly record struct Step(
    Instruction Instruction,
    bool Taken = false,
    int Ring = 0,
    int NextRing = 0,
    uint Count = 0,
    uint Next = 0
);

/// <summary>The pipes in which an instruction may share a cycle with another.</summary>
public enum Pairing
{
    /// <summary>None: it runs alone.</summary>
    None,

    /// <summary>U: it may come first in a pair.</summary>
    U,

    /// <summary>V: it may come second in a pair.</summary>
    V,

    Either,
}

/// <summary>The cost of an instruction by itself, with operands in caches and registers ready.</summary>
public readonly record struct Cost(int Cycles, Pairing Pairing);

/// <summary>The branches that the branch target buffer is assumed to know.</summary>
public enum Prediction
{
    /// <summary>
    /// All branches are predicted correctly, as on a path that ran before. No branch costs more than its cycle.
    /// </summary>
    Hot,

    /// <summary>No branch is known, so every taken branch is mispredicted.</summary>
    Cold,

    /// <summary>The branches that <see cref="Buffers"/> learned from earlier code.</summary>
    Learned,
}

/// <summary>An instruction in the pipeline.</summary>
/// <param name="Step">The executed instruction.</param>
/// <param name="Start">The cycle in which it entered its pipe, after <paramref name="Stall"/>.</param>
/// <param name="Cycles">
/// The cycles that it adds to the path, stall included; 0 in the V pipe if its partner takes as long.
/// </param>
/// <param name="Pairing">The pipes in which it could pair.</param>
/// <param name="Second">Whether it is in the V pipe, paired with the previous instruction.</param>
/// <param name="Stall">Cycles for which it waited for an address register.</param>
/// <param name="Mispredicted">Cycles lost because the branch target buffer did not predict it.</param>
/// <param name="Waited">Cycles for which it waited for caches and translations, and for misaligned data.</param>
public readonly record struct Timed(
    Step Step,
    long Start,
    int Cycles,
    Pairing Pairing,
    bool Second,
    int Stall,
    int Mispredicted,
    int Waited = 0
)
{
    /// <summary>
    /// Cycles and pipe for a listing: <c>U 1</c>, <c>V 0</c>, or <c>- 48</c> if it cannot pair, followed by stalls and
    /// waits.
    /// </summary>
    public override string ToString() =>
        $"{(Second ? "V" : Pairing is Pairing.None ? "-" : "U")} {Cycles}{(Stall > 0 ? $" (AGI {Stall})" : "")}"
        + (Mispredicted > 0 ? $" (mispredicted {Mispredicted})" : "")
        + (Waited > 0 ? $" (waited {Waited})" : "");
}
