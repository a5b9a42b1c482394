using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// A step just made: the entry, the thread that had the processor, and the state after it (with its journal).
/// </summary>
public readonly record struct Transition(
    FlatTables Tables,
    Entry Entry,
    uint Argument,
    uint Actor,
    uint StageBefore,
    int Eax
)
{
    public State<Concrete> After => Tables.State;

    /// <summary>Whether the step wrote a column of a row.</summary>
    public bool Wrote(string column, uint row) => Tables.Written.Contains(Tables.Start(column) + (int)row);

    /// <summary>The value of a column at a row before the step.</summary>
    public uint Before(string column, uint row) => Tables.Before(Tables.Start(column) + (int)row);

    /// <summary>Whether the step changed a column of a row.</summary>
    public bool Changed(string column, uint row) =>
        Wrote(column, row) && Before(column, row) != Tables.Cells[Tables.Start(column) + (int)row];

    /// <summary>Whether the step ended some thread's ipc with this code.</summary>
    public bool Delivers(uint code)
    {
        if (Entry is not (Entry.Ipc or Entry.Receive or Entry.Accept or Entry.Wake or Entry.Map))
            return false;
        foreach (var cell in Tables.Written)
        {
            var row = (uint)(cell - Eax);
            if (
                row < After.Limits.Threads
                && Tables.Cells[cell] == code
                && After.Status[row].Value == ThreadStatus.Ready
            )
                return true;
        }

        return false;
    }
}

/// <summary>
/// An event that must happen in some reachable step. A check that never meets it checks less than it claims.
/// </summary>
public sealed partial record Sometimes(string Name, Func<Transition, bool> Happens)
{
    public const string Reported = "an exception reported to a pager that waits",
        ReportedLater = "an exception that waits for its pager",
        Answered = "an exception answered";

    /// <summary>Events that need threads that handle interrupts.</summary>
    public static readonly IReadOnlyList<Sometimes> OfInterrupts =
    [
        new("an interrupt associated", t =>
            t.Entry == Entry.Receive
            && Interrupts.OfUsers.Any(id =>
                t.Wrote(nameof(State<Concrete>.Handler), id) && t.After.Handler[id].Value != State<Concrete>.Nobody
            )
        ),
        new("an interrupt given up", t =>
            t.Entry == Entry.Receive
            && Interrupts.OfUsers.Any(id =>
                t.Wrote(nameof(State<Concrete>.Handler), id) && t.After.Handler[id].Value == State<Concrete>.Nobody
            )
        ),
        new("an interrupt that its handler waits for", t =>
            t.Entry == Entry.Interrupt && t.After.Stage.Value == Stages.Leave
        ),
        new("an interrupt that its handler waits for, while idle", t =>
            t.StageBefore == Stages.Idle && t.Entry == Entry.Interrupt && t.After.Stage.Value == Stages.Leave
        ),
        new("an interrupt that is pending", t =>
            t.Entry == Entry.Interrupt && t.Wrote(nameof(State<Concrete>.Pending), t.Argument)
        ),
        new("a pending interrupt taken", t =>
            t.Entry == Entry.Receive
            && Interrupts.OfUsers.Any(id =>
                t.Wrote(nameof(State<Concrete>.Pending), id) && t.After.Handler[id].Value == t.Actor
            )
        ),
        new("a pending interrupt taken before a waiting sender's message", t =>
            t.Entry == Entry.Receive
            && t.After.Stage.Value == Stages.Leave
            && Interrupts.OfUsers.Any(id =>
                t.Wrote(nameof(State<Concrete>.Pending), id) && t.After.Handler[id].Value == t.Actor
            )
            && Enumerable
                .Range(0, (int)t.After.Limits.Threads)
                .Any(thread => t.After.SendsTo((uint)thread, t.Actor).Known)
        ),
    ];

    /// <summary>Events that need threads that map.</summary>
    public static readonly IReadOnlyList<Sometimes> OfMappings =
    [
        Map("a mapping derived from a derived one", (s, t) =>
            Nodes(s).Any(n => s.Mappings.Depth[n].Value > 1 && t.Wrote(nameof(Mappings<Concrete>.Depth), n))
        ),
        Map("a mapping granted", (s, t) =>
            Nodes(s)
                .Any(n =>
                    s.Mappings.Space[n].Value != 0
                    && t.Wrote(nameof(Mappings<Concrete>.Space), n)
                    && !t.Wrote(nameof(Mappings<Concrete>.Depth), n)
                )
        ),
        Map("a subtree flushed", (s, t) =>
            s.Mappings.Phase == Phases.Flush
            && s.Mappings.Depth[s.Mappings.Root] != 0
            && t.Wrote(nameof(Mappings<Concrete>.FreeNode), 0)
        ),
        Map("a derived mapping made read-only", (s, t) =>
            s.Mappings.Phase == Phases.Reduce && s.Mappings.At != s.Mappings.Root
        ),
        Map("made read-only before it is granted", (s, t) =>
            s.Mappings.Phase == Phases.Reduce && s.Mappings.Operation == Operations.Map
        ),
        Map("an occupied destination flushed", (s, t) =>
            s.Mappings.Operation == Operations.Map && Begins(t, Phases.Flush)
        ),
        Map("the source was derived from the destination", (s, t) =>
            s.Mappings.Operation == Operations.Map
            && Begins(t, Phases.Flush)
            && Forest.IsDerived(s, s.NodeOf(s.Mappings.Source, s.Mappings.SourcePage), s.Mappings.Root)
        ),
        Map("mappings run out", (s, t) => Fails(t) && s.TableOf(s.Mappings.Target, s.Mappings.TargetPage) != 0),
        Map("page tables run out", (s, t) => Fails(t) && s.TableOf(s.Mappings.Target, s.Mappings.TargetPage) == 0),
        Map("code 62h, mappings or page tables ran out", (_, t) => t.Delivers(Code.ReceiveMapFailed)),
        Map("code 70h, mappings or page tables ran out", (_, t) => t.Delivers(Code.SendMapFailed)),
    ];

    private static Sometimes Map(string name, Func<State<Concrete>, Transition, Truth> happens) =>
        new(name, t => t.Entry == Entry.Map && happens(t.After, t).Known);

    private static IEnumerable<uint> Nodes(State<Concrete> s)
    {
        for (var node = s.Limits.Paging.Roots; node < s.Limits.Paging.Nodes; node++)
            yield return node;
    }

    private static bool Begins(Transition t, uint phase) =>
        t.After.Mappings.Phase.Value == phase && t.Wrote(nameof(Mappings<Concrete>.Phase), 0);

    private static bool Fails(Transition t) =>
        t.After.Mappings.Failed.Value == 1 && t.Wrote(nameof(Mappings<Concrete>.Failed), 0);

    public const string PutOff = "a receive phase put off until its thread runs";

    public static readonly IReadOnlyList<Sometimes> All =
    [
        .. Enum.GetValues<Entry>().Select(entry => new Sometimes($"entry {entry}", t => t.Entry == entry)),
        .. Stages.Names.Select((name, stage) => new Sometimes($"stage {name}", t => t.After.Stage.Value == stage)),
        .. ThreadStatus
            .Names.Skip(1)
            .Select(
                (name, status) =>
                    new Sometimes($"thread {name}", t =>
                        t.Actor != State<Concrete>.Nobody && t.After.Status[t.Actor].Value == status + 1
                        || t.After.Current.Value != State<Concrete>.Nobody
                            && t.After.Status[t.After.Current].Value == status + 1
                    )
            ),
        new("code 00h, done", t => t.Delivers(Code.Done)),
        new("code 10h, no partner", t => t.Delivers(Code.NoPartner)),
        new("code 20h, receive timeout", t => t.Delivers(Code.ReceiveTimeout)),
        new("code 30h, send timeout", t => t.Delivers(Code.SendTimeout)),
        new("code E0h, receive cut", t => t.Delivers(Code.ReceiveCut)),
        new("code F0h, send cut", t => t.Delivers(Code.SendCut)),
        new("hand-off to the partner", t =>
            t.Entry == Entry.Leave && t.After.Stage.Value == Stages.User && t.After.Current.Value != t.Actor
        ),
        new("preemption by a woken thread", t =>
            t.Entry == Entry.Leave
            && t.After.Stage.Value == Stages.Pick
            && t.After.Status[t.Actor].Value == ThreadStatus.Ready
        ),
        new(Reported, t => t.Entry is Entry.PageFault or Entry.Protection && t.After.Stage.Value == Stages.Leave),
        new(ReportedLater, t =>
            t.Entry is Entry.PageFault or Entry.Protection && t.After.Status[t.Actor].Value == ThreadStatus.Sending
        ),
        new(Answered, t =>
            t.Entry == Entry.Ipc
                && t.After.Heir.Value is > 0 and var heir
                && t.Wrote(nameof(State<Concrete>.Faulting), heir)
            || t.Entry == Entry.Map
                && Enumerable
                    .Range(1, (int)t.After.Limits.Threads - 1)
                    .Any(thread =>
                        t.Wrote(nameof(State<Concrete>.Faulting), (uint)thread)
                        && t.After.Mappings.Operation.Value == Operations.None
                    )
        ),
        new(PutOff, t => t.Entry == Entry.Pick && t.After.Stage.Value == Stages.Receive),
        new("time slice used up", t =>
            t.Entry == Entry.Wake && t.After.Stage.Value == Stages.Pick && t.Actor != State<Concrete>.Nobody
        ),
        new("a deadline ends a send", t => t.Entry == Entry.Wake && t.Delivers(Code.SendTimeout)),
        new("a deadline ends a receive", t => t.Entry == Entry.Wake && t.Delivers(Code.ReceiveTimeout)),
        new("a deadline of another round", t =>
            t.Entry == Entry.Wake
            && t.After.Stage.Value == Stages.Wake
            && !t.Delivers(Code.SendTimeout)
            && !t.Delivers(Code.ReceiveTimeout)
        ),
        new("time slice donated", t => t.Entry == Entry.ThreadSwitch && t.After.Stage.Value == Stages.User),
        .. OfMappings,
        .. OfInterrupts,
        .. OfScheduling,
        .. OfPreempters,
        .. OfDonatedTime,
        .. OfTasks,
        .. OfPorts,
        .. BetweenSteps,
        new("tick while idle", t => t.Entry == Entry.Tick && t.StageBefore == Stages.Idle),
    ];
}
