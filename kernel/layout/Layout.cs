using Verified.Spec;
using Verified.Spec.Tables;

namespace Verified.Kernel;

/// <summary>
/// The memory layout of the kernel: the only source of addresses, offsets and sizes for the code, the image and the
/// view. Linear addresses are physical addresses plus <see cref="KernelBase"/>.
/// </summary>
public sealed partial class Layout
{
    /// <summary>The start of the kernel's part of every address space. The user's part is below.</summary>
    public const uint KernelBase = 0xF0000000;

    /// <summary>
    /// Physical address of the image's first byte. Servers for L4 X.0 are linked below it, at 128 KB, 3 MB or 4 MB, or
    /// above it, from 15 MB on.
    /// </summary>
    public const uint ImageBase = 0x00800000;

    /// <summary>Room for the kernel's code and constants.</summary>
    public const uint TextSize = 0x10000;

    /// <summary>An address shifted right by these bits is its page.</summary>
    public const byte PageShift = 12;

    public const uint PageSize = 1 << PageShift;

    /// <summary>
    /// The number of page tables of the kernel's part, and their first slot. Each maps 4 MB of physical memory, from 0
    /// on.
    /// </summary>
    public const uint KernelTables = 6,
        KernelSlot = KernelBase >> 22;

    /// <summary>The first slot of the region of small spaces, which follows the kernel's part.</summary>
    public const uint RegionSlot = KernelSlot + KernelTables;

    /// <summary>The end of the kernel's memory, as a physical address.</summary>
    public const uint KernelEnd = KernelTables << 22;

    // Segment selectors (GDT indices times 8, plus the ring).
    public const uint KernelCode = 0x08,
        KernelData = 0x10,
        UserCode = 0x1B,
        UserData = 0x23,
        FlatData = 0x2B,
        TaskState = 0x30;

    /// <summary>The offset of the last byte of the GDT.</summary>
    public const uint GdtLimit = TaskState | 7;

    /// <summary>The offset of the last byte of the IDT.</summary>
    public static uint IdtLimit => (WaysIn.Last << 3) | 7;

    /// <summary>
    /// CR0 after boot (SDM 3A, 2.5): protection, monitor and emulate coprocessor, task switched, native errors, write
    /// protection in ring 0, paging. No thread uses the coprocessor, because the kernel does not save its registers.
    /// </summary>
    public const uint Cr0 = 0x8001003F;

    // The vector of page faults, and the first vector of the interrupt controllers. WaysIn has the others.
    public const uint PageFaultVector = 14,
        TickVector = 0x20;

    // The task-state segment contains only the ring-0 stack and the current task's I/O bitmap, from the segment's
    // second page on. A byte of ones ends the bitmap (SDM 1, 19.5.2).
    public const uint TssStackTop = 4,
        TssStackSegment = 8,
        TssDirectory = 28,
        TssPortMapBase = 100,
        TssPortMap = PageSize,
        TssPortMapSize = 0x10000 / 8,
        TssLimit = TssPortMap + TssPortMapSize;

    /// <summary>The flag of a thread that waits with a deadline.</summary>
    public const uint TimedStatus = 16;

    /// <summary>The flag of a thread that reports an exception.</summary>
    public const uint FaultingStatus = 32;

    /// <summary>The bits of the status without its flags.</summary>
    public const uint StatusMask = TimedStatus - 1;

    // A row of the thread table. The fields that ipc reads of a partner are in the first 32 bytes, one cache line.
    public static readonly Field Id = new("id", 0x00);
    public static readonly Field Status = new("status", 0x04, 6, StoredStatus.Encoding);
    public readonly Field Partner;
    public static readonly Field Priority = new("priority", 0x0C, 8);
    public readonly Field Senders;

    /// <summary>
    /// The physical address of the page directory of the thread's task. <see cref="RunsSmall"/> is set if the thread
    /// last went to its small space by the usual way out.
    /// </summary>
    public static readonly Field Directory = new("directory", 0x14);
    public const uint RunsSmall = 0x80000000;
    public readonly Field Served;
    public static readonly Field Slice = new("slice", 0x1C, 9);
    public static readonly Field Quantum = new("quantum", 0x20, 9);
    public static readonly Field Deadline = new("deadline", 0x24);
    public static readonly Field Pager = new("pager", 0x28);
    public static readonly Field Fault = new("fault", 0x2C);
    public static readonly Field Preempter = new("preempter", 0x30);
    public static readonly Field Mcp = new("mcp", 0x34, 8);
    public static readonly Field ExternalPreempter = new("external_preempter", 0x38);
    public static readonly Field Consumed = new("consumed", 0x3C);

    /// <summary>The id of the interrupt that the thread handles.</summary>
    public static readonly Field Handles = new("handles", 0x40, 5);

    /// <summary>The address at which the thread continues after INT 80h; 0 if there is none.</summary>
    public static readonly Field TrapAddress = new("trap_address", 0x44);

    /// <summary>
    /// The high dword of the data descriptor of its task's small space (<see cref="UserSegments.HighOf"/>). It never
    /// changes.
    /// </summary>
    public static readonly Field Segment = new("segment", 0x48);

    // The end of the row is the stack on which the processor and PUSHA push the user registers.
    public static readonly Field Edi = new("edi", 0x4C),
        Esi = new("esi", 0x50),
        Ebp = new("ebp", 0x54);
    public static readonly Field Pushed = new("pushed_esp", 0x58);
    public static readonly Field Ebx = new("ebx", 0x5C),
        Edx = new("edx", 0x60),
        Ecx = new("ecx", 0x64),
        Eax = new("eax", 0x68);
    public static readonly Field Eip = new("eip", 0x6C),
        Cs = new("cs", 0x70),
        Eflags = new("eflags", 0x74);
    public static readonly Field Esp = new("esp", 0x78),
        Ss = new("ss", 0x7C);

    /// <summary>The offset of the saved registers in a row. POPA and IRET load them from there.</summary>
    public static readonly uint Frame = Edi.Offset;

    /// <summary>The offset of the part of the frame that the processor pushes.</summary>
    public static readonly uint InterruptFrame = Eip.Offset;

    public const uint ThreadSize = 0x80,
        ThreadShift = 7;

    /// <summary>
    /// The rows of a task's threads form a block with room for every lthread that an id can name. So a shift and a mask
    /// turn an id into the offset of a row.
    /// </summary>
    public const int LthreadBits = 16 - ThreadId.LthreadShift,
        BlockShift = (int)ThreadShift + LthreadBits;

    public const uint BlockSize = 1 << BlockShift;

    /// <summary>The dword of an area whose rows are single dwords.</summary>
    public readonly Field ReadyWord,
        ReadySummaryWord,
        PriorityWord,
        PrioritySummaryWord,
        PickedNumber,
        SendersWord,
        TimerSummaryWord,
        ExaminedNumber,
        HeirPointer,
        HandlerPointer;

    /// <summary>The high dword of a descriptor (SDM 3A, 3.4.5). The low dword never changes.</summary>
    public static readonly Field DescriptorHigh = new("high", 0);

    /// <summary>The dword of the TSS with the offset of the I/O bitmap.</summary>
    public static readonly Field PortMapBase = new("port_map", 0);

    /// <summary>The dword of <see cref="Loaded"/>.</summary>
    public static readonly Field LoadedDirectory = new("directory", 0);

    public static readonly Field TopPriority = new("top", 0, 8);

    public static readonly Field ClockTicks = new("ticks", 0);

    public static readonly Field PendingNumber = new("pending", 4, 1);

    public static readonly Field MaskedLines = new("lines", 0, Spec.Interrupts.Lines);

    /// <summary>The clock of the info page: microseconds, 64 bits.</summary>
    public static readonly Field Time = new("time", 0),
        TimeHigh = new("time_high", 4);

    public Layout(Limits limits)
    {
        Limits = limits.Checked();
        (Words, PriorityWords) = (Math.Max(1, limits.Threads / 32), Math.Max(1, limits.Priorities / 32));
        var threads = Spec.Limits.Bits(limits.Threads);
        var threadPointer = FieldEncoding.RowPointer(() => Threads!);
        Partner = new("partner", 0x08, threads, threadPointer);
        Senders = new("senders", 0x10, Words);
        Served = new("served", 0x18, threads);
        ReadyWord = new("word", 0, Math.Min(32, limits.Threads));
        SendersWord = ReadyWord;
        ReadySummaryWord = new("word", 0, Words);
        PriorityWord = new("word", 0, Math.Min(32, limits.Priorities));
        PrioritySummaryWord = new("word", 0, PriorityWords);
        PickedNumber = new("number", 0, threads);
        ExaminedNumber = PickedNumber;
        TimerSummaryWord = ReadySummaryWord;
        StackTop = new("esp0", 0, threads, FieldEncoding.RowPointer(() => Threads!, ThreadSize));

        var next = KernelBase + ImageBase + TextSize;
        uint Take(uint size, uint alignment = PageSize)
        {
            var at = (next + alignment - 1) & ~(alignment - 1);
            next = at + size;
            return at;
        }

        Area Make(string name, uint rows, uint stride, params Field[] fields) =>
            new(name, Take(rows * stride), rows, stride, fields);

        Gdt = Take(PageSize);
        Area Descriptor(string name, uint selector) => new(name, Gdt + (selector & ~7u) + 4, 1, 4, [DescriptorHigh]);
        (CodeSegment, DataSegment, FlatSegment) = (
            Descriptor("user_code", UserCode),
            Descriptor("user_data", UserData),
            Descriptor("flat_data", FlatData)
        );
        Idt = Take(PageSize);
        Tss = Take(4 * PageSize, 4 * PageSize);
        TssStack = new("tss", Tss + TssStackTop, 1, 4, [StackTop]);
        Loaded = new("tss_cr3", Tss + TssDirectory, 1, 4, [LoadedDirectory]);
        TssPorts = new("tss_ports", Tss + TssPortMapBase, 1, 4, [PortMapBase]);
        Threads = new(
            "threads",
            Take(limits.Tasks * BlockSize, limits.Tasks * BlockSize),
            limits.Threads,
            ThreadSize,
            [
                Id,
                Status,
                Partner,
                Priority,
                Senders,
                Directory,
                Served,
                Slice,
                Quantum,
                Deadline,
                Pager,
                Fault,
                Preempter,
                Mcp,
                ExternalPreempter,
                Consumed,
                Handles,
                TrapAddress,
                Segment,
                Edi,
                Esi,
                Ebp,
                Pushed,
                Ebx,
                Edx,
                Ecx,
                Eax,
                Eip,
                Cs,
                Eflags,
                Esp,
                Ss,
            ]
        )
        {
            RowsOfBlock = limits.Lthreads,
            BlockSize = BlockSize,
        };
        Ready = Make("ready", limits.Priorities * Words, 4, ReadyWord);
        ReadySummary = Make("ready_summary", limits.Priorities, 4, ReadySummaryWord);
        PriorityMap = Make("priority_map", PriorityWords, 4, PriorityWord);
        PrioritySummary = Make("priority_summary", 1, 4, PrioritySummaryWord);
        Top = Make("top_priority", 1, 4, TopPriority);
        Picked = Make("picked", limits.Priorities, 4, PickedNumber);
        SenderSets = Make("sender_sets", limits.Threads * Words, 4, SendersWord);
        Timers = Make("timers", Spec.Limits.ClockSlots * Words, 4, ReadyWord);
        TimerSummary = Make("timer_summary", Spec.Limits.ClockSlots, 4, TimerSummaryWord);
        Clock = Make("clock", 1, 4, ClockTicks);
        Examined = Make("examined", 1, 4, ExaminedNumber);
        HeirPointer = new("heir", 0, threads, threadPointer);
        Heir = Make("heir", 1, 4, HeirPointer);
        HandlerPointer = new("handler", 0, threads, threadPointer);
        Interrupts = Make("interrupts", Spec.Interrupts.Rows, 8, HandlerPointer, PendingNumber);
        Masked = Make("masked", 1, 4, MaskedLines);
        Info = Take(PageSize);
        InfoClock = new("info_clock", Info + KernelInfo.Clock, 1, 8, [Time, TimeHigh]);
        Mappings = new(limits, threadPointer, Make);
        KernelPageTables = Take(KernelTables * PageSize);
        TssTables = Take(limits.Tasks * PageSize);
        Boot = new(Physical(Take(BootPages.Size)));
        UserImages = Take(0);
    }

    public Limits Limits { get; }

    /// <summary>Words of 32 bits in a set of threads.</summary>
    public uint Words { get; }

    /// <summary>Words of 32 bits in a set of priorities.</summary>
    public uint PriorityWords { get; }

    /// <summary>
    /// The largest amount of physical memory that the kernel hands out, in bytes; a multiple of 4 MB.
    /// </summary>
    public const uint MemorySize = 64 << 20;

    /// <summary>Physical address of a linear address in the kernel's part.</summary>
    public static uint Physical(uint linear) => linear - KernelBase;
}
