using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Proofs.Events;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Descriptor = Verified.Machine.Processor.Descriptor;

namespace Verified.Proofs.Diff;

/// <summary>
/// Runs an image on the machine from cut point to cut point. It writes a state into the image's tables, and delivers
/// entries to the processor as hardware would.
/// </summary>
public sealed partial class ImageMachine : IMachine<Concrete>
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
        HasWindow = servers;
        if (HasWindow)
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

    /// <summary>Whether every address space has the window of user code (<see cref="Window"/>).</summary>
    public bool HasWindow { get; }

    public KernelImage Image { get; }

    public Pc Pc { get; }

    public View<Concrete> View { get; }

    public uint Stage => _cpu.Halted ? Stages.Idle : ReachedStage;

    /// <summary>The stage of the cut point where the machine is, if it is not halted.</summary>
    internal uint ReachedStage { get; set; } = Stages.User;

    public bool InUserMode => _cpu.Cpl == 3;

    /// <summary>Whether the machine is at the cut point between two steps on mappings.</summary>
    internal bool IsInWindow => _cpu.Cpl == 0 && _cpu.Eip.Value == _pause;

    /// <summary>Whether the processor idles at an address: at HLT or behind it.</summary>
    internal bool IsIdleAt(uint address) => address - _idle <= 1;

    /// <summary>Called before an interrupt of an event's <see cref="Event.Between"/>; null in normal use.</summary>
    internal Action? Arriving { get; set; }

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
    public Failure? Settle(int steps) => Run(steps * (long)InstructionsPerStep);

    private Failure? Run(long budget, uint? pause = null)
    {
        try
        {
            return Pc.RunToUser(budget, pause) switch
            {
                StopReason.User or StopReason.Breakpoint => null,
                StopReason.Halted when _cpu.Eip == Image.Symbols["idle_halt"] + 1 && _cpu.InterruptsEnabled.Known =>
                    null,
                StopReason.Halted => new(
                    "the kernel halts although it is not idle",
                    $"HLT is at {Image.Name(_cpu.Eip.Value - 1)}"
                ),
                StopReason.Budget => new(
                    $"the kernel does not come to an end: no user instruction within {budget:N0} instructions",
                    Here
                ),
                var other => new($"the kernel stops the machine: {other}", Here),
            };
        }
        catch (Exception stopped) when (IsMachineStop(stopped))
        {
            return Of(stopped);
        }
    }

    private static bool IsMachineStop(Exception e) =>
        e is ShutdownException or UnimplementedInstruction or UnknownValueException or MachineException;

    private Segment<Concrete> SegmentOf(uint selector)
    {
        if (selector == 0)
            return Segment<Concrete>.Load(0, 0, 0, 0);
        var address = Image.Layout.Gdt + (selector & ~7u);
        var high = Load(address + 4);
        return Segment<Concrete>.Unpack(selector, Load(address), high, high.Value & Descriptor.Mask);
    }
}
