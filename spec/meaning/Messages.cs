using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>
/// Messages: every completed transfer has one sender and one receiver, and each named or admitted the other. The
/// receiver gets the sender's words, its id and the right code. No other thread's registers change. (Liedtke's manual,
/// ipc; interface, section 3.)
/// </summary>
public static partial class Messages<W>
    where W : struct, IWord<W>
{
    public static readonly IReadOnlyList<Property<W>> All =
    [
        Property<W>.KeptByThreads(
            "message-names-its-sender",
            "3.2",
            "a receiver gets the id of the thread whose message it takes",
            Transfers,
            (x, t, _) =>
                Reading<W>.Implies(Gets(x, t), () => (x.After.Esi[t] == x.Before.Id[Sender(x)]) & (Sender(x) != t))
        ),
        Property<W>.KeptByThreads(
            "message-is-admitted",
            "3.4 3.16 3.17",
            "the sender named the receiver, and the receiver waited for that sender or for anyone",
            Transfers,
            (x, t, _) => Reading<W>.Implies(Gets(x, t), () => IsNamed(x, t) & IsAdmitted(x, t))
        ),
        Property<W>.KeptByThreads(
            "message-words-arrive",
            "3.1 3.25 14.2 14.3 15.1",
            "the receiver's words are the sender's three, or those of its report",
            Transfers,
            (x, t, _) => Reading<W>.Implies(Gets(x, t), () => WordsArrive(x, t))
        ),
        Property<W>.KeptByThreads(
            "message-has-its-code",
            "1.31 3.18 3.24 3.28",
            "the code of a message is 0, or 2 if the receiver takes a map item",
            Transfers,
            (x, t, _) => Reading<W>.Implies(Gets(x, t), () => HasCode(x, t))
        ),
        Property<W>.KeptByThreads(
            "message-leaves-registers",
            "3.3",
            "a message changes no register of its receiver but words, id and code",
            Transfers,
            (x, t, _) =>
                Reading<W>.Implies(Gets(x, t), () =>
                    Same(x, t, s => s.Ecx)
                    & Same(x, t, s => s.Ebp)
                    & Same(x, t, s => s.Esp)
                    & Same(x, t, s => s.Eip)
                    & Same(x, t, s => s.Eflags)
                )
        ),
        Property<W>.OfThreads(
            "a-waiting-partner-is-reached",
            "3.12 3.34",
            "a message to a thread that waits for it arrives, even with timeout zero",
            [Entry.Ipc, .. Reading<W>.Faults],
            (x, t, _) => Reading<W>.Implies(Reaches(x, t), () => !Reading<W>.Listens(x.After, t))
        ),
        Property<W>.KeptByThreads(
            "a-send-ends-as-it-must",
            "3.5 3.6 3.13 3.20 3.23 3.36",
            "an ipc sends, waits to send, or fails with the code that says why",
            [Entry.Ipc],
            (x, t, _) => Reading<W>.Implies(t == x.Me, () => Sent(x))
        ),
        Property<W>.OfThreads(
            "a-message-is-sent-once",
            "3.1 3.4",
            "an accepted sender no longer sends: it gives its item, or has begun its receive part",
            [Entry.Accept],
            (x, t, _) => Reading<W>.Implies((t == x.Me) | (t == Sender(x)), () => Accepted(x, t))
        ),
        Property<W>.KeptByThreads(
            "a-report-waits-for-its-answer",
            "14.5 14.7 14.8 15.3",
            "a fault is reported to the pager, and its thread waits for the answer",
            Reading<W>.Faults,
            (x, t, _) => Reading<W>.Implies(t == x.Me, () => Reported(x, x.Before.Pager[x.Me], ThreadStatus.Stopped))
        ),
        Property<W>.KeptByThreads(
            "a-fault-has-its-word",
            "14.2 14.10",
            "the first word of a report says what was accessed, or which exception it is",
            [Entry.PageFault, Entry.Exception],
            (x, t, _) => Reading<W>.Implies(t == x.Me, () => x.After.Fault[t] == FaultWord(x))
        ),
        Property<W>.KeptByThreads(
            "an-answer-resumes",
            "14.6 14.15",
            "the answer to a fault changes no register of its thread",
            Transfers,
            (x, t, _) =>
                Reading<W>.Implies(Reading<W>.IsFaulting(x.Before, t) & (t != x.Me) & (Sender(x) != t), () =>
                    KeepsAll(x, t)
                )
        ),
    ];

    /// <summary>
    /// The thread whose message a step may transfer. In an accept step this is the waiting sender that the current
    /// thread has found; in any other step it is the current thread.
    /// </summary>
    public static W Sender(Step<W> x) => x.Entry == Entry.Accept ? x.Before.Partner[x.Me] : x.Me;

    /// <summary>
    /// Whether the step transfers a message to a thread: the thread waited or looked for one, and now has the code of
    /// success.
    /// </summary>
    public static Truth Gets(Step<W> x, W t) =>
        !Reading<W>.IsFaulting(x.Before, t)
        & (x.Entry == Entry.Accept ? t == x.Me : Reading<W>.Listens(x.Before, t))
        & (Reading<W>.Is(x.After, t, ThreadStatus.Ready) | Reading<W>.Is(x.After, t, ThreadStatus.Mapping))
        & ((x.After.Eax[t] == Reading<W>.Done) | (x.After.Eax[t] == Reading<W>.Mapped));

    private static Truth IsNamed(Step<W> x, W t) =>
        x.Entry switch
        {
            Entry.Ipc => Reading<W>.Names(x.Before, x.Before.Esi[x.Me], t) & (x.Before.Eax[x.Me] < 4),
            Entry.Accept => Reading<W>.Sends(x.Before, Sender(x), x.Me),
            Entry.Wake => Reading<W>.Names(x.Before, x.Before.Preempter[x.Me], t) & (x.Before.Slice[x.Me] == 0),
            _ => Reading<W>.Names(x.Before, x.Before.Pager[x.Me], t),
        };

    // The previous step, the receive part, decides which waiting sender the receiver takes.
    private static Truth IsAdmitted(Step<W> x, W t) =>
        x.Entry == Entry.Accept ? t == x.Me : Reading<W>.Admits(x.Before, t, x.Me);

    private static Truth WordsArrive(Step<W> x, W t)
    {
        var from = Sender(x);
        var reports = x.Entry switch
        {
            Entry.Ipc => false,
            Entry.Accept => Reading<W>.IsFaulting(x.Before, from),
            _ => true,
        };
        var first = x.Entry switch
        {
            Entry.Wake => x.Before.Esp[from],
            Entry.Accept => x.Before.Fault[from],
            _ => x.After.Fault[from],
        };
        return Reading<W>.Either(
            reports,
            () => (x.After.Edx[t] == first) & (x.After.Ebx[t] == x.Before.Eip[from]) & (x.After.Edi[t] == 0),
            () =>
                (x.After.Edx[t] == x.Before.Edx[from])
                & (x.After.Ebx[t] == x.Before.Ebx[from])
                & (x.After.Edi[t] == x.Before.Edi[from])
        );
    }

    private static Truth HasCode(Step<W> x, W t)
    {
        var from = Sender(x);
        Truth sent = x.Entry is Entry.Ipc or Entry.Accept;
        return Reading<W>.Either(
            sent & Reading<W>.HasItem(x.Before, from, t),
            () => (x.After.Eax[t] == Reading<W>.Mapped) & Gives(x, from, t),
            () => Reading<W>.Ended(x.After, t, Reading<W>.Done)
        );
    }

    private static Truth KeepsAll(Step<W> x, W t) =>
        Reading<W>.Implies(!Reading<W>.Is(x.After, t, ThreadStatus.Inactive), () =>
            Same(x, t, s => s.Eax)
            & Same(x, t, s => s.Ecx)
            & Same(x, t, s => s.Edx)
            & Same(x, t, s => s.Ebx)
            & Same(x, t, s => s.Ebp)
            & Same(x, t, s => s.Esi)
            & Same(x, t, s => s.Edi)
            & Same(x, t, s => s.Esp)
            & Same(x, t, s => s.Eip)
            & Same(x, t, s => s.Eflags)
        );

    private static Truth Same(Step<W> x, W t, Func<State<W>, Column<W>> column) =>
        Reading<W>.Same(column(x.Before), column(x.After), t);

    private static Entry[] Transfers => Reading<W>.Transfers;
}
