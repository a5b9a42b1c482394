namespace Verified.Spec;

/// <summary>The values of the status column: what a thread is doing.</summary>
public static class ThreadStatus
{
    /// <summary>Not in use; no id names it.</summary>
    public const uint Inactive = 0;

    /// <summary>Runs, or competes for the processor.</summary>
    public const uint Ready = 1;

    /// <summary>
    /// In the receive phase of its ipc. The current thread goes through it at once. Any other thread, if senders or an
    /// interrupt may be waiting for its open receive, goes through it when it gets the processor.
    /// </summary>
    public const uint Resuming = 2;

    /// <summary>
    /// Runs, or competes for the processor, in the kernel: its partner's item is mapped to it, or it unmaps pages, or
    /// it deletes a task.
    /// </summary>
    public const uint Mapping = 3;

    /// <summary>Waits until its partner receives.</summary>
    public const uint Sending = 4;

    /// <summary>Waits for a message from its partner.</summary>
    public const uint ReceivingFrom = 5;

    /// <summary>Waits for a message from anyone.</summary>
    public const uint ReceivingAny = 6;

    /// <summary>Waits for no thread: for the interrupt in ESI, or for nil, which never sends.</summary>
    public const uint Sleeping = 7;

    /// <summary>Raised an exception and has no pager. Only lthread_ex_regs makes it run again.</summary>
    public const uint Stopped = 8;

    /// <summary>Waits until its partner has mapped its message's item.</summary>
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
/// The values of <see cref="State{W}.Stage"/>, each with its next actor. Every stage is a cut point of the image.
/// </summary>
public static class Stages
{
    /// <summary>The current thread, in user mode.</summary>
    public const uint User = 0;

    /// <summary>No thread acts: the processor halts until an interrupt.</summary>
    public const uint Idle = 1;

    /// <summary>The kernel picks the next thread.</summary>
    public const uint Pick = 2;

    /// <summary>After a tick, the kernel wakes the threads whose wait ends now.</summary>
    public const uint Wake = 3;

    /// <summary>The kernel continues an operation on mappings.</summary>
    public const uint Map = 4;

    /// <summary>
    /// The kernel does the receive phase of the current thread. In this stage and the following ones there may be an
    /// heir: a thread that the send phase woke. It gets the processor if the current thread waits.
    /// </summary>
    public const uint Receive = 5;

    /// <summary>The current thread takes the message of its partner, which is waiting to send.</summary>
    public const uint Accept = 6;

    /// <summary>The kernel continues the current thread after its ipc, or gives the processor to the heir.</summary>
    public const uint Leave = 7;

    public static readonly string[] Names = ["user", "idle", "pick", "wake", "map", "receive", "accept", "leave"];
}
