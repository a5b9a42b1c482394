using Verified.Spec.Tables;

namespace Verified.Spec;

/// <summary>
/// Time: ticks of 1 ms, and finite timeouts. A thread with a deadline is in the clock slot that the deadline's last
/// bits select. After a tick the kernel examines the threads in the slot of the new clock, one in each step, and wakes
/// those whose deadline has come. So a step is short, however many threads sleep.
/// </summary>
public sealed partial class Kernel<W>
{
    /// <summary>The timer tick advances the clock and uses up one tick of the current thread's time slice.</summary>
    private void Tick()
    {
        var me = s.Current;
        s.Clock += 1;
        s.Time += Timeouts.TickMicroseconds;
        s.TimeHigh += W.Select(s.Time < Timeouts.TickMicroseconds, 1, 0);
        s.Examined = State<W>.Nobody;
        s.Stage = Stages.Wake;
        if (me == State<W>.Nobody)
            return;
        s.Slice[me] -= W.Select(s.HasTime(me) & (s.Slice[me] != ScheduleParam.Infinite), 1, 0);
        s.Consumed[me] += 1;
    }

    private void StartTimer(W me, W ticks)
    {
        s.Timed[me] = 1;
        s.Deadline[me] = s.Clock + ticks;
    }

    /// <summary>
    /// Examines the next thread in the clock's slot, in thread number. After the last one, ends the tick.
    /// </summary>
    private void WakeNext()
    {
        var clock = s.Clock;
        var (found, sleeper) = s.Tables.First(Table.Thread, s.Examined, thread => s.SharesSlot(thread, clock));
        if (!(found & (sleeper > s.Examined)))
            EndTick();
        else
        {
            s.Examined = sleeper;
            if (s.Deadline[sleeper] == clock)
                Expire(sleeper);
        }
    }

    /// <summary>Ends a wait with a timeout; nothing was transferred.</summary>
    private void Expire(W sleeper)
    {
        s.Eax[sleeper] = W.Select(s.Status[sleeper] == ThreadStatus.Sending, Code.SendTimeout, Code.ReceiveTimeout);
        Block(sleeper, ThreadStatus.Ready, State<W>.Nobody);
    }

    /// <summary>
    /// The current thread continues, unless it has no time left or a thread of a higher priority woke.
    /// </summary>
    private void EndTick()
    {
        var me = s.Current;
        s.Stage = Stages.Pick;
        if (me == State<W>.Nobody)
            return;
        if (!s.HasTime(me))
        {
            s.Slice[me] = s.Quantum[me];
            if (s.Status[me] == ThreadStatus.Ready)
                Preempt();
        }
        else
            GoOn();
    }
}
