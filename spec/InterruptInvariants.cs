using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>What always holds of interrupts and of the threads that handle them.</summary>
internal static class InterruptInvariants<W>
    where W : struct, IWord<W>
{
    private static readonly W Nobody = State<W>.Nobody;

    public static readonly IReadOnlyList<Invariant<W>> All =
    [
        Each(
            "handler-handles",
            "the handler of an interrupt is a thread that says so; the kernel's have none",
            (s, id) =>
                (s.Handler[id] == Nobody)
                | (
                    (s.Handles[s.Handler[id]] == id)
                    & Interrupts.IsUsers(id)
                    & (s.Status[s.Handler[id]] != ThreadStatus.Inactive)
                )
        ),
        new("handled-has-handler", "the interrupt that a thread handles says so", Table.Thread, false, (s, t, _) =>
            (s.Handles[t] == 0) | ((s.Handler[s.Handles[t]] == t) & (t != Nobody))
        ),
        Each("handlers-in-range", "handlers are rows of the thread table", (s, id) => s.Handler[id] < s.Limits.Threads),
        Each("pending-is-handled", "an interrupt is pending for somebody, and masked", (s, id) =>
            (s.Pending[id] == 0) | ((s.Handler[id] != Nobody) & IsMasked(s, id))
        ),
        Each("only-handled-fire", "a line without handler is masked but for the kernel's, which are not", (s, id) =>
            !Interrupts.IsId(id)
            | W.Select(
                Interrupts.IsUsers(id),
                Word(IsMasked(s, id) | (s.Handler[id] != Nobody)),
                Word(!IsMasked(s, id))
            ) == 1
        ),
        Each("no-missed-interrupt", "nobody waits for an interrupt that is pending or masked", (s, id) =>
            !s.WaitsForInterrupt(s.Handler[id], id) | ((s.Pending[id] == 0) & !IsMasked(s, id))
        ),
        new("masks-in-range", "there are 16 lines", Table.Processor, false, (s, _, _) =>
            s.Masked < 1u << (int)Interrupts.Lines
        ),
    ];

    private static Invariant<W> Each(string name, string why, Func<State<W>, W, Truth> holds) =>
        new(name, why, Table.Interrupt, false, (s, id, _) => holds(s, id));

    private static Truth IsMasked(State<W> s, W id) => (s.Masked & Interrupts.Bit(id)) != 0;

    private static W Word(Truth truth) => W.Select(truth, 1, 0);
}
