namespace Verified.Proofs.Mutation;

/// <summary>Changes of the spec's meaning. A named property must catch each of them.</summary>
internal static partial class MeaningMutants
{
    /// <summary>Time, scheduling and the threads of a task.</summary>
    public static readonly IReadOnlyList<MeaningMutant> OfTime =
    [
        new(
            "round robin is unfair: the turn never moves on",
            "steps/Scheduling.cs",
            "s.Picked[priority] = next;",
            "{ }"
        ),
        new(
            "round robin is unfair: the lowest number comes first",
            "steps/Scheduling.cs",
            "s.Tables.First(Table.Thread, s.Picked[priority],",
            "s.Tables.First(Table.Thread, State<W>.Nobody,"
        ),
        new(
            "a thread keeps the processor from its equals",
            "steps/Scheduling.cs",
            "&& (!found | (priority < s.Priority[me])))",
            "&& (!found | (priority <= s.Priority[me])))"
        ),
        new(
            "equals preempt",
            "steps/Scheduling.cs",
            "return found & (priority > s.Priority[thread]);",
            "return found & (priority >= s.Priority[thread]);"
        ),
        new(
            "higher priorities do not preempt",
            "steps/Scheduling.cs",
            "return found & (priority > s.Priority[thread]);",
            "return found & (priority > s.Priority[thread] + 1);"
        ),
        new(
            "a donated slice is lost",
            "steps/Scheduling.cs",
            "Least(s.Slice[target] + s.Slice[me], ScheduleParam.MostTicks);",
            "Least(s.Slice[target], ScheduleParam.MostTicks);"
        ),
        new(
            "thread_switch keeps the old slice",
            "steps/Scheduling.cs",
            "        s.Slice[me] = s.Quantum[me];\n    }\n\n    /// <summary>\n    /// thread_schedule",
            "    }\n\n    /// <summary>\n    /// thread_schedule"
        ),
        new(
            "thread_switch to a thread that is ready yields",
            "steps/Scheduling.cs",
            "if (s.Exists(s.Esi[me]) & s.IsReady(target) & (target != me))",
            "if (s.Exists(s.Esi[me]) & s.IsReady(target) & (target != me) & (s.Priority[target] >= s.Priority[me]))"
        ),
        new(
            "thread_schedule reaches beyond the caller's mcp",
            "steps/Scheduling.cs",
            "| (s.Priority[thread] > s.Mcp[me]) | (sets",
            "| (sets"
        ),
        new(
            "thread_schedule sets a priority beyond the mcp",
            "steps/Scheduling.cs",
            "| (sets & (ScheduleParam.Priority(param) > s.Mcp[me])))",
            "| (sets & (ScheduleParam.Priority(param) > s.Mcp[me] + 1)))"
        ),
        new(
            "thread_schedule sets the caller's priority",
            "steps/Scheduling.cs",
            "s.Priority[thread] = ScheduleParam.Priority(param);",
            "s.Priority[me] = ScheduleParam.Priority(param);"
        ),
        new(
            "thread_schedule sets the internal preempter",
            "steps/Scheduling.cs",
            "Exchange(s.Ebx, me, s.ExternalPreempter, thread);",
            "Exchange(s.Ebx, me, s.Preempter, thread);"
        ),
        new(
            "thread_schedule gives the thread for its partner",
            "steps/Scheduling.cs",
            "s.Esi[me] = s.Id[s.Partner[thread]];",
            "s.Esi[me] = s.Id[thread];"
        ),
        new(
            "the clock loses its carry",
            "steps/Clock.cs",
            "s.TimeHigh += W.Select(s.Time < Timeouts.TickMicroseconds, 1, 0);",
            "{ }"
        ),
        new("a fresh slice is one tick", "steps/Clock.cs", "s.Slice[me] = s.Quantum[me];", "s.Slice[me] = 1;"),
        new(
            "a wait ends a tick late",
            "steps/Clock.cs",
            "s.Deadline[me] = s.Clock + ticks;",
            "s.Deadline[me] = s.Clock + ticks + 1;"
        ),
        new(
            "a wait ends with another of its slot",
            "steps/Clock.cs",
            "if (s.Deadline[sleeper] == clock) Expire(sleeper);",
            "Expire(sleeper);"
        ),
        new(
            "only one wait ends at a tick",
            "steps/Clock.cs",
            "s.Examined = sleeper;\n            if (s.Deadline[sleeper] == clock) Expire(sleeper);",
            "s.Examined = s.Limits.Threads - 1;\n            if (s.Deadline[sleeper] == clock) Expire(sleeper);"
        ),
        new(
            "a late sender hears of a receive timeout",
            "steps/Clock.cs",
            "Code.SendTimeout, Code.ReceiveTimeout);",
            "Code.ReceiveTimeout, Code.ReceiveTimeout);"
        ),
        new("ticks are not counted", "steps/Clock.cs", "s.Consumed[me] += 1;", "{ }"),
        new(
            "slices do not end",
            "steps/Clock.cs",
            "if (!s.HasTime(me))\n        {\n            s.Slice",
            "if (!s.HasTime(me))\n        {\n            if (s.Status[me] == ThreadStatus.Ready) { s.Slic"
                + "e[me] = s.Quantum[me]; GoOn(); return; }\n            s.Slice"
        ),
        new("a wait may end a tick early", "interface/Timeouts.cs", "& (MostTicks - 1)) + 1;", "& (MostTicks - 1));"),
        new(
            "a timeout is rounded down",
            "interface/Timeouts.cs",
            "low + (TickMicroseconds - 1), TickMicroseconds",
            "low, TickMicroseconds"
        ),
        new(
            "a cancelled send has the receiver's code",
            "steps/Threads.cs",
            "Code.SendCancelled, Code.ReceiveCancelled);",
            "Code.ReceiveCancelled, Code.ReceiveCancelled);"
        ),
        new(
            "lthread_ex_regs sets EIP from ECX",
            "steps/Threads.cs",
            "Exchange(s.Ecx, me, s.Esp, thread);",
            "Exchange(s.Ecx, me, s.Eip, thread);"
        ),
        new(
            "lthread_ex_regs does not cancel an ipc",
            "steps/Threads.cs",
            "if (thread != me) Cancel(thread);",
            "if ((thread != me) & (s.Status[thread] != ThreadStatus.Sending)) Cancel(thread);"
        ),
        new(
            "a new thread has the highest priority that its maker may give",
            "steps/Threads.cs",
            "s.Priority[thread] = s.Priority[me];",
            "s.Priority[thread] = s.Mcp[me];"
        ),
        new(
            "a new thread may give any priority",
            "steps/Threads.cs",
            "s.Mcp[thread] = s.Mcp[me];",
            "s.Mcp[thread] = s.Limits.Priorities - 1;"
        ),
        new(
            "a cancelled report is still one",
            "steps/Threads.cs",
            "        s.Faulting[thread] = 0;\n        Block(thread, ThreadStatus.Ready, State<W>.Nobody);",
            "        Block(thread, ThreadStatus.Ready, State<W>.Nobody);"
        ),
        new(
            "a task that is being deleted starts threads",
            "steps/Threads.cs",
            "else if (m.Doomed[s.Task(me)] == 1) Retry(me, m.Owner);",
            "else if (false) Retry(me, m.Owner);"
        ),
        new("FFFFFFFFh sets a value", "steps/Threads.cs", "W.Select(given == ThreadId.Invalid, old, given);", "given;"),
        new(
            "a thread that is given an EIP keeps its flags",
            "steps/Threads.cs",
            "W.Select(s.Edx[me] == ThreadId.Invalid, s.Eflags[thread], Flags.User);",
            "s.Eflags[thread];"
        ),
        new(
            "an infinite slice is used up by a donation",
            "steps/Scheduling.cs",
            "W.Select(s.Slice[target] == ScheduleParam.Infinite, ScheduleParam.Infinite, slice);",
            "slice;"
        ),
        new(
            "the present length starts a fresh slice",
            "steps/Scheduling.cs",
            "W.Select(s.Quantum[thread] == ticks, s.Slice[thread], ticks);",
            "ticks;"
        ),
        new(
            "a slice of length zero has a tick",
            "interface/ScheduleParam.cs",
            "W.Select(m == 0, 0, finite)",
            "W.Select(m == 0, 1, finite)"
        ),
        new(
            "a thread without time competes",
            "state/State.Queries.cs",
            "IsReady(thread) & HasTime(thread) & (thread != Current)",
            "IsReady(thread) & (thread != Current)"
        ),
    ];
}
