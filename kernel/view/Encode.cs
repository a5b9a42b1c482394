using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>
/// The inverse of <see cref="View{W}"/>: makes a machine that means a given state. If the state satisfies its
/// invariants, the machine satisfies the representation invariants.
/// </summary>
public static partial class Encode
{
    private const uint InterruptsOff = 0x02,
        InterruptsOn = 0x202;

    /// <summary>
    /// Writes every table. <paramref name="write"/> takes a linear address and a dword. Each dword in use is written
    /// once.
    /// </summary>
    public static void Memory(Layout layout, State<Concrete> state, Action<uint, uint> write)
    {
        Mappings(layout, state, null, write);
        Threads(layout, state, write);
    }

    /// <summary>Writes the tables of threads and of their sets.</summary>
    public static void Threads(Layout layout, State<Concrete> state, Action<uint, uint> write)
    {
        var words = layout.Words;
        var ready = new uint[layout.Ready.Rows];
        var readySummary = new uint[layout.Limits.Priorities];
        var map = new uint[layout.PriorityWords];
        var mapSummary = 0u;
        var top = 0u;
        var senders = new uint[layout.SenderSets.Rows];
        var sendersSummary = new uint[layout.Limits.Threads];
        for (var t = 0u; t < layout.Limits.Threads; t++)
        {
            if (state.Competes(t))
            {
                var p = state.Priority[t].Value;
                Add(ready, p * 32 * words + t);
                Add(readySummary, p * 32 + t / 32);
                Add(map, p);
                mapSummary |= 1u << (int)(p / 32);
                top = Math.Max(top, p);
            }

            if (state.Status[t] == ThreadStatus.Sending)
            {
                var receiver = state.Partner[t].Value;
                Add(senders, receiver * 32 * words + t);
                Add(sendersSummary, receiver * 32 + t / 32);
            }
        }

        var timers = new uint[layout.Timers.Rows];
        var timerSummary = new uint[Limits.ClockSlots];
        for (var t = 0u; t < layout.Limits.Threads; t++)
        {
            if (state.Timed[t].Value == 0)
                continue;
            var slot = state.Deadline[t].Value % Limits.ClockSlots;
            Add(timers, slot * 32 * words + t);
            Add(timerSummary, slot * 32 + t / 32);
        }

        void Put(Area area, uint row, Field field, uint value) =>
            write(area.Address<Concrete>(row, field).Value, field.Encode<Concrete>(value).Value);
        void PutAll(Area area, Field field, uint[] values)
        {
            for (var row = 0u; row < area.Rows; row++)
                Put(area, row, field, values[row]);
        }

        Descriptors(layout, SmallSpace(state), Put);
        Put(layout.Loaded, 0, Layout.LoadedDirectory, SmallSpace(state) == 0 ? 0 : Loaded(layout, state));
        Put(layout.TssStack, 0, layout.StackTop, state.Current.Value);
        PutAll(layout.Ready, layout.ReadyWord, ready);
        PutAll(layout.ReadySummary, layout.ReadySummaryWord, readySummary);
        PutAll(layout.PriorityMap, layout.PriorityWord, map);
        Put(layout.PrioritySummary, 0, layout.PrioritySummaryWord, mapSummary);
        Put(layout.Top, 0, Layout.TopPriority, top);
        for (var p = 0u; p < layout.Picked.Rows; p++)
            Put(layout.Picked, p, layout.PickedNumber, state.Picked[p].Value);
        PutAll(layout.SenderSets, layout.SendersWord, senders);
        PutAll(layout.Timers, layout.ReadyWord, timers);
        PutAll(layout.TimerSummary, layout.TimerSummaryWord, timerSummary);
        Put(layout.Clock, 0, Layout.ClockTicks, state.Clock.Value);
        Put(layout.InfoClock, 0, Layout.Time, state.Time.Value);
        Put(layout.InfoClock, 0, Layout.TimeHigh, state.TimeHigh.Value);
        Put(layout.Examined, 0, layout.ExaminedNumber, state.Examined.Value);
        Put(layout.Heir, 0, layout.HeirPointer, state.Heir.Value);
        Put(layout.Masked, 0, Layout.MaskedLines, state.Masked.Value);
        for (var id = 0u; id < layout.Interrupts.Rows; id++)
        {
            Put(layout.Interrupts, id, layout.HandlerPointer, state.Handler[id].Value);
            Put(layout.Interrupts, id, Layout.PendingNumber, state.Pending[id].Value);
        }

        var columns = Columns(layout, state).ToArray();
        for (var t = 0u; t < layout.Limits.Threads; t++)
        {
            foreach (var (field, column) in columns)
                Put(layout.Threads, t, field, column[t].Value);
            var active = state.Status[t] != ThreadStatus.Inactive;
            Put(
                layout.Threads,
                t,
                Layout.Status,
                state.Status[t].Value
                    | state.Timed[t].Value * Layout.TimedStatus
                    | state.Faulting[t].Value * Layout.FaultingStatus
            );
            Put(layout.Threads, t, layout.Senders, sendersSummary[t]);
            Put(
                layout.Threads,
                t,
                Layout.Directory,
                Directory(layout, t) | (RunsSmall(state, t) ? Layout.RunsSmall : 0)
            );
            Put(layout.Threads, t, Layout.Segment, UserSegments.HighOf(state.Task(t)).Value);
            Put(layout.Threads, t, Layout.Pushed, 0);
            Put(layout.Threads, t, Layout.Cs, active ? Layout.UserCode : 0);
            Put(layout.Threads, t, Layout.Ss, active ? Layout.UserData : 0);
        }
    }

    /// <summary>
    /// The high dword of the data descriptor of the small space in which the current thread runs; 0 if it runs in a
    /// large space.
    /// </summary>
    private static uint SmallSpace(State<Concrete> state) =>
        state.Stage.Value == Stages.User && RunsSmall(state, state.Current)
            ? UserSegments.HighOf(state.Task(state.Current)).Value
            : 0;

    private static bool RunsSmall(State<Concrete> state, Concrete thread) =>
        state.Status[thread].Value != ThreadStatus.Inactive
        && (
            state.Eip[thread] < UserSegments.SmallSize & PageEntries.OfSmallSpace(state, state.Task(thread)) != 0
        ).Known;

    private static void Descriptors(Layout layout, uint small, Action<Area, uint, Field, uint> put)
    {
        var (data, flat, ports) =
            small == 0
                ? (UserSegments.FlatHigh, UserSegments.FlatHigh, UserSegments.Ports)
                : (small, UserSegments.FlatHigh & ~UserSegments.Present, UserSegments.NoPorts);
        put(layout.CodeSegment, 0, Layout.DescriptorHigh, data | UserSegments.Code);
        put(layout.DataSegment, 0, Layout.DescriptorHigh, data);
        put(layout.FlatSegment, 0, Layout.DescriptorHigh, flat);
        put(layout.TssPorts, 0, Layout.PortMapBase, ports);
    }

    /// <summary>The processor at the state's cut point. Registers that are dead there are 0.</summary>
    /// <param name="layout">The image's layout.</param>
    /// <param name="symbols">The image's symbols: addresses of the kernel's own cut points.</param>
    /// <param name="state">The state, at any stage.</param>
    public static CutPointProcessor Processor(
        Layout layout,
        IReadOnlyDictionary<string, uint> symbols,
        State<Concrete> state
    )
    {
        var t = state.Current;
        var isSmall = SmallSpace(state) != 0;
        var cr3 = isSmall ? Loaded(layout, state) : Directory(layout, t.Value);
        var none = new uint[8];
        switch (state.Stage.Value)
        {
            case Stages.User:
                Concrete[] registers =
                [
                    state.Eax[t],
                    state.Ecx[t],
                    state.Edx[t],
                    state.Ebx[t],
                    state.Esp[t],
                    state.Ebp[t],
                    state.Esi[t],
                    state.Edi[t],
                ];
                return new(
                    [.. registers.Select(register => register.Value)],
                    state.Eip[t].Value,
                    state.Eflags[t].Value,
                    cr3,
                    Layout.UserCode,
                    Layout.UserData,
                    isSmall ? Layout.UserData : Layout.FlatData,
                    isSmall ? 0 : Layout.FlatData,
                    state.Masked
                );
            case Stages.Idle or Stages.Map:
                none[4] = layout.Threads.Base + Layout.Esp.Offset;
                return Kernel(InterruptsOn);
            default:
                return Kernel(InterruptsOff);
        }

        CutPointProcessor Kernel(uint eflags) =>
            new(
                none,
                symbols[CodePoints.OfStage(state.Stage.Value).Symbol],
                eflags,
                cr3,
                Layout.KernelCode,
                Layout.KernelData,
                Layout.KernelData,
                0,
                state.Masked
            );
    }

    private static IEnumerable<(Field Field, Column<Concrete> Column)> Columns(Layout layout, State<Concrete> s) =>
        [
            (Layout.Id, s.Id),
            (Layout.Deadline, s.Deadline),
            (Layout.Pager, s.Pager),
            (Layout.Preempter, s.Preempter),
            (Layout.Mcp, s.Mcp),
            (Layout.Consumed, s.Consumed),
            (Layout.Handles, s.Handles),
            (Layout.TrapAddress, s.TrapAddress),
            (Layout.ExternalPreempter, s.ExternalPreempter),
            (Layout.Fault, s.Fault),
            (layout.Partner, s.Partner),
            (layout.Served, s.Served),
            (Layout.Priority, s.Priority),
            (Layout.Slice, s.Slice),
            (Layout.Quantum, s.Quantum),
            (Layout.Eax, s.Eax),
            (Layout.Ecx, s.Ecx),
            (Layout.Edx, s.Edx),
            (Layout.Ebx, s.Ebx),
            (Layout.Esp, s.Esp),
            (Layout.Ebp, s.Ebp),
            (Layout.Esi, s.Esi),
            (Layout.Edi, s.Edi),
            (Layout.Eip, s.Eip),
            (Layout.Eflags, s.Eflags),
        ];

    private static uint Directory(Layout layout, uint thread) =>
        Layout.Physical(layout.Directories) + thread / layout.Limits.Lthreads * Layout.PageSize;

    // In a small space any directory may be loaded. The clock chooses one.
    private static uint Loaded(Layout layout, State<Concrete> state) =>
        Layout.Physical(layout.Directories) + state.Clock.Value % layout.Limits.Tasks * Layout.PageSize;

    private static void Add(uint[] bits, uint number) => bits[number / 32] |= 1u << (int)(number % 32);
}
