using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Events that must happen if tasks are created and deleted, ports are mapped, or steps on mappings are interrupted.
/// </summary>
public sealed partial record Sometimes
{
    /// <summary>Events that need threads that create tasks.</summary>
    public static IReadOnlyList<Sometimes> OfTasks =>
        [
            Refused("task_new of a task without chief", (s, _, task) => s.Mappings.Chief[task].Value == 0),
            Refused("task_new of another's task", (s, me, task) =>
                s.Mappings.Chief[task] != 0 && s.Mappings.Chief[task] != s.Task(me)
            ),
            Refused("task_new by the chief's chief", (s, me, task) =>
                s.Mappings.Chief[s.Mappings.Chief[task]] == s.Task(me)
            ),
            Creates("a task created for the first time", (_, t, task) =>
                t.Before(nameof(Mappings<Concrete>.Version), task) == 0 && IsActive(t, task)
            ),
            Creates("a task created again", (_, t, task) =>
                t.Before(nameof(Mappings<Concrete>.Version), task) != 0 && IsActive(t, task)
            ),
            Creates("the version after the last", (_, t, task) =>
                t.Before(nameof(Mappings<Concrete>.Version), task) == ThreadId.LastVersion && IsActive(t, task)
            ),
            Creates("a task created inactive", (s, t, task) =>
                !IsActive(t, task) && s.Mappings.Chief[task] == s.Task(t.Before(nameof(Mappings<Concrete>.Owner), 0))
            ),
            Creates("a task given to another chief", (s, t, task) =>
                s.Mappings.Chief[task] != s.Task(t.Before(nameof(Mappings<Concrete>.Owner), 0))
            ),
            Creates("a task with a smaller mcp than its creator's", (s, t, task) =>
                IsActive(t, task)
                && (s.Mcp[task * s.Limits.Lthreads] < s.Mcp[t.Before(nameof(Mappings<Concrete>.Owner), 0)]).Known
            ),
            Deletes("a sub-task deleted with its chief", (s, t) =>
                Tasks(s)
                    .Any(task =>
                        t.Changed(nameof(Mappings<Concrete>.Doomed), task) && s.Mappings.Doomed[task].Value == 1
                    )
            ),
            Deletes("a sub-task's thread deleted", (s, t) =>
                Deleted(s, t) is { } gone && s.Task(gone).Value != s.Mappings.Target.Value
            ),
            Deletes("a sub-task returned", (s, t) =>
                Tasks(s)
                    .Any(task =>
                        t.Changed(nameof(Mappings<Concrete>.Doomed), task) && s.Mappings.Doomed[task].Value == 0
                    )
            ),
            Deletes("a thread deleted that waits to send", (_, t) => Deleted(t, ThreadStatus.Sending)),
            Deletes("a thread deleted that waits to receive", (_, t) => Deleted(t, ThreadStatus.ReceivingFrom)),
            Deletes("a thread deleted that is ready", (_, t) => Deleted(t, ThreadStatus.Ready)),
            Deletes("a thread deleted that gives", (_, t) => Deleted(t, ThreadStatus.Giving)),
            Deletes("a thread deleted that is given pages", (_, t) => Deleted(t, ThreadStatus.Mapping)),
            Deletes("a wait to send to a deleted thread ends", (_, t) => Ended(t, ThreadStatus.Sending)),
            Deletes("a wait for a message of a deleted thread ends", (_, t) => Ended(t, ThreadStatus.ReceivingFrom)),
            Deletes("code C2h, the giver was deleted", (_, t) => t.Delivers(Code.ReceiveAborted)),
            Deletes("code D0h, who was given pages was deleted", (_, t) => t.Delivers(Code.SendAborted)),
            Deletes("a doomed task's mapping removed", (s, t) =>
                Removed(t).Any(space => s.Mappings.Doomed[space].Value == 1)
            ),
            Deletes("a mapping removed that a living task has of a doomed one", (s, t) =>
                Removed(t).Any(space => s.Mappings.Doomed[space].Value == 0)
            ),
            Deletes("a doomed task's page table freed", (s, t) => t.Changed(nameof(Mappings<Concrete>.FreeTable), 0)),
            new("a stale id of a task that lives again", t =>
                t.Entry == Entry.Ipc && t.Delivers(Code.NoPartner) && IsStale(t.After, t.After.Esi[t.Actor])
            ),
        ];

    /// <summary>Events that need threads that have ports.</summary>
    public static IReadOnlyList<Sometimes> OfPorts =>
        [
            Map("ports mapped", (s, t) => Ports(s, t).Any(n => t.Before(nameof(Mappings<Concrete>.Space), n) == 0)),
            Map("ports granted", (s, t) =>
                Ports(s, t)
                    .Any(n =>
                        t.Before(nameof(Mappings<Concrete>.Space), n) is > 0 and var from
                        && from != s.Mappings.Space[n].Value
                    )
            ),
            Map("ports mapped that were derived", (s, t) =>
                Ports(s, t)
                    .Any(n => s.Mappings.Depth[n].Value > 1 && t.Before(nameof(Mappings<Concrete>.Space), n) == 0)
            ),
            Map("mapped ports removed", (s, t) =>
                Nodes(s)
                    .Any(n =>
                        t.Before(nameof(Mappings<Concrete>.Space), n) != 0
                        && s.Mappings.Space[n].Value == 0
                        && IsPorts(s, n)
                    )
            ),
            Map("ports in the way of others removed", (s, t) =>
                s.Mappings.Operation == Operations.Map
                && Nodes(s)
                    .Any(n =>
                        t.Before(nameof(Mappings<Concrete>.Space), n) != 0
                        && s.Mappings.Space[n].Value == 0
                        && IsPorts(s, n)
                    )
            ),
            new("a port used without the right, and reported", t =>
                t.Entry == Entry.Protection && t.After.Fault[t.Actor].Value >> 24 == Fpage.PortsTag
            ),
            new("a port used with the right, and another exception", t =>
                t.Entry == Entry.Protection && t.After.Fault[t.Actor].Value >> 24 != Fpage.PortsTag
            ),
        ];

    /// <summary>Events that need time and interrupts between steps on mappings.</summary>
    public static IReadOnlyList<Sometimes> BetweenSteps =>
        [
            new("a tick between steps on mappings", t => t.Entry == Entry.Tick && t.StageBefore == Stages.Map),
            new("an interrupt between steps on mappings", t =>
                t.Entry == Entry.Interrupt && t.StageBefore == Stages.Map
            ),
            new("a user runs while an operation on mappings goes on", t =>
                t.After.Stage.Value == Stages.User && t.After.Mappings.Operation.Value != Operations.None
            ),
            new("another's operation on mappings brought on", t =>
                t.Entry == Entry.Map
                && t.Actor != t.Before(nameof(Mappings<Concrete>.Owner), 0)
                && t.Before(nameof(Mappings<Concrete>.Operation), 0) != Operations.None
            ),
            new("another's operation on mappings ended", t =>
                t.Entry == Entry.Map
                && t.Changed(nameof(Mappings<Concrete>.Operation), 0)
                && t.After.Mappings.Operation.Value == Operations.None
                && t.Actor != t.Before(nameof(Mappings<Concrete>.Owner), 0)
            ),
        ];

    private static Sometimes Refused(string name, Func<State<Concrete>, uint, uint, Truth> why) =>
        new($"refused: {name}", t =>
            t.Entry == Entry.TaskNew
            && t.After.Stage.Value == Stages.User
            && t.After.Esi[t.Actor].Value == ThreadId.Nil
            && ThreadId.Task<Concrete>(t.Before(nameof(State<Concrete>.Esi), t.Actor)).Value is var task
            && task < t.After.Limits.Tasks
            && why(t.After, t.Actor, task).Known
        );

    // A deletion's last step.
    private static Sometimes Creates(string name, Func<State<Concrete>, Transition, uint, Truth> what) =>
        new(name, t =>
            t.Entry == Entry.Map
            && t.Before(nameof(Mappings<Concrete>.Operation), 0) == Operations.Delete
            && t.After.Mappings.Operation.Value == Operations.None
            && what(t.After, t, t.After.Mappings.Target.Value).Known
        );

    private static Sometimes Deletes(string name, Func<State<Concrete>, Transition, Truth> happens) =>
        Map(name, (s, t) => s.Mappings.Operation == Operations.Delete && happens(s, t));

    // True if an id belonged to the previous version of the thread in its row.
    private static bool IsStale(State<Concrete> s, Concrete id) =>
        s.Status[s.Row(id)].Value != ThreadStatus.Inactive
        && ThreadId.Task(id).Value == s.Task(s.Row(id)).Value
        && ThreadId.Version(s.Id[s.Row(id)]).Value == ThreadId.Version(id).Value % ThreadId.LastVersion + 1;

    private static IEnumerable<uint> Tasks(State<Concrete> s) =>
        Enumerable.Range(1, (int)s.Limits.Tasks - 1).Select(task => (uint)task);

    private static bool IsActive(Transition t, uint task) => t.Changed(nameof(Mappings<Concrete>.Version), task);

    // The thread that the step deleted.
    private static uint? Deleted(State<Concrete> s, Transition t)
    {
        for (var thread = 1u; thread < s.Limits.Threads; thread++)
            if (t.Changed(nameof(State<Concrete>.Status), thread) && s.Status[thread].Value == ThreadStatus.Inactive)
                return thread;
        return null;
    }

    private static bool Deleted(Transition t, uint status) =>
        Deleted(t.After, t) is { } gone && t.Before(nameof(State<Concrete>.Status), gone) == status;

    private static bool Ended(Transition t, uint status) =>
        t.Delivers(Code.NoPartner)
        && Enumerable
            .Range(1, (int)t.After.Limits.Threads - 1)
            .Any(thread =>
                t.Changed(nameof(State<Concrete>.Status), (uint)thread)
                && t.Before(nameof(State<Concrete>.Status), (uint)thread) == status
            );

    // The spaces of mappings that the step removed.
    private static IEnumerable<uint> Removed(Transition t) =>
        Nodes(t.After)
            .Where(n => t.After.Mappings.Space[n].Value == 0 && t.Changed(nameof(Mappings<Concrete>.Space), n))
            .Select(n => t.Before(nameof(Mappings<Concrete>.Space), n));

    // Mappings of ports that the step put into a space.
    private static IEnumerable<uint> Ports(State<Concrete> s, Transition t) =>
        Nodes(s)
            .Where(n =>
                s.Mappings.Space[n].Value != 0 && t.Changed(nameof(Mappings<Concrete>.Space), n) && IsPorts(s, n)
            );

    private static bool IsPorts(State<Concrete> s, uint node) => s.Mappings.Frame[node].Value >= s.Limits.Paging.Frames;
}
