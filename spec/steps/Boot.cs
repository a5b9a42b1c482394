using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>A thread that exists at boot.</summary>
/// <param name="Id">Its id; the task and lthread select its row.</param>
/// <param name="Priority">0..255.</param>
/// <param name="Quantum">Ticks of its time slices, 0..255, or <see cref="ScheduleParam.Infinite"/>.</param>
/// <param name="Eip">The address of its first instruction.</param>
/// <param name="Esp">Its initial stack pointer.</param>
/// <param name="Pager">The id of its pager.</param>
/// <param name="Eax">The initial value of EAX, an argument.</param>
/// <param name="Ebx">The initial value of EBX, an argument.</param>
public sealed record BootThread(
    uint Id,
    uint Priority,
    uint Quantum,
    uint Eip,
    uint Esp,
    uint Pager = ThreadId.Nil,
    uint Eax = 0,
    uint Ebx = 0
);

/// <summary>A page that is mapped from σ0's frame at boot. Ports have the page of their own numbers.</summary>
public sealed record BootMapping(uint Task, uint Page, uint Frame, bool Writable);

/// <summary>The threads that exist at boot, and the state that they make.</summary>
public static class Boot
{
    /// <summary>
    /// The root task: at boot it is the chief of all later tasks, which are still inactive (interface, 19.14).
    /// </summary>
    public const uint RootTask = 4;

    /// <summary>The initial state: every listed thread is ready, and the scheduler is about to pick.</summary>
    /// <param name="limits">Sizes of the tables.</param>
    /// <param name="threads">The threads.</param>
    /// <param name="isSigma0s">
    /// Whether σ0 has a frame of memory; never called for frame 0. Null: σ0 has none. σ0 always has all ports.
    /// </param>
    /// <param name="maps">Pages of other tasks, mapped from σ0's frames.</param>
    /// <exception cref="ArgumentException">
    /// A thread is outside the tables, there are too few page tables or mappings, or a page is given twice.
    /// </exception>
    public static State<Concrete> Initial(
        Limits limits,
        IEnumerable<BootThread> threads,
        Func<uint, bool>? isSigma0s = null,
        IEnumerable<BootMapping>? maps = null
    )
    {
        var s = new State<Concrete>(limits.Checked(), new ConcreteTables())
        {
            Stage = Stages.Pick,
            Masked = Interrupts.AllMasked,
        };
        for (var task = 0u; task < limits.Tasks; task++)
            (s.Mappings.Chief[task], s.Mappings.Version[task]) = task > RootTask ? (RootTask, 0u) : (0u, 1u);
        foreach (var thread in threads)
        {
            var row = s.Row(thread.Id);
            if (
                row.Value < limits.Lthreads
                || ThreadId.Task<Concrete>(thread.Id).Value >= limits.Tasks
                || ThreadId.Lthread<Concrete>(thread.Id).Value >= limits.Lthreads
            )
                throw new ArgumentException(
                    $"boot thread {thread.Id:X8}h is outside tasks 1..{limits.Tasks - 1}, lthreads "
                        + $"0..{limits.Lthreads - 1}"
                );
            s.Id[row] = thread.Id;
            s.Mappings.Version[s.Task(row)] = ThreadId.Version<Concrete>(thread.Id);
            s.Status[row] = ThreadStatus.Ready;
            s.Priority[row] = thread.Priority;
            s.Mcp[row] = limits.Priorities - 1;
            s.Slice[row] = thread.Quantum;
            s.Quantum[row] = thread.Quantum;
            s.Pager[row] = thread.Pager;
            (s.Eax[row], s.Ebx[row]) = (thread.Eax, thread.Ebx);
            s.Eip[row] = UserSpace.Clip<Concrete>(thread.Eip);
            s.Esp[row] = thread.Esp;
            s.Eflags[row] = Flags.User;
        }

        Mappings(s, isSigma0s ?? (_ => false), maps ?? []);
        return s;
    }

    private static void Mappings(State<Concrete> s, Func<uint, bool> isSigma0s, IEnumerable<BootMapping> maps)
    {
        var (m, paging) = (s.Mappings, s.Limits.Paging);
        m.FreeTable = 1;
        for (var table = 1u; table < paging.Tables; table++)
            (m.NextTable[table], m.PreviousTable[table]) = (table + 1 < paging.Tables ? table + 1 : 0, table - 1);
        m.FreeNode = paging.Roots;
        for (var node = paging.Roots; node < paging.Nodes; node++)
            (m.Next[node], m.Previous[node]) = (
                node + 1 < paging.Nodes ? node + 1 : 0,
                node > paging.Roots ? node - 1 : 0
            );
        for (var frame = 0u; frame < paging.Roots; frame++)
            (m.Frame[frame], m.Level[frame]) = (frame, 1);
        if (Mappings<Concrete>.Sigma0 < s.Limits.Tasks)
            for (var frame = paging.Frames; frame < paging.Roots; frame++)
                Place(s, frame, paging.Home<Concrete>(frame).Value);
        for (var frame = 1u; frame < paging.Frames; frame++)
            if (isSigma0s(frame))
                Place(s, frame, frame);

        foreach (var map in maps)
            Map(s, map);
    }

    /// <summary>Maps a page from σ0 by the kernel's own steps.</summary>
    private static void Map(State<Concrete> s, BootMapping map)
    {
        var m = s.Mappings;
        if (s.NodeOf(map.Task, map.Page) != 0)
            throw new ArgumentException($"page {map.Page:X}h of task {map.Task} is mapped twice");
        Run(
            s,
            Operations.Map,
            map.Writable ? Fpage.Writable : 0,
            Mappings<Concrete>.Sigma0,
            s.Limits.Paging.Home<Concrete>(map.Frame).Value,
            map.Task,
            map.Page,
            1
        );
        if (m.Failed == 1 || s.NodeOf(map.Task, map.Page) == 0)
            throw new ArgumentException(
                $"there is no mapping or page table left for page {map.Page:X}h of task {map.Task}, or no frame "
                    + $"{map.Frame:X}h"
            );
        (m.Item, m.Source, m.SourcePage, m.Target, m.TargetPage) = (0, 0, 0, 0, 0);
    }

    /// <summary>
    /// Runs an operation on <paramref name="pages"/> pages by the kernel's own steps. No message or system call starts
    /// it, and it answers none at its end.
    /// </summary>
    public static void Run(
        State<Concrete> s,
        uint operation,
        uint item,
        uint source,
        uint sourcePage,
        uint target,
        uint targetPage,
        uint pages
    )
    {
        var m = s.Mappings;
        (m.Operation, m.Item, m.Left) = (operation, item, pages);
        (m.Source, m.SourcePage, m.Target, m.TargetPage) = (source, sourcePage, target, targetPage);
        var kernel = new Kernel<Concrete>(s);
        while (m.Left.Value != 0)
            kernel.Step(Entry.Map);
        m.Operation = Operations.None;
    }

    /// <summary>Gives σ0 a frame or a group of ports.</summary>
    private static void Place(State<Concrete> s, uint node, uint page)
    {
        const uint task = Mappings<Concrete>.Sigma0;
        var m = s.Mappings;
        var table = s.TableOf(task, page);
        if (table == 0)
        {
            table = m.FreeTable;
            if (table == 0)
                throw new ArgumentException($"there is no page table left for page {page:X}h of task {task}");
            var slot = page / s.Limits.Paging.Entries;
            (m.FreeTable, m.PreviousTable[m.NextTable[table]]) = (m.NextTable[table], 0);
            (m.TableTask[table], m.TableSlot[table], m.TableAt[s.SlotOf(task, page)]) = (task, slot, table);
        }

        (m.Space[node], m.Page[node], m.NodeAt[s.EntryOf(table, page)]) = (task, page, node);
    }
}
