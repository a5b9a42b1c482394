namespace Verified.Spec;

/// <summary>What a thread is doing: the values of the status column.</summary>
public static class ThreadStatus
{
    /// <summary>Not in use; its id names nobody.</summary>
    public const uint Inactive = 0;

    /// <summary>Runs, or waits for the processor.</summary>
    public const uint Ready = 1;

    /// <summary>
    /// In the receive phase of its ipc: the current thread at once; another, for whose open receive a sender is already
    /// waiting, when it gets the processor.
    /// </summary>
    public const uint Resuming = 2;

    /// <summary>
    /// Runs, or waits for the processor, in the kernel: pages are mapped to it from its partner, or it unmaps some, or
    /// deletes a task.
    /// </summary>
    public const uint Mapping = 3;

    /// <summary>Waits until its partner receives.</summary>
    public const uint Sending = 4;

    /// <summary>Waits for a message from its partner.</summary>
    public const uint ReceivingFrom = 5;

    /// <summary>Waits for a message from anyone.</summary>
    public const uint ReceivingAny = 6;

    /// <summary>Waits for no thread: for the interrupt that ESI names, or for nil, which never sends.</summary>
    public const uint Sleeping = 7;

    /// <summary>Raised an exception and has no pager; never runs again.</summary>
    public const uint Stopped = 8;

    /// <summary>Waits until its partner has mapped what its message gives.</summary>
    public const uint Giving = 9;

    public static readonly string[] Names =
    [
        "inactive",
        "ready",
        "resuming",
        "mapping",
        "sending",
        "receiving-from",
        "receiving-any",
        "sleeping",
        "stopped",
        "giving",
    ];
}

/// <summary>
/// Who acts next: the value of <see cref="State{W}.Stage"/>. Every stage is a cut point of the image.
/// </summary>
public static class Stages
{
    /// <summary>The current thread, in user mode.</summary>
    public const uint User = 0;

    /// <summary>Nobody: the processor halts until an interrupt.</summary>
    public const uint Idle = 1;

    /// <summary>The kernel, to pick the next thread.</summary>
    public const uint Pick = 2;

    /// <summary>The kernel, to wake who has waited long enough, after a tick.</summary>
    public const uint Wake = 3;

    /// <summary>The kernel, to go on with an operation on mappings.</summary>
    public const uint Map = 4;

    /// <summary>
    /// The kernel, for the receive phase of the current thread. In this and the following stages a thread that the send
    /// phase woke may be the heir: it gets the processor if the current thread is to wait.
    /// </summary>
    public const uint Receive = 5;

    /// <summary>The kernel, to take the message of the current thread's partner, who waits to send it.</summary>
    public const uint Accept = 6;

    /// <summary>
    /// The kernel, to go on with the current thread after its ipc, or to hand the processor to the heir.
    /// </summary>
    public const uint Leave = 7;

    public static readonly string[] Names = ["user", "idle", "pick", "wake", "map", "receive", "accept", "leave"];
}
