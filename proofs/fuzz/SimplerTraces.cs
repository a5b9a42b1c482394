using Verified.Proofs.Events;
using Verified.Proofs.Programs;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Fuzz;

/// <summary>
/// The traces that are simpler than a failing trace: fewer events, fewer threads, plainer registers.
/// </summary>
public static class SimplerTraces
{
    private const int MostTries = 5_000;

    /// <summary>The simplest trace that still fails.</summary>
    /// <param name="trace">A trace that fails.</param>
    /// <param name="fails">The failing trace, cut after the event that fails; null if the trace passes.</param>
    public static Trace Smallest(Trace trace, Func<Trace, Trace?> fails) =>
        Shrinking.Smallest(trace, Of, fails, MostTries);

    /// <summary>
    /// Every trace that is one step simpler than <paramref name="trace"/>, the largest simplification first.
    /// </summary>
    public static IEnumerable<Trace> Of(Trace trace)
    {
        foreach (var shorter in Shrinking.Shorter(trace.Events))
            yield return trace with
            {
                Events = shorter,
            };

        // The state after boot is not made smaller.
        foreach (
            var row in trace.Booted
                ? []
                : trace.Start.Cells.Where(cell => cell.Column == nameof(State<Concrete>.Id)).Select(cell => cell.Row)
        )
            if (Without(trace.Start, row) is { } fewer)
                yield return trace with
                {
                    Start = fewer,
                };

        foreach (var plainer in Shrinking.Plainer(trace.Events, Plainer))
            yield return trace with
            {
                Events = plainer,
            };
    }

    private static readonly HashSet<string> OfThreads =
    [
        .. Boot.Initial(new Limits(2, 1, 2), [])
            .Columns.Where(column => column.Info.Table == Table.Thread)
            .Select(column => column.Info.Name),
    ];

    // A thread that was never anything but ready can be removed without breaking an invariant, unless it is the first
    // one of a task that has others.
    private static Snapshot? Without(Snapshot start, uint row)
    {
        var ready = start.Cells.Contains(new(nameof(State<Concrete>.Status), row, ThreadStatus.Ready));
        var current = start.Cells.Contains(new(nameof(State<Concrete>.Current), 0, row));
        var named = start.Cells.Any(cell =>
            cell.Column is nameof(State<Concrete>.Partner) or nameof(State<Concrete>.Handler) && cell.Value == row
        );
        var lthreads = start.Limits.Lthreads;
        var leads =
            row % lthreads == 0
            && start.Cells.Any(cell =>
                cell.Column == nameof(State<Concrete>.Id) && cell.Row > row && cell.Row < row + lthreads
            );
        return ready && !current && !named && !leads
            ? start with
            {
                Cells = [.. start.Cells.Where(cell => cell.Row != row || !OfThreads.Contains(cell.Column))],
            }
            : null;
    }

    private static IEnumerable<Event> Plainer(Event e)
    {
        if (e.Between is not null)
            yield return e with
            {
                Between = null,
            };
        if (e.Between?.Then is not null)
            yield return e with
            {
                Between = InterruptBetweenSteps.Of(InterruptBetweenSteps.Each(e.Between).SkipLast(1)),
            };
        if (e.Loaded is not null)
            yield return e with
            {
                Loaded = null,
            };
        if (e.Registers is not { } r)
            yield break;
        Registers[] candidates =
        [
            r with
            {
                Edx = 0,
                Ebx = 0,
                Edi = 0,
            },
            r with
            {
                Esp = 0,
                Eip = 0,
            },
            r with
            {
                Eflags = Flags.User,
            },
            r with
            {
                Ecx = 0,
            },
            r with
            {
                Eax = 0,
            },
            r with
            {
                Ebp = 0,
            },
            r with
            {
                Ebp = 1,
            },
            r with
            {
                Esi = 0,
            },
        ];
        foreach (var plainer in candidates)
            if (plainer != r && Weight(plainer) < Weight(r))
                yield return e with
                {
                    Registers = plainer,
                };
    }

    private static long Weight(Registers r) =>
        0L + r.Eax + r.Ecx + r.Edx + r.Ebx + r.Esp + r.Ebp + r.Esi + r.Edi + r.Eip + r.Eflags;
}
