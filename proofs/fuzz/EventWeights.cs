using Verified.Spec;

namespace Verified.Proofs.Fuzz;

/// <summary>An event by which few threads become many.</summary>
public enum Growth
{
    NewTask,
    NewThread,
    Schedule,
    SendItem,
    WaitWithWindow,
    AnyEvent,
}

/// <summary>An event by which pages go from task to task.</summary>
public enum Gift
{
    SendItem,
    WaitWithWindow,
    Unmap,
    AnyEvent,
}

/// <summary>An event by which threads and tasks come and go.</summary>
public enum Management
{
    ExchangeThread,
    StartThread,
    CreateOrDeleteTask,
    Send,
    Give,
}

/// <summary>A send descriptor.</summary>
public enum SendKind
{
    None,
    Words,
    SmallNumber,
    AnyWord,
    Reserved,
}

/// <summary>A receive descriptor.</summary>
public enum ReceiveKind
{
    None,
    FromThread,
    FromAnyone,
    Window,
    SmallNumber,
    AnyWindow,
    AnyWord,
    Reserved,
}

/// <summary>The timeouts of an ipc.</summary>
public enum TimeoutKind
{
    Infinite,
    ZeroReceive,
    ShortReceive,
    ZeroBoth,
    FewTicks,
    AnyMantissa,
}

/// <summary>The destination of an ipc.</summary>
public enum DestinationKind
{
    WaitingPartner,
    Interrupt,
    AnyThread,
    Nil,
    WrongBit,
    Invalid,
    Self,
    AnyWord,
}

/// <summary>The lthread that a thread of the same task changes.</summary>
public enum LthreadKind
{
    Existing,
    AnyInTask,
    BeyondTask,
    AnyWord,
}

/// <summary>An interrupt that comes while the kernel works on an event.</summary>
public enum Interruption
{
    Nothing,
    AtOnce,
    Later,
}

/// <summary>How often the random programs of <c>fuzz</c> and <c>diff</c> choose each alternative, in percent.</summary>
public static class EventWeights
{
    /// <summary>
    /// Events of user code. The deletion of a task takes as long as a thousand other events, so task_new is rare.
    /// </summary>
    public static readonly Choice<Entry> Events = new(
        (5, Entry.FpageUnmap),
        (64.8, Entry.Ipc),
        (8, Entry.Tick),
        (6, Entry.ThreadSwitch),
        (2, Entry.LthreadExRegs),
        (2, Entry.ThreadSchedule),
        (1, Entry.IdNearest),
        (1, Entry.ExchangeTrap),
        (2, Entry.Interrupt),
        (0.2, Entry.TaskNew),
        (2, Entry.PageFault),
        (2, Entry.Protection),
        (2, Entry.Exception),
        (2, Entry.Trap)
    );

    /// <summary>Events while the processor idles.</summary>
    public static readonly Choice<Entry> IdleEvents = new((70, Entry.Tick), (30, Entry.Interrupt));

    public static readonly Choice<Interruption> Interruptions = new(
        (20, Interruption.Later),
        (4, Interruption.AtOnce),
        (76, Interruption.Nothing)
    );

    /// <summary>
    /// If there are enough threads, a priority changes in place of a new thread. If no thread waits, the current thread
    /// waits in place of sending; if no other thread is ready to run then, any event comes.
    /// </summary>
    public static readonly Choice<Growth> Growths = new(
        (17, Growth.NewTask),
        (25, Growth.NewThread),
        (17, Growth.Schedule),
        (17, Growth.SendItem),
        (17, Growth.WaitWithWindow),
        (7, Growth.AnyEvent)
    );

    /// <summary>
    /// If no thread takes an item, the current thread waits for one. If no other thread is ready to run then, it
    /// unmaps.
    /// </summary>
    public static readonly Choice<Gift> Gifts = new(
        (60, Gift.SendItem),
        (20, Gift.WaitWithWindow),
        (10, Gift.Unmap),
        (10, Gift.AnyEvent)
    );

    public static readonly Choice<Management> Managements = new(
        (10, Management.ExchangeThread),
        (15, Management.StartThread),
        (20, Management.CreateOrDeleteTask),
        (10, Management.Send),
        (45, Management.Give)
    );

    public static readonly Choice<SendKind> Sends = new(
        (25, SendKind.None),
        (55, SendKind.Words),
        (10, SendKind.SmallNumber),
        (5, SendKind.AnyWord),
        (5, SendKind.Reserved)
    );

    public static readonly Choice<ReceiveKind> Receives = new(
        (20, ReceiveKind.None),
        (20, ReceiveKind.FromThread),
        (25, ReceiveKind.FromAnyone),
        (15, ReceiveKind.Window),
        (5, ReceiveKind.SmallNumber),
        (5, ReceiveKind.AnyWindow),
        (5, ReceiveKind.AnyWord),
        (5, ReceiveKind.Reserved)
    );

    public static readonly Choice<TimeoutKind> Timeouts = new(
        (58, TimeoutKind.Infinite),
        (9, TimeoutKind.ZeroReceive),
        (8, TimeoutKind.ShortReceive),
        (8, TimeoutKind.ZeroBoth),
        (9, TimeoutKind.FewTicks),
        (8, TimeoutKind.AnyMantissa)
    );

    /// <summary>If no thread waits for the current thread, a waiting partner is any thread.</summary>
    public static readonly Choice<DestinationKind> Destinations = new(
        (40, DestinationKind.WaitingPartner),
        (12, DestinationKind.Interrupt),
        (32, DestinationKind.AnyThread),
        (6, DestinationKind.Nil),
        (4, DestinationKind.WrongBit),
        (2, DestinationKind.Invalid),
        (2, DestinationKind.Self),
        (2, DestinationKind.AnyWord)
    );

    public static readonly Choice<LthreadKind> Lthreads = new(
        (80, LthreadKind.Existing),
        (10, LthreadKind.AnyInTask),
        (5, LthreadKind.BeyondTask),
        (5, LthreadKind.AnyWord)
    );
}
