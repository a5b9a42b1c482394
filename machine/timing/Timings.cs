namespace Verified.Machine.Timing;

/// <summary>What an instruction takes by itself.</summary>
/// <exception cref="MachineException">No figure is known.</exception>
public delegate Cost CostOf(in Step step);

/// <summary>A cache or translation buffer: so many sets of so many ways, a line of so many bytes in each.</summary>
public readonly record struct BufferShape(int Sets, int Ways, int Line);

/// <summary>The numbers of a processor.</summary>
/// <param name="Name">As published figures name it.</param>
/// <param name="Of">Each instruction.</param>
/// <param name="Interrupt">An interrupt or exception that enters an inner ring.</param>
/// <param name="InterruptWithinRing">One within its ring.</param>
/// <param name="AddressInterlock">Waiting for an address register that was written in the cycle before.</param>
/// <param name="Pair">Two paired instructions of so many cycles each.</param>
/// <param name="Mispredicted">A branch that went where it was not expected to; 0 where nothing is predicted.</param>
/// <param name="MispredictedSecond">The same of a conditional branch in the second pipe.</param>
/// <param name="Memory">Caches, translation buffers, and what they cost to miss.</param>
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
        "P5",
        Timing.P5.Of,
        Timing.P5.Interrupt,
        Timing.P5.InterruptWithinRing,
        Timing.P5.AddressInterlock,
        Timing.P5.Pair,
        Timing.P5.Mispredicted,
        Timing.P5.MispredictedSecond,
        Timing.P5.Memory
    );

    /// <summary>A Pentium with an address space in each entry of its translation buffers, to compare with.</summary>
    public static readonly Timings TaggedP5 = P5 with
    {
        Name = "P5 with a tagged TLB",
        Memory = P5.Memory with { IsTagged = true },
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

/// <param name="Code">Cache of code.</param>
/// <param name="Data">Cache of data; null where the one of code holds both.</param>
/// <param name="CodePages">Translations of code.</param>
/// <param name="DataPages">Translations of data; null where those of code hold both.</param>
/// <param name="LineFill">Cycles that an access waits for a line of the second-level cache.</param>
/// <param name="TableWalk">Cycles of a translation, page tables in the first-level cache.</param>
/// <param name="Misaligned">
/// Cycles of an access to data that crosses a multiple of 4, or of 8 where it is as large.
/// </param>
/// <param name="IsTagged">
/// A variant: a translation belongs to its address space, and a load of CR3 forgets none.
/// </param>
public sealed record MemoryTimings(
    BufferShape Code,
    BufferShape? Data,
    BufferShape CodePages,
    BufferShape? DataPages,
    int LineFill,
    int TableWalk,
    int Misaligned,
    bool IsTagged = false
);
