using Verified.Kernel;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;

namespace Verified.Proofs.Prove;

/// <summary>
/// The sets of threads by their meaning: the set that each thread is in, on the running path. The theorems of the ways
/// into the kernel use only this. The theorems of the set operations show that the bitmaps mean the same.
/// </summary>
public sealed class SymbolicSets(Limits limits, Terms terms, Membership<Symbolic> initial)
{
    /// <summary>The priority whose ready set a thread is in, or <see cref="NoPriority"/>.</summary>
    public ColumnValues Ready { get; } = new(initial.Ready, terms);

    /// <summary>The number of the thread whose sender set a thread is in, or <see cref="NoThread"/>.</summary>
    public ColumnValues Sender { get; } = new(initial.Sender, terms);

    /// <summary>The slot of the clock whose set a thread is in, or <see cref="NoSlot"/>.</summary>
    public ColumnValues Timer { get; } = new(initial.Timer, terms);

    public uint NoPriority => limits.Priorities;

    public uint NoThread => limits.Threads;

    public static uint NoSlot => Limits.ClockSlots;

    public Membership<Symbolic> Members => new(Ready.Get, Sender.Get, Timer.Get);

    /// <summary>The threads that entered or left a set.</summary>
    public IEnumerable<Symbolic> Written => Ready.Written().Concat(Sender.Written()).Concat(Timer.Written());
}
