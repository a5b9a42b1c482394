using Verified.Kernel;
using Verified.Machine;
using Verified.Machine.Computer;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Proofs.Events;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Spec.Values;
using Cpu = Verified.Machine.Processor.Register;
using Descriptor = Verified.Machine.Processor.Descriptor;
using Registers = Verified.Proofs.Events.Registers;

namespace Verified.Proofs.Diff;

/// <summary>
/// Runs an image on the machine from cut point to cut point. It writes a state into the image's tables, and delivers
/// entries to the processor as hardware would.
/// </summary>
public sealed class ImageMachine : IMachine<Concrete>
{
    /// <summary>
    /// The most instructions between two steps of the spec. The longest proved path has about two hundred.
    /// </summary>
    private const int InstructionsPerStep = 1_000;

    private const int BootBudget = 10_000_000;

    private readonly Ia32<Concrete, PcBus> _cpu;

    // How the state after boot is encoded, dword by dword from the image's base on.
    private readonly uint[] _booted;
    private readonly uint _pause,
        _idle;
    private bool _placed;

    /// <summary>Boots the image to its first user instruction, or to idle if it has no user programs.</summary>
    /// <param name="image">The image.</param>
    /// <param name="servers">
    /// Whether to boot it with the project's own servers, if it has room for them, and with a window for user code;
    /// else with its own programs.
    /// </param>
    /// <exception cref="ImageException">The image does not reach it.</exception>
    public ImageMachine(KernelImage image, bool servers = true)
    {
        Image = image;
        // Entries are short, so compiled code pays only after millions of them.
        Pc = new Pc(servers ? Window.MemorySize : Layout.MemorySize) { HotAfter = int.MaxValue };
        _cpu = Pc.Cpu;
        HasServers = servers && BootedState.Exists(image.Limits);
        Multiboot.Load(Pc, image.ToElf(), "", [.. HasServers ? Booting.Servers(image) : []]);
        if (Run(BootBudget) is { } failure)
            throw new ImageException($"the image does not boot: {failure}");
        View = new View<Concrete>(image.Layout, this);
        (_pause, _idle) = (image.Symbols.GetValueOrDefault("map_step"), image.Symbols.GetValueOrDefault("idle_halt"));
        Booted = HasServers ? BootedState.AtUser(image.Layout) : Decode();
        _booted = new uint[(image.Layout.UserImages - Layout.KernelBase - Layout.ImageBase) / 4];
        Encode.Memory(image.Layout, Booted, (linear, value) => _booted[BootedIndex(linear)] = value);
        if (servers)
            Window.Open(Pc, image.Layout);
        if (HasServers)
            foreach (var frame in CodeFrames)
                CommonCode.Fill(Pc, frame * Layout.PageSize);
        Pc.Snapshot();
    }

    private State<Concrete> Decode()
    {
        var state = new State<Concrete>(Image.Limits, new ConcreteTables());
        foreach (var (info, column) in state.Columns)
        {
            var read = View.Reader(info);
            for (var row = 0u; row < State<Concrete>.Rows(info.Table, Image.Limits); row++)
                column[row] = read(row);
        }

        return state;
    }

    // Frames that programs map most often (<see cref="Fuzz.Pages"/>).
    private static readonly uint[] CodeFrames =
    [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        12,
        0x3FC,
        0x3FD,
        0x3FE,
        0x3FF,
        0x400,
        0x401,
        0x402,
        0x403,
        0x404,
        0x405,
        0x406,
        0x407,
    ];

    private static uint BootedIndex(uint linear) => (linear - Layout.KernelBase - Layout.ImageBase) / 4;

    /// <summary>
    /// The state after boot. With servers the spec computes this state; otherwise it is read from the machine.
    /// </summary>
    public State<Concrete> Booted { get; }

    /// <summary>Whether boot has started the project's own servers: <see cref="PlaceBooted"/>.</summary>
    public bool HasServers { get; }

    public KernelImage Image { get; }

    public Pc Pc { get; }

    public View<Concrete> View { get; }

    public uint Stage => _cpu.Halted ? Stages.Idle : Stages.User;

    public Concrete Eip => _cpu.Eip;

    public Concrete Eflags => _cpu.Eflags;

    public Concrete Cr3 => _cpu.Cr3;

    public Concrete Masks => Pc.Interrupts.Masks;

    // Every address space has the kernel's part at the same frames, so its memory is read below paging.
    public Concrete Load(Concrete linear) => Pc.Memory.Load(Layout.Physical(linear.Value), 4);

    public Concrete Register(int number) => _cpu.R[number];

    public Concrete Selector(int number) => _cpu.S[number].Selector;

    public (Concrete Base, Concrete Limit) Hidden(int number) => (_cpu.S[number].Base, _cpu.S[number].Limit);

    /// <summary>Whether the current thread runs in its task's small space.</summary>
    public bool InSmallSpace =>
        Stage == Stages.User
        && Load(Image.Layout.DataSegment.Base + Layout.DescriptorHigh.Offset).Value != UserSegments.FlatHigh;

    /// <summary>
    /// Returns to the state after boot. The next <see cref="Keep"/> saves the state of that time for
    /// <see cref="Return"/>.
    /// </summary>
    public void PlaceBooted()
    {
        if (_placed)
            Pc.LeaveInner();
        else
            Pc.Restore();
        _placed = false;
    }

    /// <summary>Saves the present state for <see cref="Return"/>.</summary>
    public void Keep()
    {
        Pc.SnapshotInner();
        _placed = true;
    }

    /// <summary>
    /// Writes a state into the tables and the processor, and saves it for <see cref="Return"/>. A cell whose value is
    /// the same as after boot keeps its encoding from boot.
    /// </summary>
    /// <param name="state">The state.</param>
    /// <param name="memory">Dwords whose values differ from the state.</param>
    /// <param name="changed">
    /// The cells of mappings that differ from those after boot (<see cref="Encode.Mappings"/>); null for all.
    /// </param>
    public void Place(
        State<Concrete> state,
        IReadOnlyList<Override>? memory = null,
        IEnumerable<(ColumnInfo Column, uint Row)>? changed = null
    )
    {
        PlaceBooted();
        void Write(uint linear, uint value)
        {
            if (_booted[BootedIndex(linear)] != value)
                Pc.Memory.Store(Layout.Physical(linear), 4, value);
        }

        Encode.Mappings(Image.Layout, state, changed, Write);
        Encode.Threads(Image.Layout, state, Write);
        foreach (var (address, value) in memory ?? [])
            Pc.Memory.Store(Layout.Physical(address), 4, value);
        var processor = Encode.Processor(Image.Layout, Image.Symbols, state);
        for (var i = 0; i < 8; i++)
            _cpu.R[i] = processor.Registers[i];
        _cpu.Eip = processor.Eip;
        _cpu.Eflags = processor.Eflags;
        _cpu.Cr3 = processor.Cr3;
        _cpu.Bus.PageDirectoryLoaded(processor.Cr3);
        _cpu.S[SegmentRegister.Cs] = SegmentOf(processor.CodeSegment);
        _cpu.S[SegmentRegister.Ss] = SegmentOf(processor.StackSegment);
        _cpu.S[SegmentRegister.Ds] = _cpu.S[SegmentRegister.Es] = SegmentOf(processor.DataSegments);
        _cpu.S[SegmentRegister.Fs] = _cpu.S[SegmentRegister.Gs] = SegmentOf(processor.FurtherSegments);
        _cpu.Cpl = (int)(processor.CodeSegment & 3);
        _cpu.Halted = state.Stage.Value == Stages.Idle;
        Pc.Interrupts.Write(0x21, (byte)processor.Masks);
        Pc.Interrupts.Write(0xA1, (byte)(processor.Masks >> 8));
        Keep();
    }

    /// <summary>Returns to the state placed last.</summary>
    public void Return() => Pc.Restore();

    /// <summary>Continues from a placed state of one of the kernel's own stages; null, or the error.</summary>
    /// <param name="steps">The number of steps that the spec makes.</param>
    public string? Settle(int steps) => Run(steps * (long)InstructionsPerStep);

    /// <summary>
    /// Runs an event as it arises on a PC, and then the kernel to the next user instruction or HLT; null, or the error.
    /// Either user code executes its instruction, or a line is raised at the controllers.
    /// </summary>
    /// <param name="e">The spec's event.</param>
    /// <param name="loaded">A segment register that user code has loaded.</param>
    /// <param name="arising">The effect of its instruction; null for a tick or an interrupt.</param>
    /// <param name="arrival">The arrival time of its <see cref="Event.Between"/>.</param>
    /// <param name="steps">
    /// At least the number of steps that the spec makes for it, including the kernel's own steps.
    /// </param>
    internal string? Perform(Event e, LoadedSegment? loaded, Arising? arising, Arrival arrival, int steps)
    {
        var budget = steps * (long)InstructionsPerStep;
        try
        {
            if (arising is not { } instruction)
            {
                if (e.Registers is { } registers && Stage == Stages.User)
                    Set(registers, loaded);
                if (!Request(e.Entry == Entry.Tick ? 0 : (int)e.Argument - 1))
                    return NoInterrupt;
            }
            else
            {
                Set(instruction.Start, loaded);
                if (e.Injected)
                    EnterGate(e);
                else
                    Pc.StepOnce();
                if (instruction.Event is null)
                    return _cpu.Cpl == 3 && !_cpu.Halted
                        ? null
                        : $"it gets into the kernel, at {Image.Name(_cpu.Eip.Value)}";
                if (_cpu.Cpl == 3)
                    return $"user code continues at {_cpu.Eip.Value:X8}h";
            }
        }
        catch (Exception stopped) when (IsMachineStop(stopped))
        {
            return stopped.Message;
        }

        return e.Between is { } between && arrival.Kind != ArrivalKind.None
            ? RunInterrupted(between, arrival, budget)
            : Run(budget);
    }

    /// <summary>
    /// Enters the kernel through an event's gate without an instruction, and runs it to the next user instruction or
    /// HLT; null, or the error. This is for measurements of the kernel alone.
    /// </summary>
    /// <inheritdoc cref="Perform"/>
    public string? Deliver(Event e, int steps = 10_000)
    {
        if (e.Registers is { } registers && Stage == Stages.User)
            Set(registers, e.Loaded);
        try
        {
            if (e.Entry is Entry.Tick or Entry.Interrupt)
            {
                if (!Request(e.Entry == Entry.Tick ? 0 : (int)e.Argument - 1))
                    return NoInterrupt;
            }
            else
                EnterGate(e);
        }
        catch (Exception stopped) when (IsMachineStop(stopped))
        {
            return stopped.Message;
        }

        return Run(steps * (long)InstructionsPerStep);
    }

    private const string NoInterrupt = "the interrupt does not come";

    private void EnterGate(Event e)
    {
        if (WaysIn.Call(e.Entry) is { } call)
            _cpu.SoftwareInterrupt((int)call.Vector);
        else if (e.Entry == Entry.Exception && FaultMessage.IsTrap((Concrete)e.Argument).Known)
            _cpu.Exception(new Fault((int)e.Argument));
        else
            _cpu.FaultOfInstruction(
                e.Entry switch
                {
                    Entry.PageFault => Fault.Page(
                        e.Code,
                        e.Argument + (InSmallSpace ? _cpu.S[SegmentRegister.Ss].Base : 0)
                    ),
                    Entry.Outgrow => new Fault((int)e.Argument, e.Code),
                    Entry.Protection => new Fault((int)FaultMessage.Protection, e.Code),
                    Entry.Exception => new Fault(
                        (int)e.Argument,
                        WaysIn.Of(e.Argument) is { PushesErrorCode: true } ? e.Code : null
                    ),
                    _ => throw new ArgumentException($"{e.Entry} does not come from outside", nameof(e)),
                }
            );
    }

    // An interrupt that is raised while the kernel works: between two steps on mappings, when interrupts are on, or
    // when the kernel has finished.
    private string? RunInterrupted(InterruptBetweenSteps between, Arrival arrival, long budget)
    {
        if (between.Steps == 0)
            Pc.Drive(between.Line, true);
        try
        {
            if (arrival.Kind == ArrivalKind.InWindow)
            {
                for (var made = 0u; made <= arrival.Window; made++)
                {
                    if (Run(budget, _pause) is { } failure)
                        return failure;
                    if (_cpu.Eip.Value != _pause || _cpu.Cpl != 0)
                        return $"the kernel makes {made} steps on mappings";
                }
            }
            else
            {
                // If the kernel was idle, it is idle with interrupts on before it halts again.
                var taken = Pc.InterruptsTaken;
                if (Run(budget) is { } failure)
                    return failure;
                if (
                    arrival.Kind == ArrivalKind.AtEnd
                    && Pc.InterruptsTaken == taken + 1
                    && Pc.InterruptedAt - _idle <= 1
                )
                    return null;
            }

            if (arrival.Kind == ArrivalKind.Masked)
                return Pc.TakeRequested() ? $"line {between.Line} interrupts, though it is masked" : null;
            if (!(IsMasked(between.Line) ? Request(between.Line) : RequestAgain(between.Line)))
                return arrival.Kind == ArrivalKind.InWindow ? "no interrupt is taken between two steps" : NoInterrupt;
        }
        finally
        {
            Pc.Drive(between.Line, false);
        }

        return Run(budget);
    }

    private bool IsMasked(int line) => (Pc.Interrupts.Masks >> line & 1) != 0;

    // A line that is high already, or rises now.
    private bool RequestAgain(int line)
    {
        Pc.Drive(line, true);
        return Pc.TakeRequested();
    }

    /// <summary>
    /// Raises a line until it is acknowledged; true if the processor takes the interrupt. A masked interrupt comes as a
    /// spurious interrupt: another line of the same controller rises, and falls too early.
    /// </summary>
    private bool Request(int line)
    {
        if (IsMasked(line))
        {
            var first = line & ~7;
            var other = Enumerable
                .Range(first, 8)
                .Where(candidate => candidate != Interrupts.Cascade && !IsMasked(candidate))
                .Append(-1)
                .First();
            if (other < 0)
                return false;
            Pc.Glitch(other);
            return Pc.TakeRequested();
        }

        Pc.Drive(line, true);
        var isTaken = Pc.TakeRequested();
        Pc.Drive(line, false);
        return isTaken;
    }

    /// <summary>
    /// Writes an instruction at the address where user code starts it. Returns false if a byte of it is in no writable
    /// page, or if the window holds bounds there.
    /// </summary>
    public bool PutInstruction(UserInstruction instruction, uint start, State<Concrete> state)
    {
        Span<uint> addresses = stackalloc uint[instruction.Length];
        var length = 0;
        for (; length < instruction.Length; length++)
        {
            if (CommonCode.HoldsBounds(start + (uint)length))
                return false;
            if (Physical(state, start + (uint)length) is not { } physical)
                break;
            if (physical - Layout.ImageBase < Layout.Physical(Image.Layout.UserImages) - Layout.ImageBase)
                return false;
            addresses[length] = physical;
        }

        // If the next page is absent, the instruction has only its first part, in this page.
        if (length == 0 || (length < instruction.Length && (start + (uint)length) % Layout.PageSize != 0))
            return false;
        for (var i = 0; i < length; i++)
            if (Pc.Memory.Load(addresses[i], 1) != instruction[i])
                Pc.Memory.Store(addresses[i], 1, instruction[i]);
        return true;
    }

    // The physical address of a byte in the current thread's space; null unless the byte is in memory of its task or in
    // the window.
    private static uint? Physical(State<Concrete> state, uint address)
    {
        if (Window.Contains(address))
            return Window.Physical(address);
        var page = address / Layout.PageSize;
        var node = page < state.Limits.Paging.UserPages ? state.NodeOf(state.Task(state.Current), page).Value : 0;
        return node == 0 ? null : state.Mappings.Frame[node].Value * Layout.PageSize + address % Layout.PageSize;
    }

    /// <summary>
    /// Reads or writes a page like user code. Returns false if that faults, except beyond a small space.
    /// </summary>
    public bool Uses(uint address, bool writes)
    {
        var stack = _cpu.S[SegmentRegister.Ss];
        if (address > stack.Limit.Value)
            return true;
        try
        {
            Pc.Mmu.Translate(stack.Base.Value + address, writes, user: true);
            return true;
        }
        catch (Fault)
        {
            return false;
        }
    }

    private string? Run(long budget, uint? pause = null)
    {
        try
        {
            return Pc.RunToUser(budget, pause) switch
            {
                StopReason.User or StopReason.Breakpoint => null,
                StopReason.Halted when _cpu.Eip == Image.Symbols["idle_halt"] + 1 && _cpu.InterruptsEnabled.Known =>
                    null,
                StopReason.Halted => $"HLT at {Image.Name(_cpu.Eip.Value - 1)}, which is not idle",
                StopReason.Budget =>
                    $"no user instruction within {budget:N0} instructions; now at {Image.Name(_cpu.Eip.Value)}",
                var other => $"the kernel stopped the machine: {other}",
            };
        }
        catch (Exception stopped) when (IsMachineStop(stopped))
        {
            return stopped.Message;
        }
    }

    private static bool IsMachineStop(Exception e) =>
        e is ShutdownException or UnimplementedInstruction or UnknownValueException or MachineException;

    private void Set(in Registers r, LoadedSegment? loaded)
    {
        _cpu.R[Cpu.Eax] = r.Eax;
        _cpu.R[Cpu.Ecx] = r.Ecx;
        _cpu.R[Cpu.Edx] = r.Edx;
        _cpu.R[Cpu.Ebx] = r.Ebx;
        _cpu.R[Cpu.Esp] = r.Esp;
        _cpu.R[Cpu.Ebp] = r.Ebp;
        _cpu.R[Cpu.Esi] = r.Esi;
        _cpu.R[Cpu.Edi] = r.Edi;
        _cpu.Eip = r.Eip;
        _cpu.Eflags = r.Eflags;

        // In a small space the flat segment cannot be loaded.
        if (loaded is var (register, selector) && !((selector & ~3u) == (Layout.FlatData & ~3u) && InSmallSpace))
            _cpu.S[register] = SegmentOf(selector);
    }

    private Segment<Concrete> SegmentOf(uint selector)
    {
        if (selector == 0)
            return Segment<Concrete>.Load(0, 0, 0, 0);
        var address = Image.Layout.Gdt + (selector & ~7u);
        var high = Load(address + 4);
        return Segment<Concrete>.Unpack(selector, Load(address), high, high.Value & Descriptor.Mask);
    }
}
