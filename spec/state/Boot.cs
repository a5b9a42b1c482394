using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>A thread that exists at boot.</summary>
/// <param name="Id">Its id; task and lthread give its row.</param>
/// <param name="Priority">0..255.</param>
/// <param name="Quantum">Ticks of its time slice, 1..255.</param>
/// <param name="Eip">Where it starts.</param>
/// <param name="Esp">Its initial stack pointer.</param>
/// <param name="Pager">The id of its pager.</param>
public sealed record BootThread(uint Id, uint Priority, uint Quantum, uint Eip, uint Esp, uint Pager = ThreadId.Nil);

/// <summary>The table of threads that exist at boot, and the state it makes.</summary>
public static class Boot
{
    /// <summary>The initial state: every listed thread ready, the scheduler about to pick.</summary>
    public static State<Concrete> Initial(Limits limits, IEnumerable<BootThread> threads)
    {
        var s = new State<Concrete>(limits.Checked(), new ConcreteTables(limits)) { Stage = Stages.Pick };
        foreach (var thread in threads)
        {
            var row = s.Row(thread.Id);
            if (row.Value < limits.Lthreads || ThreadId.Task<Concrete>(thread.Id).Value >= limits.Tasks
                || ThreadId.Lthread<Concrete>(thread.Id).Value >= limits.Lthreads)
                throw new ArgumentException($"boot thread {thread.Id:X8}h is outside tasks 1..{limits.Tasks - 1}, lthreads 0..{limits.Lthreads - 1}");
            s.Id[row] = thread.Id;
            s.Status[row] = ThreadStatus.Ready;
            s.Priority[row] = thread.Priority;
            s.Mcp[row] = limits.Priorities - 1;
            s.Slice[row] = thread.Quantum;
            s.Quantum[row] = thread.Quantum;
            s.Pager[row] = thread.Pager;
            s.Eip[row] = thread.Eip;
            s.Esp[row] = thread.Esp;
            s.Eflags[row] = Flags.User;
        }

        return s;
    }
}
