using Verified.Spec;
using Verified.Spec.Tables;

namespace Verified.Kernel;

/// <summary>The place and the meaning of each table.</summary>
public sealed partial class Layout
{
    public Field StackTop { get; }

    public uint Gdt { get; }
    public uint Idt { get; }

    /// <summary>The descriptor of the users' code segment (<see cref="UserSegments"/>): its high dword.</summary>
    public Area CodeSegment { get; }

    /// The descriptor of the users' segment for stack and data (<see cref="UserSegments"/>).
    public Area DataSegment { get; }

    /// <summary>
    /// The descriptor of the flat data segment of users in a large space. The kernel's fast path uses that segment as
    /// it finds it.
    /// </summary>
    public Area FlatSegment { get; }

    /// <summary>
    /// The TSS. Of its four pages, the middle two are the I/O bitmap of the task whose space is active, so a switch of
    /// spaces also switches the bitmap.
    /// </summary>
    public uint Tss { get; }

    /// <summary>
    /// For each task, the page table of the part of its space that contains the TSS. Otherwise it is equal to the
    /// kernel's.
    /// </summary>
    public uint TssTables { get; }

    /// <summary>
    /// The TSS's ring-0 stack pointer: the end of the current thread's row. It is the only record of the current
    /// thread.
    /// </summary>
    public Area TssStack { get; }

    /// <summary>
    /// While a thread runs in a small space, the page directory that is loaded; 0 in a large space. The processor does
    /// not use this dword of the TSS. Reading it is faster than reading CR3.
    /// </summary>
    public Area Loaded { get; }

    /// <summary>
    /// The TSS's offset of the I/O bitmap. In a small space it is beyond the TSS, because the loaded directory, and the
    /// bitmap with it, may be another task's.
    /// </summary>
    public Area TssPorts { get; }

    public Area Threads { get; }

    /// <summary>For each priority, the set of competing threads; row p * <see cref="Words"/> + word.</summary>
    public Area Ready { get; }

    /// <summary>For each priority, a bit for each word of its set: 1 if the word is not 0.</summary>
    public Area ReadySummary { get; }

    /// <summary>The set of priorities with a competing thread.</summary>
    public Area PriorityMap { get; }

    /// <summary>A bit for each word of <see cref="PriorityMap"/>: 1 if the word is not 0.</summary>
    public Area PrioritySummary { get; }

    /// <summary>An upper bound on the priorities of competing threads.</summary>
    public Area Top { get; }

    /// <summary>For each priority, the number of the thread that was picked last.</summary>
    public Area Picked { get; }

    /// <summary>
    /// For each thread, the set of threads that wait to send to it; row t * <see cref="Words"/> + word.
    /// </summary>
    public Area SenderSets { get; }

    /// <summary>
    /// For each slot of the clock, the set of threads whose deadline is in it; row slot * <see cref="Words"/> + word.
    /// </summary>
    public Area Timers { get; }

    /// <summary>For each slot, a bit for each word of its set: 1 if the word is not 0.</summary>
    public Area TimerSummary { get; }

    /// <summary>Ticks since boot.</summary>
    public Area Clock { get; }

    /// <summary>The number of the thread that a tick examined last.</summary>
    public Area Examined { get; }

    /// <summary>The heir of the current thread.</summary>
    public Area Heir { get; }

    /// <summary>For each interrupt id, its handler and whether it is pending.</summary>
    public Area Interrupts { get; }

    /// <summary>
    /// The values of the interrupt controllers' mask registers: the first controller's in bits 7..0, the second one's
    /// in bits 15..8.
    /// </summary>
    public Area Masked { get; }

    /// <summary>The kernel info page (<see cref="KernelInfo"/>), which users may read.</summary>
    public uint Info { get; }

    /// <summary>The clock in the info page.</summary>
    public Area InfoClock { get; }

    public MappingLayout Mappings { get; }

    /// <summary>One page directory for each task.</summary>
    public uint Directories => Mappings.Directories.Base;

    /// <summary>The page tables of the kernel's part, shared by every directory.</summary>
    public uint KernelPageTables { get; }

    /// <summary>The page tables of σ0's space.</summary>
    public uint Sigma0Tables { get; }

    /// <summary>Pages that boot leaves to the servers.</summary>
    public BootPages Boot { get; }

    /// <summary>The start of the user programs' pages.</summary>
    public uint UserImages { get; }

    /// <summary>Every table that the kernel's code may write after boot.</summary>
    public IReadOnlyList<Area> Areas =>
        [
            CodeSegment,
            DataSegment,
            FlatSegment,
            TssStack,
            Loaded,
            TssPorts,
            Threads,
            Ready,
            ReadySummary,
            PriorityMap,
            PrioritySummary,
            Top,
            Picked,
            SenderSets,
            Timers,
            TimerSummary,
            Clock,
            Examined,
            Heir,
            Interrupts,
            Masked,
            InfoClock,
            .. Mappings.Areas,
        ];

    /// <summary>The table of an area's rows.</summary>
    public Table TableOf(Area area) =>
        area == Threads ? Table.Thread
        : area == SenderSets ? Table.SenderWord
        : area == Ready ? Table.ReadyWord
        : area == Timers ? Table.TimerWord
        : area == ReadySummary || area == Picked ? Table.Priority
        : area == Interrupts ? Table.Interrupt
        : area == Mappings.Tasks ? Table.Task
        : area == Mappings.Nodes ? Table.Node
        : area == Mappings.Tables ? Table.PageTable
        : area == Mappings.Slots || area == Mappings.Directories ? Table.Slot
        : area == Mappings.PortMaps ? Table.PortWord
        : area == Mappings.Pages || area == Mappings.PageTables ? Table.Page
        : area == Mappings.SmallTables ? Table.SmallPage
        : Table.Processor;

    /// <summary>Whether a field belongs to the sets of threads, which only the set operations change.</summary>
    public bool IsSet(Area area, Field field) =>
        field == Senders
        || area == Ready
        || area == ReadySummary
        || area == PriorityMap
        || area == PrioritySummary
        || area == SenderSets
        || area == Timers
        || area == TimerSummary;
}
