using Verified.Machine.Chips;
using Verified.Machine.Compiler;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Machine.Computer;

/// <summary>
/// The IA-32 PC: one processor, RAM, perhaps a ROM, and chips. The chips are two 8259, an 8254, a clock, a keyboard
/// controller, a 16550 at COM1 and COM2, a printer, and the consoles of testers. The machine is deterministic: its time
/// is the number of executed instructions, and waiting in HLT skips to the next event.
/// </summary>
public sealed partial class Pc : IPorts
{
    private readonly BlockCache _blocks;
    private readonly PicPair _pics = new();
    private readonly Pit _pit = new();
    private readonly Rtc _clock;
    private readonly KeyboardController _keyboard;
    private readonly HostBridge? _bridge;
    private bool _interruptPending,
        _nonMaskablePending;
    private long _nextEvent = long.MaxValue;
    private StopReason? _stop;

    /// <param name="memorySize">Bytes of RAM.</param>
    /// <param name="rom">
    /// A ROM at the end of the address space. The processor starts at its reset address in the ROM. Without a ROM, it
    /// starts in flat protected mode. With a ROM there is a chipset that can replace the ROM's copy below 1 MB by RAM.
    /// </param>
    /// <param name="taggedTlb">
    /// Whether each TLB entry belongs to an address space: <see cref="Mmu.IsTagged"/>.
    /// </param>
    public Pc(uint memorySize = 64 << 20, ReadOnlySpan<byte> rom = default, bool taggedTlb = false)
    {
        Memory = new PhysicalMemory(memorySize, rom);
        Mmu = new Mmu(Memory) { AccessSeen = NoteAccess, IsTagged = taggedTlb };
        _clock = new Rtc(memorySize);
        _blocks = new BlockCache(Memory, Mmu);
        Cpu = new Ia32<Concrete, PcBus>(new PcBus(Mmu, this));
        _blocks.Overwritten = () => Cpu.Interrupted = true;
        if (rom.Length > 0)
        {
            _bridge = new HostBridge(Memory.LowRomStart) { ShadowChanged = UpdateShadow };
            UpdateShadow();
        }
        _keyboard = new(tested: !HasRom) { Reset = RequestReset, AddressGate = open => Mmu.AddressLine20 = open };
        WireDevices();
        if (HasRom)
            Cpu.Reset();
    }

    private bool HasRom => _bridge is not null;

    public PhysicalMemory Memory { get; }

    public Mmu Mmu { get; }

    public Ia32<Concrete, PcBus> Cpu { get; }

    /// <summary>The interrupt controllers.</summary>
    public PicPair Interrupts => _pics;

    /// <summary>COM1.</summary>
    public Uart Serial { get; } = new();

    /// <summary>The exit status that QEMU's isa-debug-exit returns: the written value times 2, plus 1.</summary>
    public int? ExitStatus { get; private set; }

    /// <summary>The number of interrupts that the processor has taken from the controllers.</summary>
    public long InterruptsTaken { get; private set; }

    /// The value of EIP when the processor took the last interrupt.
    public uint InterruptedAt { get; private set; }

    public long Instructions { get; private set; }

    /// <summary>Virtual time in instructions: those executed, and the time skipped in HLT.</summary>
    public long Time { get; private set; }

    /// <summary>Instructions in a virtual second. It determines how often the timer ticks.</summary>
    public long ClockRate { get; init; } = 100_000_000;

    /// <summary>The value of the time-stamp counter, if it counts something other than instructions.</summary>
    public Func<long>? TimeStamp { get; set; }

    /// <summary>Called before every instruction; null in normal use, because it makes execution slow.</summary>
    public Action<Pc>? Trace { get; set; }

    /// <summary>Runs at most <paramref name="budget"/> instructions.</summary>
    /// <exception cref="ShutdownException">A triple fault.</exception>
    /// <exception cref="UnimplementedInstruction">With the address, bytes and disassembly.</exception>
    public StopReason Run(long budget)
    {
        PassBreakpoint();
        try
        {
            return RunTo(Instructions + budget);
        }
        catch (Exception) when (RememberCrash())
        {
            throw;
        }
    }

    private StopReason RunTo(long end)
    {
        while (true)
        {
            if (_stop is { } reason && !TryRestart(reason))
                return reason;
            if (Instructions >= end)
                return StopReason.Budget;
            if (Time >= _nextEvent)
                AdvanceDevices();
            if (_nonMaskablePending && !Cpu.InNonMaskable)
                TakeNonMaskable();
            if (_interruptPending && Cpu.InterruptsEnabled.Known && !Cpu.InterruptShadow)
                TakeInterrupt();
            if (Cpu.Halted)
            {
                if (!SkipToEvent())
                    return StopReason.Halted;
                continue;
            }
            RunBlock(Math.Min(end - Instructions, _nextEvent - Time));
        }
    }

    /// <summary>
    /// Runs until the processor is at a user instruction or executes HLT, with the timer stopped: one kernel entry.
    /// Pending interrupts are taken as usual.
    /// </summary>
    /// <param name="budget">The largest number of instructions.</param>
    /// <param name="pause">
    /// An earlier place to stop, though not at once: the start of a block of code that runs with interrupts on.
    /// </param>
    public StopReason RunToUser(long budget, uint? pause = null)
    {
        var (begin, end) = (Instructions, Instructions + budget);
        while (true)
        {
            if (_stop is { } reason)
                return reason;
            if (Cpu.Eip.Value == pause && Instructions != begin)
                return StopReason.Breakpoint;
            if (Cpu.Halted)
                return StopReason.Halted;
            if (Cpu.Cpl == 3)
                return StopReason.User;
            if (Instructions >= end)
                return StopReason.Budget;
            if (_interruptPending && Cpu.InterruptsEnabled.Known && !Cpu.InterruptShadow)
                TakeInterrupt();
            RunBlock(end - Instructions, pause);
        }
    }

    /// <summary>
    /// The 32-bit word at a linear address, read without side effects; null if no page is mapped there.
    /// </summary>
    public uint? TryPeek(uint linear)
    {
        if ((linear & 3) == 0)
            return Mmu.Look(linear) is { } physical ? Memory.Load(physical, 4) : null;
        uint value = 0;
        for (var i = 0; i < 4; i++)
        {
            if (Mmu.Look(linear + (uint)i) is not { } at)
                return null;
            value |= Memory.Load(at, 1) << 8 * i;
        }
        return value;
    }

    /// <inheritdoc cref="TryPeek"/>
    /// <exception cref="MachineException">No page is mapped there.</exception>
    public uint Peek(uint linear) =>
        TryPeek(linear) ?? throw new MachineException($"no memory is mapped at {linear:X8}h");

    /// <summary>Writes a 32-bit word at a linear address, regardless of the page's rights.</summary>
    public void Poke(uint linear, uint value)
    {
        for (var i = 0; i < 4; i++)
        {
            var at = Mmu.Look(linear + (uint)i) ?? throw new MachineException($"no memory is mapped at {linear:X8}h");
            Memory.Store(at, 1, value >> 8 * i & 0xFF);
        }
    }

    /// <param name="limit">The largest number of instructions.</param>
    /// <param name="pause">The value of EIP before which to end; null for none.</param>
    private void RunBlock(long limit, uint? pause = null)
    {
        ref var code = ref Cpu.S[SegmentRegister.Cs];
        var linear = (code.Base + Cpu.Eip).Value;
        var block = _blocks.Find(linear, code.Big, Cpu.Cpl == 3, _runningBlock) ?? Fetch();
        if (block is null)
            Count(1);
        else if (
            Cpu.StepsAlone
            || Trace is not null
            || Cpu.StepsSingly.Known
            || !Fits(code, block)
            || Cpu.HeldTrap is not null
        )
            StepOne(block, linear);
        else
        {
            // Interrupts may be taken after the one instruction in the shadow of STI or MOV SS.
            if (Cpu.InterruptShadow)
                limit = 1;
            else if (Compiled(block) is { } compiled && RunCompiled(block, compiled, limit))
                return;
            Interpret(block, linear, limit, pause);
        }
    }

    // Plain blocks follow each other at once, because nothing that the callers look at changes between them.
    private void Interpret(Block block, uint linear, long limit, uint? pause)
    {
        ref var code = ref Cpu.S[SegmentRegister.Cs];
        Cpu.Entered = false;
        while (true)
        {
            BeginRun(block, linear);
            var begun = Cpu.Run(block.Operations.AsSpan(0, (int)Math.Min(limit, block.Operations.Length)));
            Count(begun);
            Remember(block, linear, begun);
            limit -= begun;
            if (!block.IsPlain || Cpu.Entered || Cpu.Interrupted || limit <= 0 || Cpu.Eip.Value == pause)
                return;
            linear = (code.Base + Cpu.Eip).Value;
            if (
                _blocks.Find(linear, code.Big, Cpu.Cpl == 3, block) is not { } next
                || !Fits(code, next)
                || Compiled(next) is not null
            )
                return;
            block = next;
        }
    }

    /// <summary>Whether the whole block is within the limit of its segment.</summary>
    private bool Fits(in Segment<Concrete> code, Block block) =>
        code.FlatToRead || (ulong)Cpu.Eip.Value + (block.End - block.Physical) - 1 <= code.Limit.Value;

    /// <summary>The block at CS:EIP; null if the fetch faulted and the fault was delivered.</summary>
    private Block? Fetch()
    {
        ref var code = ref Cpu.S[SegmentRegister.Cs];
        var (linear, isUser) = (code.Base + Cpu.Eip, Cpu.Cpl == 3);
        if (Cpu.Eip.Value > code.Limit.Value)
            Cpu.FaultOfInstruction(Fault.Protection(0));
        else if (Mmu.FaultOfFetch(linear, isUser) is { } absent)
            Cpu.FaultOfInstruction(absent);
        else
            return FetchPresent(code, linear, isUser);
        return null;
    }

    // The first byte is present, but the instruction may continue in an absent page.
    private Block? FetchPresent(in Segment<Concrete> code, uint linear, bool isUser)
    {
        try
        {
            return _blocks.At(linear, code.Big, isUser);
        }
        catch (Fault fault)
        {
            // The segment limit is checked before the page of an instruction's later bytes (SDM vol. 3, 5.3).
            var isBeyond =
                fault.Vector == Vectors.PageFault
                && fault.Address is { } address
                && (address - code.Base).Value > code.Limit.Value;
            Cpu.FaultOfInstruction(isBeyond ? Fault.Protection(0) : fault);
            return null;
        }
    }

    private void Count(int instructions)
    {
        Instructions += instructions;
        Time += instructions;
    }

    ulong IPorts.TimeStamp => (ulong)(TimeStamp?.Invoke() ?? Now);

    /// <summary>The time of a port access. <see cref="Time"/> is updated only after each block.</summary>
    private long Now => Time + Cpu.Begun;

    private void UpdateShadow()
    {
        for (var piece = 0; piece < HostBridge.Pieces; piece++)
        {
            var (reads, writes) = _bridge!.Shadow(piece);
            Memory.Shadow(piece, reads, writes);
        }
        Mmu.Flush();
    }

    private void RequestReset() => _stop = StopReason.Reset;

    /// <summary>After a reset, a machine with ROM continues there. RAM and chips do not change.</summary>
    private bool TryRestart(StopReason reason)
    {
        if (reason != StopReason.Reset || !HasRom)
            return false;
        _stop = null;
        Cpu.Reset();
        return true;
    }
}
