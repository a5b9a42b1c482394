using Verified.Kernel;

namespace Verified.Proofs.Diff;

/// <summary>An executed instruction.</summary>
/// <param name="Address">Linear address.</param>
/// <param name="Place">Symbol and distance.</param>
/// <param name="Text">Its disassembly.</param>
/// <param name="Deviates">True for the instruction that <see cref="Explained.Reason"/> is about.</param>
/// <param name="Source">The line of the kernel's source that emits it; null if unknown.</param>
/// <param name="Jumps">True if a conditional jump was taken; null for any other instruction.</param>
/// <param name="IsNear">True if it changed another dword of the row that differs.</param>
/// <param name="IsOrigin">True if it computed the value that the deviating instruction wrote.</param>
public sealed record Executed(
    uint Address,
    string Place,
    string Text,
    bool Deviates,
    SourceLine? Source = null,
    bool? Jumps = null,
    bool IsNear = false,
    bool IsOrigin = false
);

/// <summary>The reason why image and spec differ after an event, as far as the path shows it.</summary>
public enum Reason
{
    /// <summary>The marked instruction was the last to change the dword or the register that differs.</summary>
    Writes,

    /// <summary>
    /// No instruction changed the dword or the register that differs. The marked instruction starts the path.
    /// </summary>
    NothingWritten,

    /// <summary>
    /// The difference is not in one dword of the tables or one register. The marked instruction ends the path.
    /// </summary>
    NoPlace,

    /// <summary>The processor took an interrupt within a step, after the marked instruction.</summary>
    Interrupted,
}

/// <summary>
/// The image's path in the first step of an event that differs, and the instruction that went wrong. If the difference
/// shows only after the whole event, the path is that of the event.
/// </summary>
/// <param name="Last">The end of the path, with the deviating instruction marked.</param>
/// <param name="Length">The length of the path in instructions.</param>
/// <param name="Reason">The meaning of the mark.</param>
public sealed record Explained(IReadOnlyList<Executed> Last, long Length, Reason Reason)
{
    /// <summary>The step; null if the path is that of the whole event.</summary>
    public SpecStep? Step { get; init; }

    /// <summary>The conditional jumps before the end, in order.</summary>
    public IEnumerable<Executed> Decisions => Last.Where(executed => executed.Jumps is not null);

    /// <summary>The instructions that computed the wrong value, in order.</summary>
    public IEnumerable<Executed> Origins => Last.Where(executed => executed.IsOrigin);

    /// <summary>The marked instruction; null if it is not among the last ones, or nothing was executed.</summary>
    public Executed? Deviating => Last.FirstOrDefault(executed => executed.Deviates);
}
