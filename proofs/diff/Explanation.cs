using Iced.Intel;
using Verified.Machine.Computer;
using Verified.Proofs.Events;

namespace Verified.Proofs.Diff;

/// <summary>Finds the instruction that causes a difference.</summary>
public static class Explanation
{
    /// <summary>
    /// The report of a longer path (an endless loop, or a long operation) has only its last instructions.
    /// </summary>
    public const int Most = 500;

    // The most jumps that are tried the other way, and the most events that all trials together run.
    private const int MostTrials = 24,
        MostEvents = 5_000;

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
        var executed = 0L;
        Watch(
            duel,
            trace,
            pc =>
            {
                executed++;
                path.Record(pc);
            },
            path.End
        );
        var mends = Mends(duel, trace, path, executed, out var turned);
        return Of(duel, path, step, mends) with { Turned = turned };
    }

    // Runs a trace to its last event, and gives the rest to a function. The start is the last event of an empty trace.
    private static T Begin<T>(Duel duel, Trace trace, Func<Func<Difference?>, T> run)
    {
        if (trace.Events.Count == 0)
            return run(() => duel.Place(trace.Start.ToState(), trace.Memory));
        DiffRun.Replay(duel, trace with { Events = [.. trace.Events.Take(trace.Events.Count - 1)] });
        return run(() => duel.Step(trace.Events[^1]));
    }

    // Whether image and spec agree after the last event.
    private static bool Watch(Duel duel, Trace trace, Action<Pc> before, Action? end = null) =>
        Begin(duel, trace, last =>
        {
            duel.Machine.Pc.Trace = before;
            try
            {
                var difference = last();
                end?.Invoke();
                return (difference ?? duel.End()) is null;
            }
            finally
            {
                duel.Machine.Pc.Trace = null;
            }
        });

    // The numbers of the jumps in the path that are wrong, as trials show.
    private static HashSet<int> Mends(Duel duel, Trace trace, WatchedPath path, long executed, out int turned)
    {
        HashSet<int> found = [];
        HashSet<uint> tried = [];
        turned = 0;

        // Any jump past the instruction that failed would hide the failure.
        if (path.Reason is Reason.Raised or Reason.Stopped or Reason.Interrupted)
            return found;
        Seen[] instructions = [.. path.Instructions];
        var jumps = new TurnedJumps(before => Watch(duel, trace, before), executed);
        var most = Math.Min(MostTrials, MostEvents / (trace.Events.Count + 1));
        for (var i = instructions.Length - 1; i >= 0 && tried.Count < most; i--)
            if (
                instructions[i].Jumps is { } taken
                && TurnedJumps.CanTurn(instructions[i].Instruction)
                && tried.Add(instructions[i].Address)
                && jumps.Agrees(path.Before + path.First + i, instructions[i].Instruction, taken)
            )
                found.Add(i);
        turned = tried.Count;
        return found;
    }

    private static Explained Of(Duel duel, WatchedPath path, SpecStep? step, HashSet<int> mends)
    {
        var image = duel.Machine.Image;
        var (lines, words) = (image.SourceLines, new ValueWords(image));
        Seen[] seen = [.. path.Instructions];
        Decoded[] code = [.. seen.Select(each => each.Decoded)];
        Executed[] executed =
        [
            .. seen.Select(
                (each, i) =>
                {
                    var setter =
                        each.Instruction.FlowControl == FlowControl.ConditionalBranch
                        && Origins.OfFlags(code, i) is { } number
                            ? seen[number]
                            : null;
                    return new Executed(
                        each.Address,
                        image.Name(each.Address),
                        each.Instruction.ToString(),
                        Deviates: false,
                        lines.GetValueOrDefault(each.Address),
                        each.Jumps,
                        path.Near.Contains(path.First + i)
                    )
                    {
                        Values = words.Of(each),
                        Compared = setter is null ? null : words.Compared(setter),
                        IsBoundary = setter is not null && ValueWords.IsBoundary(setter, each.Instruction),
                        Mends = mends.Contains(i),
                    };
                }
            ),
        ];
        var marked = path.Cause is { } cause ? (int)(cause - path.First) : Marked(executed, path.Reason, step);
        if (marked < 0)
            return new(executed, path.Length, path.Reason) { Step = step, Exception = path.Exception };
        var registers = path.Reason is Reason.Raised or Reason.Stopped ? RegistersOf(seen[marked], path.Exception) : [];
        var writers = registers.Select(register => Origins.WriterOf(code, marked, register)).ToArray();
        var origins = path.Reason == Reason.Writes ? Origins.Of(code, marked) : writers.OfType<int>().ToHashSet();
        executed =
        [
            .. executed.Select(
                (each, i) =>
                    each with
                    {
                        Deviates = i == marked,
                        Values = i == marked && path.Exception is { } raised ? $"raised {raised}" : each.Values,
                        IsNear = each.IsNear && (i != marked || path.Reason == Reason.NothingWritten),
                        IsOrigin = origins.Contains(i),
                    }
            ),
        ];
        return new(executed, path.Length, path.Reason)
        {
            Step = step,
            Exception = path.Exception,
            Registers =
            [
                .. registers.Zip(writers, (register, writer) =>
                    new ReadRegister(
                        words.OfRegister(register, seen[marked].Before(register)!.Value),
                        writer is { } number ? executed[number] : null
                    )
                ),
            ],
        };
    }

    // If no instruction made the difference, a jump is marked of which a trial shows that it is wrong. If several jumps
    // lead to the same place, one that compared equal values is the likeliest: ja in place of jae. Otherwise, if a
    // write may be missing, a write to the same row shows where the kernel fills the row. The last jump of the step's
    // own code is the next choice: what it skipped, or did not skip, is likely the missing write.
    private static int Marked(Executed[] path, Reason reason, SpecStep? step)
    {
        if (reason is Reason.NothingWritten or Reason.NoPlace)
        {
            var mending = Enumerable
                .Range(0, path.Length)
                .Where(i => path[i].Mends)
                .OrderBy(i => path[i].IsOwn)
                .ThenBy(i => path[i].IsBoundary)
                .LastOrDefault(-1);
            if (mending >= 0)
                return mending;
        }

        if (reason != Reason.NothingWritten)
            return path.Length - 1;
        var near = Array.FindLastIndex(path, each => each is { IsNear: true, IsOwn: true });
        if (near >= 0)
            return near;
        var jump = Array.FindLastIndex(path, each => each is { Jumps: not null, IsOwn: true });
        return jump >= 0 ? jump
            : step is null ? path.Length - 1
            : Math.Max(0, Array.FindIndex(path, each => each.IsOwn));
    }

    // A page fault is about an address. Any other exception may be about any value that the instruction reads.
    private static Register[] RegistersOf(Seen seen, KernelException? exception)
    {
        var address = seen
            .Decoded.Memory.SelectMany(memory => new[] { memory.Base, memory.Index })
            .Where(register => register.IsGPR())
            .Select(register => register.GetFullRegister32())
            .Distinct()
            .ToArray();
        return exception?.IsPageFault == true && address.Length > 0 ? address : [.. seen.Decoded.Read];
    }
}
