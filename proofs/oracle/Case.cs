using Iced.Intel;

namespace Verified.Proofs.Oracle;

/// <summary>One instruction, or several in sequence, and the state before the first.</summary>
public sealed record Case
{
    public const int MostPokes = 8;

    /// <summary>Room for code in the native program.</summary>
    public const int MostBytes = 64;

    /// <summary>The first instruction, decoded at <see cref="Eip"/>.</summary>
    public required Instruction Instruction { get; init; }

    /// <summary>The source of the bytes if there is more than one instruction.</summary>
    public Sequence? Sequence { get; init; }

    public required byte[] Bytes { get; init; }

    /// <summary>General registers, in the encoding's order.</summary>
    public required uint[] Registers { get; init; }

    /// <summary>ES, CS, SS, DS, FS, GS.</summary>
    public required ushort[] Segments { get; init; }

    public required uint Eip { get; init; }

    public required uint Eflags { get; init; }

    /// <summary>Words written over the background, at linear addresses of writable pages.</summary>
    public required IReadOnlyList<(uint Address, uint Value)> Pokes { get; init; }

    public LocalSegment CodeSegment => Arena.Of(Segments[1])!.Value;

    /// <summary>Linear address of the instruction.</summary>
    public uint At => CodeSegment.Base + Eip;

    /// <summary>
    /// True if an offset in CS is still in the case, or if execution has yet to leave the case's only instruction.
    /// </summary>
    public bool Includes(uint eip) => Sequence is null ? eip == Eip : eip - Eip < Bytes.Length;
}

/// <summary>The effect of an instruction.</summary>
public sealed record Outcome
{
    /// <summary>The vector of the fault or trap that it ended in, or null.</summary>
    public int? Vector { get; init; }

    public uint Error { get; init; }

    /// <summary>CR2 of a page fault.</summary>
    public uint Address { get; init; }

    public required uint[] Registers { get; init; }

    public required uint Eip { get; init; }

    public required uint Eflags { get; init; }

    public required ushort[] Segments { get; init; }

    /// <summary>Words of memory that differ from the background, ascending.</summary>
    public required (uint Address, uint Value)[] Changes { get; init; }

    /// <summary>Status flags that the manual leaves undefined at the end of a sequence.</summary>
    public uint Undefined { get; init; }

    /// <summary>
    /// True if the manual leaves the effect open: a result is undefined, or the sequence did not end in time.
    /// </summary>
    public bool IsOpen { get; init; }

    /// <summary>The number of instructions begun: one, or the length of the executed sequence.</summary>
    public int Steps { get; init; } = 1;

    /// <summary>The reason why there is no outcome: the machine does not have the instruction.</summary>
    public string? Missing { get; init; }
}
