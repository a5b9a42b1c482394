using Verified.Machine.Processor;
using Verified.Proofs.Programs;

namespace Verified.Proofs.Oracle;

/// <summary>
/// The cases that are simpler than a failing case: flat segments, no pokes, registers 0, no spare prefixes.
/// </summary>
public static class SimplerCases
{
    private const int MostTries = 400;

    /// <summary>The simplest failing case.</summary>
    public static OracleFailure Smallest(OracleFailure failure, OwnProcessor own, HostProcessor host) =>
        Shrinking.Smallest(
            failure,
            failing => Of(failing.Case),
            candidate => Compare(candidate, own, host, failure.Number),
            MostTries
        );

    /// <summary>The failure of one case; null if both do the same or if the case cannot be compared.</summary>
    public static OracleFailure? Compare(Case c, OwnProcessor own, HostProcessor host, long number)
    {
        var outcome = own.Execute(c);
        if (OracleRun.Strays(c, outcome))
            return null;
        host.Send([(c, outcome)]);
        var theirs = host.Receive(c, outcome);
        return OutcomeComparison.Of(c, outcome, theirs) is { } difference
            ? new(c, outcome, theirs, difference, number)
            : null;
    }

    private static IEnumerable<Case> Of(Case c)
    {
        for (var i = 0; c.Sequence is { Steps.Count: > 1 } sequence && i < sequence.Steps.Count; i++)
            if (sequence.Without(i).In(c) is { } shorter)
                yield return shorter;
        for (var i = 0; i < c.Segments.Length; i++)
        {
            var flat = i == SegmentRegister.Cs ? Arena.FlatCode : Arena.FlatData;
            if (c.Segments[i] == flat || (i == SegmentRegister.Cs && (!c.CodeSegment.Big || c.CodeSegment.Base != 0)))
                continue;
            yield return c with
            {
                Segments = [.. c.Segments[..i], flat, .. c.Segments[(i + 1)..]],
            };
        }

        for (var i = 0; i < c.Pokes.Count; i++)
            yield return c with
            {
                Pokes = [.. c.Pokes.Where((_, j) => j != i)],
            };
        const uint plain = Flag.Reserved | Flag.Interrupt;
        foreach (
            var flag in new[] { Flag.Identification, Flag.AlignmentCheck, Flag.NestedTask, Flag.Direction, Flag.Status }
        )
            if ((c.Eflags & flag & ~plain) != 0)
                yield return c with
                {
                    Eflags = c.Eflags & ~flag,
                };
        for (var i = 0; i < 8; i++)
            foreach (var value in (uint[])[0, 1, c.Registers[i] & 0xFFFF, c.Registers[i] & 0xFF])
                if (value < c.Registers[i])
                    yield return c with
                    {
                        Registers = [.. c.Registers[..i], value, .. c.Registers[(i + 1)..]],
                    };
        for (var i = 0; c.Sequence is null && i < c.Bytes.Length && IsPrefix(c.Bytes[i]); i++)
        {
            byte[] shorter = [.. c.Bytes[..i], .. c.Bytes[(i + 1)..]];
            if (
                CaseGenerator.TryDecode(shorter, c.CodeSegment.Big, c.Eip, out var instruction)
                && instruction.Length == shorter.Length
                && instruction.Code == c.Instruction.Code
            )
                yield return c with
                {
                    Bytes = shorter,
                    Instruction = instruction,
                };
        }
    }

    private static bool IsPrefix(byte value) =>
        value is 0x26 or 0x2E or 0x36 or 0x3E or 0x64 or 0x65 or 0x66 or 0x67 or 0xF0 or 0xF2 or 0xF3;
}
