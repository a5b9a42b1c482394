using Iced.Intel;
using Verified.Proofs.Events;

namespace Verified.Proofs.Diff;

/// <summary>Finds the instruction that causes a difference.</summary>
public static class Explanation
{
    /// <summary>
    /// The report of a longer path (an endless loop, or a long operation) has only its last instructions.
    /// </summary>
    public const int Most = 500;

    private const int LongestInstruction = 15;

    // The source of instructions that many steps share. It is not the place where a step starts.
    private const string Shared = "/KernelProgram.cs";

    /// <summary>
    /// The path of the first step that differs, in a disagreement's last event. If no step differs by itself, it is the
    /// path of the whole event, the kernel's own steps after it included.
    /// </summary>
    public static Explained Path(Duel duel, Disagreement disagreement)
    {
        var trace = disagreement.Trace;
        if (trace.Events.Count == 0 && trace.Booted)
            return new([], 0, Reason.NoPlace);
        var step = Begin(duel, trace, last => duel.FirstDifferent(last));
        var path = new WatchedPath(duel.Machine, step?.Difference ?? disagreement.Difference, step, Most);
        Begin(duel, trace, last =>
        {
            duel.Machine.Pc.Trace = path.Record;
            try
            {
                last();
                path.End();
            }
            finally
            {
                duel.Machine.Pc.Trace = null;
            }

            return path;
        });
        return Of(duel.Machine, path, step);
    }

    // Runs a trace to its last event, and gives the rest to a function. The start is the last event of an empty trace.
    private static T Begin<T>(Duel duel, Trace trace, Func<Func<Difference?>, T> run)
    {
        if (trace.Events.Count == 0)
            return run(() => duel.Place(trace.Start.ToState(), trace.Memory));
        DiffRun.Replay(duel, trace with { Events = [.. trace.Events.Take(trace.Events.Count - 1)] });
        return run(() => duel.Step(trace.Events[^1]));
    }

    private static Explained Of(ImageMachine machine, WatchedPath path, SpecStep? step)
    {
        var lines = machine.Image.SourceLines;
        uint[] addresses = [.. path.Addresses];
        Instruction[] instructions = [.. addresses.Select(address => Decode(machine, address))];

        // If a write is missing, the step's first line of source is the place.
        var marked =
            path.Cause is { } cause ? (int)(cause - path.First)
            : path.Reason != Reason.NothingWritten || step is null ? addresses.Length - 1
            : Math.Max(0, Array.FindIndex(addresses, IsOfStep));
        bool IsOfStep(uint address) =>
            lines.GetValueOrDefault(address) is { } line && !line.File.EndsWith(Shared, StringComparison.Ordinal);
        var origins = path.Reason == Reason.Writes && marked >= 0 ? Origins.Of(instructions, marked) : null;
        return new(
            [
                .. addresses.Select(
                    (address, i) =>
                    {
                        var instruction = instructions[i];
                        bool? jumps =
                            instruction.FlowControl == FlowControl.ConditionalBranch && i + 1 < addresses.Length
                                ? addresses[i + 1] != instruction.NextIP32
                                : null;
                        return new Executed(
                            address,
                            machine.Image.Name(address),
                            instruction.ToString(),
                            i == marked,
                            lines.GetValueOrDefault(address),
                            jumps,
                            path.Near.Contains(path.First + i) && i != marked,
                            origins?.Contains(i) == true
                        );
                    }
                ),
            ],
            path.Length,
            path.Reason
        )
        {
            Step = step,
        };
    }

    private static Instruction Decode(ImageMachine machine, uint address)
    {
        var bytes = new byte[LongestInstruction];
        for (var i = 0u; i < bytes.Length; i++)
            bytes[i] = (byte)(machine.Load((address + i) & ~3u).Value >> (int)(8 * ((address + i) & 3)));
        return Decoder.Create(32, bytes, address).Decode();
    }
}
