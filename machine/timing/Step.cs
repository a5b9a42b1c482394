using Iced.Intel;

namespace Verified.Machine.Timing;

/// <summary>An executed instruction, as far as its time depends on it.</summary>
/// <param name="Instruction">With its address as IP.</param>
/// <param name="Taken">A branch that did not go on with the next instruction.</param>
/// <param name="Ring">Privilege level before it.</param>
/// <param name="NextRing">Privilege level after it.</param>
/// <param name="Count">
/// Iterations of a repeated string instruction; bits that BSF or BSR passed over before the one it found; nesting level
/// of ENTER.
/// </param>
/// <param name="Next">Address of the instruction after it, where that was learned.</param>
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

/// <summary>What an instruction takes by itself, operands in the caches and registers ready.</summary>
public readonly record struct Cost(int Cycles, Pairing Pairing);

/// <summary>Which branches the branch target buffer is taken to know.</summary>
public enum Prediction
{
    /// <summary>All, and rightly: a path that was run before. No branch costs more than its cycle.</summary>
    Hot,

    /// <summary>None: those that are taken are mispredicted.</summary>
    Cold,

    /// <summary>Those that <see cref="Buffers"/> know from what was run before.</summary>
    Learned,
}

/// <summary>An instruction in the pipeline.</summary>
/// <param name="Step">What was executed.</param>
/// <param name="Start">Cycle in which it entered its pipe, after <paramref name="Stall"/>.</param>
/// <param name="Cycles">
/// What it adds to the path, stall included; 0 in the V pipe where its partner takes as long.
/// </param>
/// <param name="Pairing">Where it could have gone.</param>
/// <param name="Second">It is in the V pipe, paired with the instruction before.</param>
/// <param name="Stall">Cycles it waited for an address register.</param>
/// <param name="Mispredicted">Cycles lost as the branch target buffer did not know it.</param>
/// <param name="Waited">Cycles it waited for caches and translations, and for misaligned data.</param>
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
    /// Cycles and pipe for a listing: <c>U 1</c>, <c>V 0</c>, <c>- 48</c> where it cannot pair, <c>+n</c> the stall in
    /// it.
    /// </summary>
    public override string ToString() =>
        $"{(Second ? "V" : Pairing is Pairing.None ? "-" : "U")} {Cycles}{(Stall > 0 ? $" (AGI {Stall})" : "")}"
        + (Mispredicted > 0 ? $" (mispredicted {Mispredicted})" : "")
        + (Waited > 0 ? $" (waited {Waited})" : "");
}
