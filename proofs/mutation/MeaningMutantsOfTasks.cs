namespace Verified.Proofs.Mutation;

/// <summary>Changes of the spec's meaning. A named property must catch each of them.</summary>
internal static partial class MeaningMutants
{
    /// <summary>Tasks and small calls.</summary>
    public static readonly IReadOnlyList<MeaningMutant> OfTasks =
    [
        new(
            "anyone deletes any task",
            "steps/Tasks.cs",
            "| (m.Chief[task] != s.Task(me))) s.Esi",
            "| (m.Chief[task] == 0)) s.Esi"
        ),
        new(
            "the tasks below a deleted task go on",
            "steps/Tasks.cs",
            "m.Doomed[task] = 1;\n            m.Cursor = 0;",
            "m.Cursor = m.Cursor;\n            Pass(task + 1, s.Limits.Tasks, Passes.Threads);"
        ),
        new(
            "a new incarnation has the old version",
            "steps/Tasks.cs",
            "W.Select(version == ThreadId.LastVersion, 1, version + 1)",
            "W.Select(version == 0, 1, version)"
        ),
        new(
            "the version after the last is 0",
            "steps/Tasks.cs",
            "W.Select(version == ThreadId.LastVersion, 1, version + 1)",
            "(version + 1) & ThreadId.LastVersion"
        ),
        new(
            "a new task's mcp is the requested value",
            "steps/Tasks.cs",
            "Least(s.Mcp[me], s.Eax[me])",
            "s.Eax[me] & (s.Limits.Priorities - 1)"
        ),
        new(
            "who waits for a deleted thread hears of a cancellation",
            "steps/Tasks.cs",
            "Abort(thread, Code.NoPartner);",
            "Abort(thread, Code.ReceiveCancelled);"
        ),
        new(
            "a deleted thread keeps its interrupt",
            "steps/Tasks.cs",
            "            Dissociate(thread);\n",
            "            { }\n"
        ),
        new(
            "giver and taker hear of the other's abortion",
            "steps/Tasks.cs",
            "Abort(partner, Code.ReceiveAborted);",
            "Abort(partner, Code.SendAborted);"
        ),
        new(
            "a new task has its creator's pager",
            "steps/Tasks.cs",
            "s.Pager[thread] = s.Ebx[me];",
            "s.Pager[thread] = s.Pager[me];"
        ),
        new(
            "a new thread starts at ECX",
            "steps/Tasks.cs",
            "s.Eip[thread] = UserSpace.Clip(s.Edx[me]);",
            "s.Eip[thread] = UserSpace.Clip(s.Ecx[me]);"
        ),
        new(
            "a new thread starts beyond a large space",
            "steps/Tasks.cs",
            "s.Eip[thread] = UserSpace.Clip(s.Edx[me]);",
            "s.Eip[thread] = s.Edx[me];"
        ),
        new(
            "the tasks below a deleted task keep their chief",
            "steps/Tasks.cs",
            "m.Chief[task] = s.Task(m.Owner);",
            "{ }"
        ),
        new(
            "an inactive task stays its creator's",
            "steps/Tasks.cs",
            "chief = W.Select(s.Exists(s.Eax[me]), s.Task(s.Row(s.Eax[me])), chief);",
            "{ }"
        ),
        new(
            "a new task stays in its small space",
            "steps/Tasks.cs",
            "m.Doomed[task] = m.Small[task] = 0;\n        m.Operation",
            "m.Doomed[task] = 0;\n        m.Operation"
        ),
        new(
            "a deleted thread leaves its external preempter to the next one",
            "steps/Tasks.cs",
            "if (info.Table == Table.Thread)",
            "if (info.Table == Table.Thread && info.Name != nameof(State<W>.ExternalPreempter))"
        ),
        new(
            "a deleted thread leaves the sender that it has served to the next one",
            "steps/Tasks.cs",
            "if (info.Table == Table.Thread)",
            "if (info.Table == Table.Thread && info.Name != nameof(State<W>.Served))"
        ),
        new(
            "a wait for a deleted thread goes on in a thread behind an inactive one",
            "steps/Tasks.cs",
            "s.Status[thread & ~(s.Limits.Lthreads - 1)] == ThreadStatus.Inactive",
            "s.Status[thread] == ThreadStatus.Inactive"
        ),
        new("a deleted task keeps its pages", "steps/Tasks.cs", "m.Left = s.Limits.Paging.Entries;", "m.Left = 0;"),
        new(
            "task_new does not give the new id",
            "steps/Tasks.cs",
            "s.Esi[me] = ThreadId.Make<W>(chief, task, 0, version);",
            "{ }"
        ),
        new(
            "id_nearest gives the caller's id for any",
            "steps/Kernel.cs",
            "if (s.Esi[me] == ThreadId.Nil) s.Esi[me] = s.Id[me];",
            "s.Esi[me] = s.Id[me];"
        ),
        new(
            "INT 80h traps again",
            "steps/Faults.cs",
            "(UserSpace.Clip(s.TrapAddress[me]), s.Eip[me] + length);",
            "(UserSpace.Clip(s.TrapAddress[me]), s.Eip[me]);"
        ),
        new(
            "INT 80h loses the trap address",
            "steps/Faults.cs",
            "(UserSpace.Clip(s.TrapAddress[me]), s.Eip[me] + length);",
            "(UserSpace.Clip(s.TrapAddress[me]), s.TrapAddress[me]);"
        ),
        new(
            "exchange_trap only reads",
            "steps/Kernel.cs",
            "(s.Eax[me], s.TrapAddress[me]) = (s.TrapAddress[me], s.Eax[me]);",
            "s.Eax[me] = s.TrapAddress[me];"
        ),
        new("id_nearest gives a type", "steps/Kernel.cs", "s.Eax[me] = 0;", "s.Eax[me] = 4;"),
    ];
}
