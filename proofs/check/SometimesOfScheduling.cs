using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>Events that must happen if threads schedule each other or have preempters.</summary>
public sealed partial record Sometimes
{
    /// <summary>Events that need thread_schedule.</summary>
    public static IReadOnlyList<Sometimes> OfScheduling =>
        [
            Refused("thread_schedule of a thread of a higher priority", (s, me) =>
                s.Exists(s.Esi[me]) & (s.Priority[s.Row(s.Esi[me])] > s.Mcp[me])
            ),
            Refused("thread_schedule to a higher priority", (s, me) =>
                s.Exists(s.Esi[me]) & (s.Priority[s.Row(s.Esi[me])] <= s.Mcp[me])
            ),
            Refused("thread_schedule of no thread", (s, me) => !s.Exists(s.Esi[me])),
            Scheduled("thread_schedule only reads", t =>
                !Threads(t).Any(thread => t.Wrote(nameof(State<Concrete>.Priority), thread))
            ),
            Scheduled("a time slice's length set", t =>
                Threads(t).Any(thread => t.Changed(nameof(State<Concrete>.Quantum), thread))
            ),
            Scheduled("one's own priority lowered", t =>
                Threads(t).Any(thread => Moved(t, thread) < 0 && thread == t.Actor)
            ),
            Scheduled("another's priority lowered", t =>
                Threads(t).Any(thread => Moved(t, thread) < 0 && thread != t.Actor)
            ),
            Scheduled("a ready thread's priority raised above one's own", t =>
                Threads(t)
                    .Any(thread =>
                        Moved(t, thread) > 0
                        && thread != t.Actor
                        && (t.After.IsReady(thread) & (t.After.Priority[thread] > t.After.Priority[t.Actor])).Known
                    )
            ),
            Scheduled("a waiting sender's priority set", t =>
                Threads(t).Any(thread => Moved(t, thread) != 0 && t.After.Status[thread].Value == ThreadStatus.Sending)
            ),
            Scheduled("a small space given", t =>
                Tasks(t.After).Any(task => t.Changed(nameof(Mappings<Concrete>.Small), task))
            ),
            Scheduled("state 0, running", t => StateIn(t) == 0),
            Scheduled("state Ch, waits to receive", t => StateIn(t) == 0xC),
            Scheduled("state Dh, waits to send", t => StateIn(t) == 0xD),
            Scheduled("state Fh, dead", t => StateIn(t) == 0xF),
            Scheduled("state plus 1, reports an exception", t => StateIn(t) == ScheduleParam.ReportsException),
            new("a small space left", t =>
                t.Entry == Entry.Outgrow
                && Tasks(t.After).Any(task => t.Changed(nameof(Mappings<Concrete>.Small), task))
            ),
        ];

    /// <summary>Events that need threads with preempters.</summary>
    public static IReadOnlyList<Sometimes> OfPreempters =>
        [
            new("the end of a time slice reported to a preempter that waits", t =>
                Reports(t) && t.After.Stage.Value == Stages.Leave
            ),
            new("the end of a time slice that waits for its preempter", t =>
                Reports(t) && t.After.Status[t.Actor].Value == ThreadStatus.Sending
            ),
            new("the end of a time slice answered", t =>
                t.Entry == Entry.Ipc
                && Threads(t)
                    .Any(thread =>
                        t.Changed(nameof(State<Concrete>.Faulting), thread)
                        && t.After.Preempter[thread].Value == t.After.Id[t.Actor].Value
                        && t.After.Pager[thread].Value == ThreadId.Nil
                    )
            ),
        ];

    /// <summary>Steps that only slices of length 0, or infinite slices, can bring about.</summary>
    public static IReadOnlyList<Sometimes> OfDonatedTime =>
        [
            new("the processor idles although a thread without time is ready", t =>
                t.Entry == Entry.Pick
                && t.After.Stage.Value == Stages.Idle
                && Threads(t).Any(thread => t.After.Status[thread].Value == ThreadStatus.Ready)
            ),
            new("time donated to a thread without time", t =>
                t.Entry == Entry.ThreadSwitch
                && Threads(t)
                    .Any(thread =>
                        thread != t.Actor
                        && t.Changed(nameof(State<Concrete>.Slice), thread)
                        && t.Before(nameof(State<Concrete>.Slice), thread) == 0
                    )
            ),
            new("a message gives the processor to a thread without time", t =>
                t.Entry == Entry.Leave
                && t.After.Stage.Value == Stages.User
                && t.After.Current.Value != t.Actor
                && !t.After.HasTime(t.After.Current).Known
            ),
            new("a message to a thread without time that gives it no time", t =>
                t.Entry == Entry.Leave
                && t.After.Stage.Value == Stages.User
                && t.After.Current.Value == t.Actor
                && Threads(t)
                    .Any(thread => thread != t.Actor && t.After.IsReady(thread).Known && !t.After.HasTime(thread).Known)
            ),
            new("donated time used up", t =>
                t.Entry == Entry.Wake
                && t.After.Stage.Value == Stages.Pick
                && t.Actor != State<Concrete>.Nobody
                && t.After.IsReady(t.Actor).Known
                && !t.After.HasTime(t.Actor).Known
            ),
            new("an infinite slice that a tick leaves", t =>
                t.Entry == Entry.Tick && t.After.Slice[t.Actor].Value == ScheduleParam.Infinite
            ),
            Scheduled("a thread's time taken by slice length 0", t =>
                Threads(t)
                    .Any(thread => t.Changed(nameof(State<Concrete>.Slice), thread) && !t.After.HasTime(thread).Known)
            ),
        ];

    private static Sometimes Refused(string name, Func<State<Concrete>, uint, Truth> why) =>
        new($"refused: {name}", t =>
            t.Entry == Entry.ThreadSchedule && t.After.Stage.Value == Stages.User && why(t.After, t.Actor).Known
        );

    private static Sometimes Scheduled(string name, Func<Transition, bool> happens) =>
        new(name, t => t.Entry == Entry.ThreadSchedule && t.After.Stage.Value == Stages.Leave && happens(t));

    private static bool Reports(Transition t) =>
        t.Entry == Entry.Wake
        && t.Actor != State<Concrete>.Nobody
        && t.Changed(nameof(State<Concrete>.Faulting), t.Actor);

    private static IEnumerable<uint> Threads(Transition t) =>
        Enumerable.Range(1, (int)t.After.Limits.Threads - 1).Select(thread => (uint)thread);

    // By how much a thread's priority was raised.
    private static int Moved(Transition t, uint thread) =>
        (int)t.After.Priority[thread].Value - (int)t.Before(nameof(State<Concrete>.Priority), thread);

    // The state in the word that the actor received.
    private static uint StateIn(Transition t) => t.After.Eax[t.Actor].Value >> 16 & 0xF;
}
