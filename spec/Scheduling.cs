using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Scheduling (interface, section 10): strict priorities; within a priority, round robin by time slices. An ipc partner
/// or the target of a thread_switch gets the processor directly, also if it has no time of its own.
/// </summary>
public sealed partial class Kernel<W>
{
    /// <summary>The greatest priority among the threads that compete for the processor.</summary>
    private (Truth Found, W Priority) GreatestPriority() =>
        s.Tables.Greatest(Table.Thread, s.Competes, thread => s.Priority[thread]);

    /// <summary>
    /// The scheduler. The thread that leaves the processor keeps it if it is ready, has time left, and no thread of its
    /// priority or a higher one competes. Otherwise the processor goes to the next thread of the greatest priority, in
    /// thread number, cyclically, after the one picked last. So every thread of that priority is picked before any is
    /// picked twice. If only threads without time are ready, the processor idles.
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

    /// <summary>Gives a ready thread the processor.</summary>
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
    /// The current thread, ready, keeps the processor unless somebody of a higher priority competes for it.
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
    /// thread_switch. If ESI names another ready thread, it gets the processor and the rest of my time slice. Anything
    /// else (nil, myself, a thread that waits or does not exist) yields. Either way my next slice is a fresh one.
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
    /// thread_schedule. ESI thread, EAX parameter word or FFFFFFFFh only to read, EBX external preempter or FFFFFFFFh
    /// to leave it. The thread's priority, and the one it is to have, must be within my limit. Gives the old parameter
    /// in EAX, the old preempter in EBX, in ESI the partner of an ipc it waits in, or nil, in EDX:ECX the microseconds
    /// of the ticks that found it running. Else EAX is FFFFFFFFh.
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
            // A new length starts a fresh slice; the present one, as it was read, changes nothing.
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
