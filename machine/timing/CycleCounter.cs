using Iced.Intel;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Cpu = Verified.Machine.Processor.Register;
using Decoder = Iced.Intel.Decoder;
using Register = Iced.Intel.Register;

namespace Verified.Machine.Timing;

/// <summary>
/// Counts model cycles during a run of the PC, instruction by instruction. While a counter is attached, the run is slow
/// but otherwise the same. <see cref="Dispose"/> detaches it.
/// </summary>
public sealed class CycleCounter : IDisposable
{
    private const int LongestInstruction = 15;

    private readonly Pc _pc;
    private readonly Action<Pc>? _former;
    private readonly Pipeline _pipeline;
    private readonly byte[] _bytes = new byte[LongestInstruction];
    private readonly Timings _timings;
    private readonly Buffers? _buffers;
    private readonly DataAccesses _accesses;
    private (Instruction Instruction, int Ring, uint Ecx)? _running;
    private uint _fetchedAt;

    /// <param name="pc">The machine; an existing trace function stays active.</param>
    /// <param name="prediction">The branches that are predicted.</param>
    /// <param name="timed">Called for each executed instruction.</param>
    /// <param name="timings">The processor; by default the first Pentium.</param>
    /// <param name="buffers">Caches and translations, which the run updates; without them all accesses hit.</param>
    public CycleCounter(
        Pc pc,
        Prediction prediction = Prediction.Hot,
        Action<Timed>? timed = null,
        Timings? timings = null,
        Buffers? buffers = null
    )
    {
        (_pc, _former, Timed) = (pc, pc.Trace, timed);
        (_timings, _buffers, _accesses) = (timings ?? Timings.P5, buffers, new(pc));
        if (buffers is not null)
            buffers.Space = pc.Cpu.Cr3.Value;
        _pipeline = new(prediction, _timings, buffers);
        pc.Trace = _ =>
        {
            _former?.Invoke(pc);
            Begin();
        };
    }

    /// <summary>Called for each executed instruction.</summary>
    public Action<Timed>? Timed { get; set; }

    /// <summary>Cycles so far, without the present instruction.</summary>
    public long Cycles => _pipeline.Cycles;

    public long Instructions { get; private set; }

    /// <summary>Accounts for the last instruction, as the next instruction would do. Call it between runs.</summary>
    public void Finish()
    {
        if (_running is not { } last)
            return;
        _running = null;
        var cpu = _pc.Cpu;
        var i = last.Instruction;
        var goesOn = cpu.Eip.Value == i.NextIP32;
        var transfers = i.FlowControl is not (FlowControl.Next or FlowControl.Exception);
        var gate =
            i.Mnemonic
                is Mnemonic.Int
                    or Mnemonic.Int3
                    or Mnemonic.Into
                    or Mnemonic.Iret
                    or Mnemonic.Iretd
                    or Mnemonic.Retf
            || i.IsCallFar
            || i.IsCallFarIndirect
            || i.IsJmpFar
            || i.IsJmpFarIndirect;
        var continues = cpu.Eip.Value == i.IP32 && Repeats(i);

        // The instruction was interrupted or has faulted if execution continues at another address or in another ring
        // for no reason of its own.
        var interrupted = (!goesOn && !transfers && !continues) || (cpu.Cpl != last.Ring && !gate);
        var step = new Step(
            i,
            Taken: transfers && !goesOn,
            last.Ring,
            interrupted ? last.Ring : cpu.Cpl,
            Count(last),
            cpu.Eip.Value
        );
        var timed = _pipeline.Next(step, Waited(step));
        Instructions++;
        Timed?.Invoke(timed);
        if (interrupted)
            _pipeline.Wait(cpu.Cpl < last.Ring ? _timings.Interrupt : _timings.InterruptWithinRing);
    }

    /// <summary>
    /// The processor is about to enter a gate from ring 3 without an instruction of the run: an interrupt, or the given
    /// INT.
    /// </summary>
    public void Enter(Instruction? instruction = null)
    {
        Finish();
        if (instruction is not { } i)
        {
            _pipeline.Wait(_timings.Interrupt);
            return;
        }

        // It is accounted for at the place to which it has led.
        _fetchedAt = 0;
        _accesses.Begin(i);
        _running = (i, 3, _pc.Cpu.R[Cpu.Ecx].Value);
    }

    public void Dispose()
    {
        Finish();
        _pc.Trace = _former;
    }

    private void Begin()
    {
        Finish();
        var cpu = _pc.Cpu;
        ref var code = ref cpu.S[SegmentRegister.Cs];
        var linear = (code.Base + cpu.Eip).Value;
        var length = 0;
        for (; length < _bytes.Length && _pc.Mmu.Look(linear + (uint)length) is { } at; length++)
            _bytes[length] = (byte)_pc.Memory.Load(at, 1);
        var decoder = Decoder.Create(code.Big ? 32 : 16, new ByteArrayCodeReader(_bytes, 0, length), cpu.Eip.Value);
        decoder.Decode(out var instruction);
        _fetchedAt = linear;
        if (_buffers is not null)
            _accesses.Begin(instruction);
        _running = (instruction, cpu.Cpl, cpu.R[Cpu.Ecx].Value);
    }

    private int Waited(in Step step)
    {
        if (_buffers is null)
            return 0;
        var waited =
            _fetchedAt == 0
                ? 0
                : _buffers.Fetch(_fetchedAt, _pc.Mmu.Look(_fetchedAt) ?? _fetchedAt, step.Instruction.Length);
        foreach (var access in _accesses.End(step))
            waited += _buffers.Reach(access);
        if (step.Instruction.Mnemonic == Mnemonic.Mov && step.Instruction.Op0Register == Register.CR3)
            _buffers.EnterSpace(_pc.Cpu.Cr3.Value);
        return waited;
    }

    private uint Count((Instruction Instruction, int Ring, uint Ecx) last)
    {
        var i = last.Instruction;
        if (Repeats(i))
            return last.Ecx - _pc.Cpu.R[Cpu.Ecx].Value;
        return i.Mnemonic switch
        {
            Mnemonic.Bsf => Result(i) & 31,
            Mnemonic.Bsr => 31 - (Result(i) & 31),
            Mnemonic.Enter => (uint)i.Immediate8_2nd & 31,
            _ => 0,
        };
    }

    private uint Result(in Instruction i) => _pc.Cpu.R[i.Op0Register.GetFullRegister32() - Register.EAX].Value;

    private static bool Repeats(in Instruction i) => i.HasRepPrefix || i.HasRepePrefix || i.HasRepnePrefix;
}
