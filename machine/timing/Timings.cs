using Verified.Machine.Processor;

namespace Verified.Machine.Timing;

/// <summary>The cost of an instruction by itself.</summary>
/// <exception cref="MachineException">The cycles of the instruction are not known.</exception>
public delegate Cost CostOf(in Step step);

/// <summary>A cache or translation buffer: the number of sets, the number of ways, and the bytes of a line.</summary>
public readonly record struct BufferShape(int Sets, int Ways, int Line);

/// <summary>The timing numbers of a processor.</summary>
/// <param name="Name">The name in published figures.</param>
/// <param name="Of">The cost of each instruction.</param>
/// <param name="Interrupt">An interrupt or exception that enters an inner ring.</param>
/// <param name="InterruptWithinRing">An interrupt or exception within a ring.</param>
/// <param name="AddressInterlock">The wait for an address register that was written in the previous cycle.</param>
/// <param name="Pair">The cycles of a pair, given the cycles of its two instructions.</param>
/// <param name="Mispredicted">A branch that was predicted wrongly; 0 if the processor predicts nothing.</param>
/// <param name="MispredictedSecond">A wrongly predicted conditional branch in the second pipe.</param>
/// <param name="Memory">Caches and translation buffers, and the cost of their misses.</param>
public sealed record Timings(
    string Name,
    CostOf Of,
    int Interrupt,
    int InterruptWithinRing,
    int AddressInterlock,
    Func<int, int, int> Pair,
    int Mispredicted,
    int MispredictedSecond,
    MemoryTimings Memory
)
{
    /// <summary>The first Pentium.</summary>
    public static readonly Timings P5 = new(
        "Pentium",
        Timing.P5.Of,
        Timing.P5.Interrupt,
        Timing.P5.InterruptWithinRing,
        Timing.P5.AddressInterlock,
        Timing.P5.Pair,
        Timing.P5.Mispredicted,
        Timing.P5.MispredictedSecond,
        Timing.P5.Memory
    );

    /// <summary>A Pentium whose translation buffers have an address space in each entry, for comparison.</summary>
    public static readonly Timings TaggedP5 = P5 with
    {
        Name = "Pentium-tagged",
        Memory = P5.Memory with { IsTagged = true },
    };

    /// <summary>A Pentium whose second-level cache has misses, too.</summary>
    public static readonly Timings P5WithSecondLevel = P5 with
    {
        Name = "Pentium-L2",
        Memory = P5.Memory with { Second = Timing.P5.SecondLevel },
    };

    /// <summary>The 486: one pipe, no prediction.</summary>
    public static readonly Timings I486 = new(
        "486",
        Timing.I486.Of,
        Timing.I486.Interrupt,
        Timing.I486.InterruptWithinRing,
        Timing.I486.AddressInterlock,
        (first, second) => first + second,
        0,
        0,
        Timing.I486.Memory
    );
}

/// <param name="Code">The code cache.</param>
/// <param name="Data">The data cache; null if the code cache holds both.</param>
/// <param name="CodePages">The translations of code.</param>
/// <param name="DataPages">The translations of data; null if those of code hold both.</param>
/// <param name="LineFill">Cycles for which an access waits for a line of the second-level cache.</param>
/// <param name="TableWalk">Cycles of a translation, with page tables in the first-level cache.</param>
/// <param name="Misaligned">
/// Cycles of an access to data that crosses a multiple of 4, or of 8 for an access of that size.
/// </param>
/// <param name="IsTagged">
/// A variant: a translation belongs to its address space, and a load of CR3 discards none.
/// </param>
/// <param name="Second">The second-level cache; null if all accesses hit it.</param>
public sealed record MemoryTimings(
    BufferShape Code,
    BufferShape? Data,
    BufferShape CodePages,
    BufferShape? DataPages,
    int LineFill,
    int TableWalk,
    int Misaligned,
    bool IsTagged = false,
    SecondLevelTimings? Second = null
);
