using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Proofs.Events;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Bench;

/// <summary>The threads that a bound of the interrupt latency counts.</summary>
/// <param name="InUse">All threads.</param>
/// <param name="Sleepers">The most threads that share the slot of one clock.</param>
/// <param name="NextSleepers">The threads that the next tick examines.</param>
/// <param name="InIpc">The threads in an ipc (<see cref="TurnsTheorem.IsInIpc"/>).</param>
public readonly record struct WaitingThreads(int InUse, int Sleepers, int NextSleepers, int InIpc)
{
    /// <summary>The most of each.</summary>
    public WaitingThreads Or(WaitingThreads other) =>
        new(
            Math.Max(InUse, other.InUse),
            Math.Max(Sleepers, other.Sleepers),
            Math.Max(NextSleepers, other.NextSleepers),
            Math.Max(InIpc, other.InIpc)
        );

    /// <summary>Counts the threads in the tables of a machine.</summary>
    public static WaitingThreads In(Pc pc, Layout layout)
    {
        var view = new View<Concrete>(layout, new EnteredMachine(pc));
        var clock = view.Get(layout.Clock, 0, Layout.ClockTicks).Value;
        var (inUse, inIpc, slots) = (0, 0, new int[Limits.ClockSlots]);
        uint Stored(uint thread) =>
            pc.Memory.Load(Layout.Physical(layout.Threads.Address<Concrete>(thread, Layout.Status).Value), 4);

        // Most threads are inactive, like thread 0, and are skipped at once.
        var inactive = Stored(State<Concrete>.Nobody);
        for (var thread = 0u; thread < layout.Limits.Threads; thread++)
        {
            if (Stored(thread) == inactive)
                continue;
            var stored = view.Thread(thread, Layout.Status);
            var status = stored & Layout.StatusMask;
            inUse++;
            if (TurnsTheorem.IsInIpc(status).Known)
                inIpc++;
            if ((stored.Value & Layout.TimedStatus) != 0)
                slots[view.Thread(thread, Layout.Deadline).Value % Limits.ClockSlots]++;
        }

        return new(inUse, slots.Max(), slots[(clock + 1) % Limits.ClockSlots], inIpc);
    }
}
