using Verified.Kernel;
using Verified.Machine;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;
using Cpu = Verified.Machine.Processor.Register;
using Descriptor = Verified.Machine.Processor.Descriptor;
using Registers = Verified.Proofs.Events.Registers;

namespace Verified.Proofs.Diff;

/// <summary>
/// An image on the machine, driven from cut point to cut point: a state is written into its tables, and entries are delivered to the
/// processor as hardware would.
/// </summary>
public sealed class ImageMachine : IMachine<Concrete>
{
    /// <summary>Of these, at most, from one step of the spec to the next; the longest path proved has some two hundred.</summary>
    private const int InstructionsPerStep = 1_000;

    private const int BootBudget = 10_000_000;

    private readonly Ia32<Concrete, PcBus> _cpu;
    private bool _placed;

    /// <summary>Boots the image to its first user instruction, or to idle if it has no user programs.</summary>
    /// <exception cref="ImageException">It does not get there.</exception>
    public ImageMachine(KernelImage image)
    {
        Image = image;
        // Entries are short: making code for them costs more than it saves in less than millions.
        Pc = new Pc { HotAfter = int.MaxValue };
        _cpu = Pc.Cpu;
        Multiboot.Load(Pc, image.ToElf());
        if (Run(BootBudget) is { } failure) throw new ImageException($"the image does not boot: {failure}");
        View = new View<Concrete>(image.Layout, this);
    }

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
    public bool InSmallSpace => Stage == Stages.User && Load(Image.Layout.DataSegment.Base + Layout.DescriptorHigh.Offset).Value != UserSegments.FlatHigh;

    /// <summary>Writes a state into the tables and the processor, and makes it what <see cref="Return"/> returns to.</summary>
    /// <param name="state">The state.</param>
    /// <param name="memory">Dwords that are other than the state has them.</param>
    /// <param name="changed">Of the mappings, what differs from the state placed before (<see cref="Encode.Mappings"/>); null for all.</param>
    public void Place(State<Concrete> state, IReadOnlyList<Override>? memory = null, IEnumerable<(ColumnInfo Column, uint Row)>? changed = null)
    {
        if (_placed) Pc.Restore();
        _placed = true;
        // Most is as the state before has it: what is not stored need not be logged.
        void Write(uint linear, uint value)
        {
            if (Load(linear) != value) Pc.Memory.Store(Layout.Physical(linear), 4, value);
        }

        Encode.Mappings(Image.Layout, state, changed, Write);
        Encode.Threads(Image.Layout, state, Write);
        foreach (var (address, value) in memory ?? []) Pc.Memory.Store(Layout.Physical(address), 4, value);
        var processor = Encode.Processor(Image.Layout, Image.Symbols, state);
        for (var i = 0; i < 8; i++) _cpu.R[i] = processor.Registers[i];
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
        Pc.Snapshot();
    }

    /// <summary>Returns to the state placed last.</summary>
    public void Return() => Pc.Restore();

    /// <summary>Goes on from a placed state of one of the kernel's own stages; null, or what went wrong.</summary>
    /// <param name="steps">How many steps the spec makes.</param>
    public string? Settle(int steps) => Run(steps * (long)InstructionsPerStep);

    /// <summary>
    /// Writes the instruction of a general-protection exception where the thread's EIP will be; false where nothing is mapped for it, so that no
    /// such exception can be.
    /// </summary>
    public bool PutInstruction(Event e, State<Concrete> state)
    {
        var registers = e.Registers ?? Registers.Of(state, state.Current.Value);
        var length = PortAccess<Concrete>.Of(e.Argument, registers.Edx).Length.Value;
        var addresses = Enumerable.Range(0, (int)PortAccess<Concrete>.Bytes).Select(i => Physical(state, registers.Eip + (uint)i)).ToArray();
        if (addresses.Take((int)length).Any(address => address is null)) return false;
        for (var i = 0; i < addresses.Length; i++)
            if (addresses[i] is { } address)
                Pc.Memory.Store(address, 1, e.Argument >> 8 * i & 0xFF);
        return true;
    }

    // Where the current thread finds the byte at a linear address, if it is memory of its task.
    private static uint? Physical(State<Concrete> state, uint linear)
    {
        var page = linear / Layout.PageSize;
        var node = page < state.Limits.Paging.UserPages ? state.NodeOf(state.Task(state.Current), page).Value : 0;
        return node == 0 ? null : state.Mappings.Frame[node].Value * Layout.PageSize + linear % Layout.PageSize;
    }

    /// <summary>
    /// The event, and the kernel to the next user instruction or HLT; null, or what went wrong. The interrupted thread's EIP is past its
    /// INT already, as the saved one is.
    /// </summary>
    /// <param name="e">The event.</param>
    /// <param name="steps">How many steps the spec makes of it, the kernel's own included, or more.</param>
    public string? Deliver(Event e, int steps = 10_000)
    {
        var budget = steps * (long)InstructionsPerStep;
        if (e.Registers is { } registers && Stage == Stages.User) Set(registers);
        try
        {
            switch (e.Entry)
            {
                case Entry.Ipc: _cpu.SoftwareInterrupt((int)Layout.IpcVector); break;
                case Entry.IdNearest: _cpu.SoftwareInterrupt((int)Layout.IdNearestVector); break;
                case Entry.FpageUnmap: _cpu.SoftwareInterrupt((int)Layout.FpageUnmapVector); break;
                case Entry.ThreadSwitch: _cpu.SoftwareInterrupt((int)Layout.ThreadSwitchVector); break;
                case Entry.ThreadSchedule: _cpu.SoftwareInterrupt((int)Layout.ThreadScheduleVector); break;
                case Entry.LthreadExRegs: _cpu.SoftwareInterrupt((int)Layout.LthreadExRegsVector); break;
                case Entry.TaskNew: _cpu.SoftwareInterrupt((int)Layout.TaskNewVector); break;
                case Entry.Tick or Entry.Interrupt when !Raise(e.Entry == Entry.Tick ? 0 : (int)e.Argument - 1): return NoInterrupt;
                case Entry.Tick or Entry.Interrupt: break;
                case Entry.PageFault: _cpu.FaultOfInstruction(Fault.Page(e.Code, e.Argument + (InSmallSpace ? _cpu.S[SegmentRegister.Ss].Base : 0))); break;
                case Entry.Outgrow: _cpu.FaultOfInstruction(new Fault((int)e.Argument, e.Code)); break;
                case Entry.Protection: _cpu.FaultOfInstruction(new Fault((int)FaultMessage.Protection, e.Code)); break;
                case Entry.Exception when FaultMessage.IsTrap((Concrete)e.Argument).Known: _cpu.Exception(new Fault((int)e.Argument)); break;
                case Entry.Exception: _cpu.FaultOfInstruction(new Fault((int)e.Argument, PushesCode((int)e.Argument) ? e.Code : null)); break;
                default: throw new ArgumentException($"{e.Entry} does not come from outside", nameof(e));
            }
        }
        catch (Fault fault)
        {
            return $"the entry itself faults: {fault.Message}";
        }
        catch (Exception stopped) when (IsMachineStop(stopped))
        {
            return stopped.Message;
        }

        return e.Between is { } between ? RunInterrupted(between, budget) : Run(budget);
    }

    private const string NoInterrupt = "the interrupt does not come";

    // Between two steps on mappings, where interrupts are on.
    private string? RunInterrupted(Between between, long budget)
    {
        var pause = Image.Symbols["map_step"];
        for (var made = 0u; made <= between.Steps; made++)
        {
            if (Run(budget, pause) is { } failure) return failure;
            if (_cpu.Cpl == 3 || _cpu.Halted) return null;
        }

        return Raise(between.Line) ? Run(budget) : NoInterrupt;
    }

    /// <summary>As user code does that reads a page, or writes it; false where that faults, but beyond a small space.</summary>
    public bool Uses(uint address, bool writes)
    {
        var stack = _cpu.S[SegmentRegister.Ss];
        if (address > stack.Limit.Value) return true;
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

    /// <summary>
    /// Raises a line, 0 for a tick, for as long as it takes to be acknowledged; whether it was, but for a masked one, which comes as a
    /// spurious interrupt does.
    /// </summary>
    private bool Raise(int line)
    {
        var pics = Pc.Interrupts;
        if ((pics.Masks >> line & 1) != 0)
        {
            _cpu.ExternalInterrupt((int)Layout.TickVector + line);
            return true;
        }

        pics.SetLine(line, true);
        if (!pics.IsPending) return false;
        _cpu.ExternalInterrupt(pics.Acknowledge());
        pics.SetLine(line, false);
        return true;
    }

    /// <summary>Whether the processor pushes an error code for an exception (SDM vol. 3, table 6-1).</summary>
    internal static bool PushesCode(int vector) => vector is 8 or 10 or 11 or 12 or 13 or 14 or 17;

    private string? Run(long budget, uint? pause = null)
    {
        try
        {
            return Pc.RunToUser(budget, pause) switch
            {
                StopReason.User or StopReason.Breakpoint => null,
                StopReason.Halted when _cpu.Eip == Image.Symbols["idle_halt"] + 1 && _cpu.InterruptsEnabled.Known => null,
                StopReason.Halted => $"HLT at {Image.Name(_cpu.Eip.Value - 1)}, which is not idle",
                StopReason.Budget => $"no user instruction within {budget:N0} instructions; now at {Image.Name(_cpu.Eip.Value)}",
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

    private void Set(in Registers r)
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

        // Seldom the user has loaded another selector somewhere.
        uint? other = (r.Eip / 4 % 16) switch { 13 => Layout.UserCode, 14 => Layout.UserData, 15 => 0, _ => null };
        if (other is { } selector) _cpu.S[DataSegments[r.Eip % 4]] = SegmentOf(selector);
    }

    private static readonly int[] DataSegments = [SegmentRegister.Ds, SegmentRegister.Es, SegmentRegister.Fs, SegmentRegister.Gs];

    private Segment<Concrete> SegmentOf(uint selector)
    {
        if (selector == 0) return Segment<Concrete>.Load(0, 0, 0, 0);
        var address = Image.Layout.Gdt + (selector & ~7u);
        var high = Load(address + 4);
        return Segment<Concrete>.Unpack(selector, Load(address), high, high.Value & Descriptor.Mask);
    }
}
