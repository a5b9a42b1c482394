using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Check;

/// <summary>
/// Defects in the steps of a model. The checker finds each one, by an invariant or because an expected event no longer
/// happens.
/// </summary>
public sealed class DefectTests
{
    private sealed record Defect(Model Model, string Property, Action<State<Concrete>, Entry> Damage);

    public static TheoryData<string> Names => [.. Defects.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_defect_in_a_step_is_found(string name)
    {
        var defect = Defects[name];
        var failure = ModelChecker.Run(defect.Model, new(Damage: defect.Damage, Properties: [])).Failure;
        Assert.Equal(defect.Property, failure?.Property);
        Assert.NotEmpty(Transcript.Of(failure!.Trace));
    }

    [Fact]
    public void What_no_longer_happens_is_found()
    {
        // Ports are never taken away, and every state satisfies the invariants.
        var result = ModelChecker.Run(
            Model.Ports,
            new(
                Properties: [],
                Damage: OfMappings(
                    (s, m) =>
                    {
                        if (m.Phase == Phases.Flush)
                            (m.Phase, m.Root, m.Left) = (Phases.Page, 0, 0);
                    }
                )
            )
        );
        Assert.Null(result.Failure);
        Assert.False(result.Holds);
        Assert.Null(result.Witnesses.Single(witness => witness.Name == "mapped ports removed").Trace);
    }

    private static readonly Dictionary<string, Defect> Defects = new()
    {
        ["a woken thread keeps its partner"] = new(Model.Pair, "partner-blank", (s, entry) =>
        {
            if (entry == Entry.Ipc && s.Current == 1 && s.Status[1] == ThreadStatus.Ready)
                s.Partner[1] = 2;
        }),
        ["a used-up slice is not renewed"] = new(Model.Pair, "has-time-or-length-0", (s, entry) =>
        {
            if (entry == Entry.Wake && s.Stage == Stages.Pick)
                s.Slice[s.Current] = 0;
        }),
        ["pick never ends"] = new(Model.Pair, "settles", (s, entry) =>
        {
            if (entry == Entry.Pick && s.Stage == Stages.Idle)
                s.Stage = Stages.Pick;
        }),
        ["idle while a thread is ready"] = new(Model.Pair, "idle-only-without-work", (s, entry) =>
        {
            if (entry == Entry.Exception)
                (s.Stage, s.Current) = (Stages.Idle, 0);
        }),
        ["a priority changes"] = new(Model.Pair, "inside-the-model", (s, entry) =>
        {
            if (entry == Entry.ThreadSwitch)
                s.Priority[1] = 0;
        }),
        ["a priority that is none is set"] = new(Model.Schedulers, "priority-in-range", (s, entry) =>
        {
            if (entry == Entry.ThreadSchedule && s.Stage == Stages.Leave)
                s.Priority[1] = s.Limits.Priorities;
        }),
        ["a time slice of a length that is none is set"] = new(Model.Schedulers, "slices-fit", (s, entry) =>
        {
            if (entry == Entry.ThreadSchedule && s.Stage == Stages.Leave)
                s.Quantum[1] = ScheduleParam.Infinite + 1;
        }),
        ["a deleted task's thread is still ready"] = new(
            Model.Family,
            "id-names-row",
            OfDeletions(Passes.Waiters, (s, m) => s.Status[m.Target] = ThreadStatus.Ready)
        ),
        ["a deleted task's thread still waits to send"] = new(
            Model.Family,
            "id-names-row",
            OfDeletions(Passes.Waiters, (s, m) =>
                (s.Status[m.Target], s.Partner[m.Target]) = (ThreadStatus.Sending, m.Owner)
            )
        ),
        ["a deleted thread keeps its id"] = new(
            Model.Family,
            "inactive-is-blank",
            OfDeletions(Passes.Waiters, (s, m) =>
                s.Id[m.Target] = ThreadId.Make<Concrete>(2, m.Target, 0, m.Version[m.Target])
            )
        ),
        ["a sub-task is forgotten"] = new(Model.Family, "clan-is-doomed", OfDeletions(Passes.Threads, (_, m) =>
            {
                foreach (var task in (uint[])[1, 3])
                    if (task != m.Target)
                        m.Doomed[task] = 0;
            })),
        ["a wait for a deleted thread goes on"] = new(
            Model.Family,
            "partner-active",
            OfDeletions(Passes.Tables, (s, m) =>
            {
                var other = 4 - m.Target;
                if (s.Status[other] == ThreadStatus.Ready)
                    (s.Status[other], s.Partner[other]) = (ThreadStatus.ReceivingFrom, m.Target);
            })
        ),
        ["a deletion leaves a mapping behind"] = new(
            Model.Family,
            "emptied-behind",
            OfDeletions(Passes.Table, (_, m) => m.Left = 0)
        ),
        ["a deletion takes a page table from under a mapping"] = new(
            Model.Family,
            "mapping-at-its-page",
            OfDeletions(Passes.Tables, (s, m) => m.TableAt[m.Target * s.Limits.Paging.Slots] = 0)
        ),
        ["a task becomes its chief's chief"] = new(
            Model.Family,
            "chiefs-are-a-tree",
            OfMappings(
                (_, m) =>
                {
                    if (m.Operation == Operations.None && m.Chief[1] == 3)
                        m.Chief[3] = 1;
                }
            )
        ),
        ["a version is used again"] = new(
            Model.Family,
            "id-has-version",
            OfMappings(
                (s, m) =>
                {
                    if (m.Operation == Operations.None && s.Status[3] != ThreadStatus.Inactive)
                        m.Version[3] = ThreadId.LastVersion;
                }
            )
        ),
        ["a port that is taken away stays in its page"] = new(
            Model.Ports,
            "page-has-its-mapping",
            OfMappings(
                (s, m) =>
                {
                    var entry = s.EntryOf(s.TableOf(1, 31), 31);
                    if (m.Operation == Operations.Unmap && m.NodeAt[entry] == 0)
                        m.NodeAt[entry] = m.FreeNode;
                }
            )
        ),
        ["ports are mapped at another page"] = new(
            Model.Ports,
            "mapping-at-its-page",
            OfMappings(
                (s, m) =>
                {
                    foreach (var node in (uint[])[6, 7])
                        if (m.Space[node] == 3)
                            m.Page[node] = 31 ^ m.Page[node] & 1;
                }
            )
        ),
        ["a tick ends an operation"] = new(Model.Interrupted, "phase-fits", (s, entry) =>
        {
            if (entry == Entry.Tick && s.Mappings.Phase == Phases.Flush)
                s.Mappings.Operation = Operations.None;
        }),
        ["an interrupt ends its owner's status"] = new(Model.Interrupted, "operation-has-owner", (s, entry) =>
        {
            if (entry == Entry.Interrupt && s.Mappings.Operation != Operations.None)
                s.Status[s.Mappings.Owner] = ThreadStatus.Ready;
        }),
    };

    private static Action<State<Concrete>, Entry> OfMappings(Action<State<Concrete>, Mappings<Concrete>> damage) =>
        (s, entry) =>
        {
            if (entry == Entry.Map)
                damage(s, s.Mappings);
        };

    // At the beginning of a deletion's pass.
    private static Action<State<Concrete>, Entry> OfDeletions(
        uint pass,
        Action<State<Concrete>, Mappings<Concrete>> damage
    ) =>
        OfMappings(
            (s, m) =>
            {
                if (m.Operation == Operations.Delete && m.Pass == pass && (m.Cursor == 0 || pass == Passes.Table))
                    damage(s, m);
            }
        );
}
