using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// Counts the loops between windows for interrupts, for <see cref="InterruptLatency"/>. Each statement is about one
/// step:
/// <list type="bullet">
/// <item>A receive step lowers the number of threads in an ipc, or the accept step that follows does.</item>
/// <item>No other step without a window raises that number. The last step of a tick may raise it by one: it reports the
/// end of the current thread's slice.</item>
/// <item>A wake step examines a later thread in the clock's slot, or leaves the stage. No thread comes into the
/// slot.</item>
/// </list>
/// So between windows there are at most as many receive steps as threads in an ipc, and one more after a tick.
/// </summary>
/// <param name="name">The theorem's name.</param>
/// <param name="limits">Sizes of the tables.</param>
/// <param name="entry">The step.</param>
/// <param name="stage">The stage in which the step is made.</param>
/// <param name="counts">Whether a thread of a status counts; null for those in an ipc.</param>
public sealed class TurnsTheorem(
    string name,
    Limits limits,
    Entry entry,
    uint stage,
    Func<Symbolic, Truth>? counts = null
) : KernelTheorem(name, limits)
{
    private readonly Func<Symbolic, Truth> _counts = counts ?? IsInIpc;

    /// <summary>
    /// Whether a thread waits to send, waits until its item is mapped, or has still to begin its receive phase.
    /// </summary>
    /// <param name="status">Its status.</param>
    public static Truth IsInIpc<W>(W status)
        where W : struct, IWord<W> =>
        (status == ThreadStatus.Sending) | (status == ThreadStatus.Giving) | (status == ThreadStatus.Resuming);

    /// <summary>Whether the bound of the latency needs the theorem about a step.</summary>
    public static bool IsAbout(Entry entry) =>
        entry
            is Entry.Pick
                or Entry.Receive
                or Entry.Accept
                or Entry.Leave
                or Entry.Wake
                or Entry.Tick
                or Entry.Interrupt;

    public override bool IsKept => counts is null;

    protected override void Assume(ProofContext proof)
    {
        var before = new State<Symbolic>(Limits, Tables(proof, stage, running: false));
        StepCase.Assume(proof.Instances, before, entry, null);
    }

    protected override void Run(ProofContext proof)
    {
        var (path, tables) = (proof.Path, Tables(proof, stage, running: true));
        var (before, after) = (
            new State<Symbolic>(Limits, Tables(proof, stage, running: false)),
            new State<Symbolic>(Limits, tables)
        );
        var argument = proof.Register("argument");
        if (entry == Entry.Interrupt)
            path.Assume(Interrupts.IsUsers(argument));
        new Kernel<Symbolic>(after).Step(entry, argument);
        path.IsTaken();
        var change = SpecTheorem.Change(tables, Table.Thread, thread =>
            Symbolic.Select(_counts(after.Status[thread]), 1, 0) - Symbolic.Select(_counts(before.Status[thread]), 1, 0)
        );
        var (falls, stays) = (Symbolic.LessSigned(change, 0), !Symbolic.LessSigned(0, change));
        path.Require(
            entry switch
            {
                Entry.Receive => falls | stays & after.Stage == Stages.Accept,
                Entry.Accept => falls,
                Entry.Wake => stays | after.Stage != Stages.Wake & change == 1,
                _ => stays,
            },
            "a receive step, or the accept step after it, lowers the number of threads in an ipc, and no step without "
                + "a window raises it but the last of a tick"
        );
        if (entry == Entry.Wake)
            Examines(proof, before, after);
    }

    private static void Examines(ProofContext proof, State<Symbolic> before, State<Symbolic> after)
    {
        var (path, clock, thread) = (proof.Path, before.Clock, proof.Any(Table.Thread, false));
        path.Require(
            after.Stage != Stages.Wake | before.SharesSlot(after.Examined, clock) & after.Examined > before.Examined,
            "a wake step examines a later thread in the clock's slot, or leaves the stage"
        );
        path.Require(after.Clock == clock, "the clock stays the same while threads are examined");
        path.RequireLemma(
            !after.SharesSlot(thread, clock) | before.SharesSlot(thread, clock),
            "no thread comes into the clock's slot while threads are examined"
        );
    }
}
