using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>Invariants of interrupts and of the threads that handle them.</summary>
internal static class InterruptInvariants<W>
    where W : struct, IWord<W>
{
    private static readonly W Nobody = State<W>.Nobody;

    public static readonly IReadOnlyList<Invariant<State<W>, W>> All =
    [
        Each(
            "handler-handles",
            "an interrupt's handler records that interrupt; the kernel's own interrupts have no handler",
            (s, id) =>
                (s.Handler[id] == Nobody)
                | (
                    (s.Handles[s.Handler[id]] == id)
                    & Interrupts.IsUsers(id)
                    & (s.Status[s.Handler[id]] != ThreadStatus.Inactive)
                )
        ),
        new(
            "handled-has-handler",
            "an interrupt that a thread handles records that thread",
            Table.Thread,
            false,
            (s, t, _) => (s.Handles[t] == 0) | ((s.Handler[s.Handles[t]] == t) & (t != Nobody))
        ),
        Each("handlers-in-range", "handlers are rows of the thread table", (s, id) => s.Handler[id] < s.Limits.Threads),
        Each("pending-is-handled", "a pending interrupt has a handler, and its line is masked", (s, id) =>
            (s.Pending[id] == 0) | ((s.Handler[id] != Nobody) & IsMasked(s, id))
        ),
        Each("only-handled-fire", "a line without a handler is masked; the kernel's own lines never are", (s, id) =>
            !Interrupts.IsId(id)
            | W.Select(
                Interrupts.IsUsers(id),
                Word(IsMasked(s, id) | (s.Handler[id] != Nobody)),
                Word(!IsMasked(s, id))
            ) == 1
        ),
        Each("no-missed-interrupt", "no thread waits for an interrupt that is pending or masked", (s, id) =>
            !s.WaitsForInterrupt(s.Handler[id], id) | ((s.Pending[id] == 0) & !IsMasked(s, id))
        ),
        new("masks-in-range", "there are 16 lines", Table.Processor, false, (s, _, _) =>
            s.Masked < 1u << (int)Interrupts.Lines
        ),
    ];

    private static Invariant<State<W>, W> Each(string name, string why, Func<State<W>, W, Truth> holds) =>
        new(name, why, Table.Interrupt, false, (s, id, _) => holds(s, id));

    private static Truth IsMasked(State<W> s, W id) => (s.Masked & Interrupts.Bit(id)) != 0;

    private static W Word(Truth truth) => W.Select(truth, 1, 0);
}
