using Verified.Machine.Chips;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Machine.Computer;

public enum StopReason
{
    /// <summary>The instruction budget is used up.</summary>
    Budget,

    /// <summary>HLT, and nothing can wake the processor.</summary>
    Halted,

    /// <summary>The guest wrote to isa-debug-exit; see <see cref="Pc.ExitStatus"/>.</summary>
    Exited,

    /// <summary>The processor is at a user instruction (only <see cref="Pc.RunToUser"/>).</summary>
    User,
}

/// <summary>
/// The IA-32 PC: one processor, RAM, two 8259, an 8254, a 16550 at COM1 and isa-debug-exit at F4h. Deterministic: its time is the
/// number of instructions executed, and waiting in HLT skips to the next timer edge.
/// </summary>
public sealed partial class Pc
{
    private readonly BlockCache _blocks;
    private readonly PicPair _pics = new();
    private readonly Pit _pit = new();
    private bool _interruptPending;
    private long _nextTimer = long.MaxValue;

    /// <param name="memorySize">Bytes of RAM.</param>
    public Pc(uint memorySize = 64 << 20)
    {
        Memory = new PhysicalMemory(memorySize);
        Mmu = new Mmu(Memory);
        _blocks = new BlockCache(Memory, Mmu);
        Cpu = new Ia32<Concrete, PcBus>(new PcBus(this));
        _blocks.Overwritten = () => Cpu.Interrupted = true;
    }

    public PhysicalMemory Memory { get; }

    public Mmu Mmu { get; }

    public Ia32<Concrete, PcBus> Cpu { get; }

    /// <summary>COM1.</summary>
    public Uart Serial { get; } = new();

    /// <summary>What QEMU's isa-debug-exit makes the exit status: the value written, times 2, plus 1.</summary>
    public int? ExitStatus { get; private set; }

    public long Instructions { get; private set; }

    /// <summary>Virtual time in instructions: those executed, and the time skipped in HLT.</summary>
    public long Time { get; private set; }

    /// <summary>Instructions per virtual second; it sets how often the timer ticks.</summary>
    public long ClockRate { get; init; } = 100_000_000;

    /// <summary>Called before every instruction, which makes execution slow; null in normal use.</summary>
    public Action<Pc>? Trace { get; set; }

    /// <summary>Runs at most <paramref name="budget"/> instructions.</summary>
    /// <exception cref="ShutdownException">Triple fault.</exception>
    /// <exception cref="UnimplementedInstruction">With address, bytes and disassembly.</exception>
    public StopReason Run(long budget)
    {
        var end = Instructions + budget;
        while (true)
        {
            if (ExitStatus is not null)
                return StopReason.Exited;
            if (Instructions >= end)
                return StopReason.Budget;
            if (Time >= _nextTimer)
                AdvanceTimer();
            if (_interruptPending && Cpu.InterruptsEnabled.Known && !Cpu.InterruptShadow)
                TakeInterrupt();
            if (Cpu.Halted)
            {
                if (!SkipToTimer())
                    return StopReason.Halted;
                continue;
            }
            RunBlock(Math.Min(end - Instructions, _nextTimer - Time));
        }
    }

    /// <summary>
    /// Runs until the processor is at a user instruction or executes HLT, with the timer stopped: one kernel entry. The interrupts that are
    /// pending are taken as always.
    /// </summary>
    public StopReason RunToUser(long budget)
    {
        var end = Instructions + budget;
        while (true)
        {
            if (ExitStatus is not null)
                return StopReason.Exited;
            if (Cpu.Halted)
                return StopReason.Halted;
            if (Cpu.Cpl == 3)
                return StopReason.User;
            if (Instructions >= end)
                return StopReason.Budget;
            if (_interruptPending && Cpu.InterruptsEnabled.Known && !Cpu.InterruptShadow)
                TakeInterrupt();
            RunBlock(end - Instructions);
        }
    }

    /// <summary>The 32-bit word at a linear address, read without any side effect; null where nothing is mapped.</summary>
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
    /// <exception cref="MachineException">Nothing is mapped there.</exception>
    public uint Peek(uint linear) => TryPeek(linear) ?? throw new MachineException($"no memory is mapped at {linear:X8}h");

    /// <summary>Writes a 32-bit word at a linear address, whatever the rights of its page.</summary>
    public void Poke(uint linear, uint value)
    {
        for (var i = 0; i < 4; i++)
        {
            var at = Mmu.Look(linear + (uint)i) ?? throw new MachineException($"no memory is mapped at {linear:X8}h");
            Memory.Store(at, 1, value >> 8 * i & 0xFF);
        }
    }

    private void RunBlock(long limit)
    {
        ref var code = ref Cpu.S[SegmentRegister.Cs];
        var block = code.FlatToRead ? _blocks.Find(Cpu.Eip, code.Big, Cpu.Cpl == 3) : null;
        block ??= Fetch();
        if (block is null)
            Count(1);
        else if (Cpu.InterruptShadow || Trace is not null || Cpu.SingleStep.Known || !code.FlatToRead)
            StepOne(block);
        else
            Count(Cpu.Run(block.Operations.AsSpan(0, (int)Math.Min(limit, block.Operations.Length))));
    }

    /// <summary>The block at CS:EIP, or null where the fetch faulted and the fault was delivered.</summary>
    private Block? Fetch()
    {
        ref var code = ref Cpu.S[SegmentRegister.Cs];
        try
        {
            if (!code.FlatToRead && Cpu.Eip.Value > code.Limit.Value)
                throw Fault.Protection(0);
            var block = _blocks.At(code.Base + Cpu.Eip, code.Big, Cpu.Cpl == 3);
            if (!code.FlatToRead && Cpu.Eip.Value + block.Operations[0].Length - 1 > code.Limit.Value)
                throw Fault.Protection(0);
            return block;
        }
        catch (Fault fault)
        {
            Cpu.Exception(fault);
            return null;
        }
    }

    private void StepOne(Block block)
    {
        Trace?.Invoke(this);
        var traps = Cpu.SingleStep.Known;
        Count(Cpu.Run(block.Operations.AsSpan(0, 1)));
        if (traps && Cpu.SingleStep.Known)
            Cpu.Exception(new Fault(Vectors.Debug));
    }

    private void Count(int instructions)
    {
        Instructions += instructions;
        Time += instructions;
    }

    private void TakeInterrupt()
    {
        var vector = _pics.Acknowledge();
        _interruptPending = _pics.IsPending;
        try
        {
            Cpu.ExternalInterrupt(vector);
        }
        catch (Fault fault)
        {
            Cpu.Exception(fault);
        }
    }

    /// <summary>Lets the time pass in HLT; false where no interrupt can come.</summary>
    private bool SkipToTimer()
    {
        if (!Cpu.InterruptsEnabled.Known || _nextTimer == long.MaxValue)
            return false;
        Time = Math.Max(Time, _nextTimer);
        AdvanceTimer();
        return _interruptPending;
    }

    private long TimerClock => (long)((Int128)Time * Pit.Frequency / ClockRate);

    private void AdvanceTimer()
    {
        if (_pit.Advance(TimerClock))
        {
            // The output is low for a moment before each edge.
            _pics.SetLine(0, false);
            _pics.SetLine(0, true);
        }
        ScheduleTimer();
        _interruptPending = _pics.IsPending;
    }

    private void ScheduleTimer()
    {
        var edge = _pit.NextEdge;
        _nextTimer = edge == long.MaxValue ? edge : (long)(((Int128)edge * ClockRate + Pit.Frequency - 1) / Pit.Frequency);
    }
}
