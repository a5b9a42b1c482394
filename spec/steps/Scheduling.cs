using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Scheduling (interface, section 10): strict priorities; within a priority, round robin by time slices. An ipc partner
/// or the target of a thread_switch gets the processor directly, even if it has no time of its own.
/// </summary>
public sealed partial class Kernel<W>
{
    /// <summary>The highest priority of the threads that compete for the processor.</summary>
    private (Truth Found, W Priority) GreatestPriority() =>
        s.Tables.Greatest(Table.Thread, s.Competes, thread => s.Priority[thread]);

    /// <summary>
    /// The scheduler. The current thread keeps the processor if it is ready, has time left, and has a higher priority
    /// than every competing thread. Otherwise the scheduler picks the next thread of the highest priority, in thread
    /// number, cyclically, after the thread picked last. So it picks every thread of that priority before it picks any
    /// thread twice. If only threads without time are ready, the processor idles.
    /// </summary>
    private void Pick()
    {
        var me = s.Current;
        var (found, priority) = GreatestPriority();
        if ((s.IsReady(me) & s.HasTime(me)) && (!found | (priority < s.Priority[me])))
            SwitchTo(me);
        else if (!found)
        {
            s.Current = State<W>.Nobody;
            s.Stage = Stages.Idle;
        }
        else
        {
            var (_, next) = s.Tables.First(Table.Thread, s.Picked[priority], thread =>
                s.Competes(thread) & (s.Priority[thread] == priority)
            );
            s.Picked[priority] = next;
            SwitchTo(next);
        }
    }

    /// <summary>Gives the processor to a ready thread.</summary>
    private void SwitchTo(W thread)
    {
        s.Current = thread;
        s.Stage = Stages.User;
        if (s.Status[thread] == ThreadStatus.Resuming)
            s.Stage = Stages.Receive;
        else if (s.Status[thread] == ThreadStatus.Mapping)
            s.Stage = Stages.Map;
    }

    /// <summary>
    /// The current thread is ready. It keeps the processor unless a thread of higher priority competes.
    /// </summary>
    private void GoOn()
    {
        if (IsOutranked(s.Current))
            s.Stage = Stages.Pick;
        else
            SwitchTo(s.Current);
    }

    private Truth IsOutranked(W thread)
    {
        var (found, priority) = GreatestPriority();
        return found & (priority > s.Priority[thread]);
    }

    /// <summary>
    /// thread_switch. If ESI names another ready thread, that thread gets the processor and the rest of the caller's
    /// time slice. Any other ESI (nil, the caller, a thread that waits or does not exist) yields. In both cases the
    /// caller's next slice is a fresh one.
    /// </summary>
    private void ThreadSwitch()
    {
        var me = s.Current;
        var target = s.Row(s.Esi[me]);
        if (s.Exists(s.Esi[me]) & s.IsReady(target) & (target != me))
        {
            var slice = Least(s.Slice[target] + s.Slice[me], ScheduleParam.MostTicks);
            s.Slice[target] = W.Select(s.Slice[target] == ScheduleParam.Infinite, ScheduleParam.Infinite, slice);
            SwitchTo(target);
        }
        else
            s.Stage = Stages.Pick;

        s.Slice[me] = s.Quantum[me];
    }

    /// <summary>
    /// thread_schedule. The call fails with EAX = FFFFFFFFh if ESI names no thread, or if the thread's old or new
    /// priority is above the caller's limit.
    /// <list type="bullet">
    /// <item>In: ESI the thread; EAX the parameter word, or FFFFFFFFh to read only; EBX the external preempter, or
    /// FFFFFFFFh to keep it.</item>
    /// <item>Out: EAX the old parameter; EBX the old preempter; ESI the partner that the thread waits for, or nil;
    /// EDX:ECX the microseconds of the ticks that found the thread running.</item>
    /// </list>
    /// </summary>
    private void ThreadSchedule()
    {
        var me = s.Current;
        var thread = s.Row(s.Esi[me]);
        var param = s.Eax[me];
        var sets = param != ThreadId.Invalid;
        if (
            !s.Exists(s.Esi[me])
            | (s.Priority[thread] > s.Mcp[me])
            | (sets & (ScheduleParam.Priority(param) > s.Mcp[me]))
        )
        {
            s.Eax[me] = ThreadId.Invalid;
            return;
        }

        s.Eax[me] = ScheduleParam.Of(
            s.Priority[thread],
            m.Small[s.Task(thread)],
            s.Quantum[thread],
            s.Status[thread],
            s.Faulting[thread]
        );
        s.Ecx[me] = s.Consumed[thread] * Timeouts.TickMicroseconds;
        s.Edx[me] = W.MultiplyHigh(s.Consumed[thread], Timeouts.TickMicroseconds);
        Exchange(s.Ebx, me, s.ExternalPreempter, thread);
        s.Esi[me] = s.Id[s.Partner[thread]];
        if (sets)
        {
            // A new length starts a fresh slice. If the length stays the same, the slice stays the same.
            var ticks = ScheduleParam.Ticks(param);
            s.Slice[thread] = W.Select(s.Quantum[thread] == ticks, s.Slice[thread], ticks);
            s.Quantum[thread] = ticks;
            s.Priority[thread] = ScheduleParam.Priority(param);
            var small = ScheduleParam.Small(param);
            if (ScheduleParam.IsSmall(small))
                m.Small[s.Task(thread)] = small;
        }

        s.Stage = Stages.Leave;
    }
}
