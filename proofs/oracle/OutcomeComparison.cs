using Iced.Intel;
using Verified.Machine.Processor;

namespace Verified.Proofs.Oracle;

/// <summary>A field in which two outcomes of one case differ.</summary>
public sealed record FieldDifference(string Field, string Own, string Host);

/// <summary>Compares two outcomes: which fields must be equal.</summary>
public static class OutcomeComparison
{
    private static readonly string[] RegisterNames = ["EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI"];
    private static readonly string[] SegmentNames = ["ES", "CS", "SS", "DS", "FS", "GS"];

    // RF is left out because a fault pushes it set. IF and IOPL are left out because they are the host's.
    private const uint Flags =
        Flag.Status | Flag.Trap | Flag.Direction | Flag.NestedTask | Flag.AlignmentCheck | Flag.Identification;

    /// <summary>The first difference, or null.</summary>
    public static FieldDifference? Of(Case c, Outcome own, Outcome host)
    {
        if (own.Missing is { } missing)
            return new("instruction", missing, Trap(host));
        if (ProcessorDifferences.Trap(c, own, host))
            return null;
        if (own.Vector != host.Vector)
            return new("trap", Trap(own), Trap(host));
        if (own.Vector is { } vector)
        {
            if (PushesCode(vector) && Code(own) != Code(host))
                return new("error code", $"{Code(own):X}h", $"{Code(host):X}h");
            if (vector == Vectors.PageFault && own.Address != host.Address)
                return new("CR2", $"{own.Address:X8}h", $"{host.Address:X8}h");
        }

        var completed = own.Vector is null;
        var destination =
            completed && c.Sequence is null && UndefinedResults.Destination(c, (host.Eflags & Flag.Zero) != 0);
        if (own.Eip != host.Eip)
            return new("EIP", $"{own.Eip:X8}h", $"{host.Eip:X8}h");
        var popped = ProcessorDifferences.RegistersAtFault(c, own);
        for (var i = 0; i < 8; i++)
            if (
                !popped
                && (
                    (own.Registers[i] ^ host.Registers[i])
                    & (completed && c.Sequence is null ? ~UndefinedResults.Bits(c, i, destination) : uint.MaxValue)
                ) != 0
            )
                return new(RegisterNames[i], $"{own.Registers[i]:X8}h", $"{host.Registers[i]:X8}h");
        for (var i = 0; i < 6; i++)
            // An interrupt of the host that returns to ring 3 clears the RPL of a null selector (SDM vol. 2, IRET).
            if (own.Segments[i] != host.Segments[i] && !(own.Segments[i] <= 3 && host.Segments[i] == 0))
                return new(SegmentNames[i], $"{own.Segments[i]:X4}h", $"{host.Segments[i]:X4}h");
        var compared =
            Flags
            & ~(
                c.Sequence is not null ? own.Undefined
                : completed ? UndefinedResults.Flags(c)
                : ProcessorDifferences.FlagsAtFault(c)
            );
        if (((own.Eflags ^ host.Eflags) & compared) != 0)
            return new(
                $"EFLAGS, of which {compared:X}h is defined",
                $"{own.Eflags & compared:X}h",
                $"{host.Eflags & compared:X}h"
            );
        return destination && c.Instruction.Op0Kind != OpKind.Register || ProcessorDifferences.MemoryAtFault(c, own)
            ? null
            : Memory(own, host);
    }

    /// <summary>
    /// The first difference between two readings of the same text, which leaves no result open; or null.
    /// </summary>
    public static FieldDifference? Exactly(Outcome one, Outcome other)
    {
        if ((one.Vector, one.Error, one.Address) != (other.Vector, other.Error, other.Address))
            return new("trap", Trap(one), Trap(other));
        if (one.Eip != other.Eip)
            return new("EIP", $"{one.Eip:X8}h", $"{other.Eip:X8}h");
        if (one.Eflags != other.Eflags)
            return new("EFLAGS", $"{one.Eflags:X}h", $"{other.Eflags:X}h");
        for (var i = 0; i < 8; i++)
            if (one.Registers[i] != other.Registers[i])
                return new(RegisterNames[i], $"{one.Registers[i]:X8}h", $"{other.Registers[i]:X8}h");
        for (var i = 0; i < 6; i++)
            if (one.Segments[i] != other.Segments[i])
                return new(SegmentNames[i], $"{one.Segments[i]:X4}h", $"{other.Segments[i]:X4}h");
        return Memory(one, other);
    }

    private static FieldDifference? Memory(Outcome own, Outcome host)
    {
        if (own.Changes.AsSpan().SequenceEqual(host.Changes))
            return null;
        var (ours, theirs) = (own.Changes.ToDictionary(), host.Changes.ToDictionary());
        var at = ours
            .Keys.Union(theirs.Keys)
            .Order()
            .First(key => !ours.TryGetValue(key, out var a) || !theirs.TryGetValue(key, out var b) || a != b);
        return new($"memory at {at:X8}h", Cell(ours, at), Cell(theirs, at));
    }

    private static string Cell(Dictionary<uint, uint> cells, uint at) =>
        cells.TryGetValue(at, out var value) ? $"{value:X8}h" : "as it was";

    private static bool PushesCode(int vector) =>
        vector
            is Vectors.DoubleFault
                or Vectors.AlignmentCheck
                or (>= Vectors.InvalidTaskState and <= Vectors.PageFault);

    // A Pentium has no execute-disable, so no instruction-fetch bit.
    private static uint Code(Outcome o) => o.Vector == Vectors.PageFault ? o.Error & 0xF : o.Error;

    public static string Trap(Outcome o) =>
        o.Vector is not { } vector ? "none"
        : vector == Vectors.PageFault ? $"#PF({Code(o):X}h), CR2 {o.Address:X8}h"
        : PushesCode(vector) ? $"vector {vector}({o.Error:X}h)"
        : $"vector {vector}";
}
