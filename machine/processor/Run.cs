using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Verified.Machine.Processor;

/// <summary>
/// Executes decoded operations. The most frequent 32-bit register forms are here, with the same rules as in
/// <see cref="Execute"/>. So the loop stays small enough for the JIT compiler to keep it in registers.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    /// <summary>
    /// Set to end <see cref="Run"/> after the present operation, for example by a store into decoded code.
    /// </summary>
    public bool Interrupted;

    // The start of the present operation, and the number of operations that Loop has begun. A fault returns to this
    // state.
    private W _start;
    private int _begun;

    /// <summary>
    /// The number of operations that the present <see cref="Run"/> has begun, including the present one.
    /// </summary>
    public int Begun => _begun;

    /// <summary>
    /// Executes one decoded operation at EIP. A fault leaves every register unchanged and EIP at the instruction. It is
    /// thrown, and the caller must deliver it (<see cref="Exception"/>).
    /// </summary>
    public void Step(in Operation op)
    {
        try
        {
            Loop(new ReadOnlySpan<Operation>(in op));
        }
        catch (Fault) when (ReturnsToStart())
        {
            // To catch the fault and throw it again would take twice the time.
            throw;
        }
    }

    private bool ReturnsToStart()
    {
        Eip = _start;
        return false;
    }

    /// <summary>
    /// Executes consecutive operations. It ends early if an operation faults (the fault is delivered), if
    /// <see cref="Interrupted"/> is set, or if a conditional branch is taken. Only the last operation may transfer
    /// control in another way.
    /// </summary>
    /// <returns>The number of operations begun.</returns>
    public int Run(ReadOnlySpan<Operation> block)
    {
        try
        {
            Loop(block);
        }
        catch (Fault fault)
        {
            Eip = _start;
            FaultOfInstruction(fault);
        }
        return _begun;
    }

    /// <summary>
    /// Delivers the fault of an instruction, or of an interrupt entry before one. RF is set in the pushed flags, so
    /// that an instruction breakpoint does not stop the instruction again (SDM vol. 3, 17.3.1.1).
    /// </summary>
    public void FaultOfInstruction(Fault fault)
    {
        _pushedResume = fault.Vector == Vectors.Debug ? 0 : Flag.Resume;
        try
        {
            Exception(fault);
        }
        finally
        {
            _pushedResume = 0;
        }
    }

    private void Loop(ReadOnlySpan<Operation> block)
    {
        InterruptShadow = false;
        Interrupted = false;
        ref var first = ref MemoryMarshal.GetReference(block);
        for (var i = 0; i < block.Length; )
        {
            ref var op = ref Unsafe.Add(ref first, i);
            _begun = ++i;
            _start = Eip;
            Eip += op.Length;
            switch (op.Op)
            {
                case Op.MovQuick:
                    R[op.TargetRegister] = Value(op);
                    break;
                case Op.MovLoad:
                    R[op.TargetRegister] = Load(op);
                    break;
                case Op.MovStore:
                    Store(op, Value(op));
                    break;
                case Op.LeaQuick:
                    R[op.TargetRegister] = EffectiveAddress(op);
                    break;
                case Op.AddQuick:
                    R[op.TargetRegister] = Add(R[op.TargetRegister], Value(op), 4);
                    break;
                case Op.SubQuick:
                    R[op.TargetRegister] = Subtract(R[op.TargetRegister], Value(op), 4);
                    break;
                case Op.AndQuick:
                    R[op.TargetRegister] = Logic(R[op.TargetRegister] & Value(op), 4);
                    break;
                case Op.OrQuick:
                    R[op.TargetRegister] = Logic(R[op.TargetRegister] | Value(op), 4);
                    break;
                case Op.XorQuick:
                    R[op.TargetRegister] = Logic(R[op.TargetRegister] ^ Value(op), 4);
                    break;
                case Op.CmpQuick:
                    Subtract(R[op.TargetRegister], Value(op), 4);
                    break;
                case Op.TestQuick:
                    Logic(R[op.TargetRegister] & Value(op), 4);
                    break;
                case Op.AdcQuick:
                    R[op.TargetRegister] = AddWithCarry(R[op.TargetRegister], Value(op), 4);
                    break;
                case Op.AddLoad:
                    R[op.TargetRegister] = Add(R[op.TargetRegister], Load(op), 4);
                    break;
                case Op.SubLoad:
                    R[op.TargetRegister] = Subtract(R[op.TargetRegister], Load(op), 4);
                    break;
                case Op.CmpLoad:
                    Subtract(R[op.TargetRegister], Load(op), 4);
                    break;
                case Op.CmpMemory:
                    Subtract(Load(op), Value(op), 4);
                    break;
                case Op.IncQuick:
                    R[op.TargetRegister] = Increment(R[op.TargetRegister], 4);
                    break;
                case Op.DecQuick:
                    R[op.TargetRegister] = Decrement(R[op.TargetRegister], 4);
                    break;
                case Op.ShlQuick:
                    R[op.TargetRegister] = ShiftLeft(R[op.TargetRegister], op.Immediate, 4);
                    break;
                case Op.ShrQuick:
                    R[op.TargetRegister] = ShiftRight(R[op.TargetRegister], op.Immediate, 4);
                    break;
                case Op.PushQuick:
                    Push(Value(op), 4);
                    break;
                case Op.PopQuick:
                    R[op.TargetRegister] = Pop(4);
                    break;
                case Op.Jmp:
                    JumpBy(op);
                    break;
                case Op.Jcc:
                    if (!Holds(op.Extra))
                        break;
                    JumpBy(op);
                    return;
                case Op.Call:
                    Call(Eip + op.Immediate, op.Size);
                    break;
                case Op.Ret:
                    Return(op);
                    break;
                default:
                    Execute(op);
                    break;
            }
            if (Interrupted)
                return;
        }
    }

    /// <summary>A 32-bit register or immediate operand. The decoder leaves the unused one of the two at 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W Value(in Operation op) => R[op.SourceRegister] + op.Immediate;

    // Memory accesses are separate calls: each one inlines its whole path down to the TLB, and Loop has room for that
    // only once.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private W Load(in Operation op) => ReadMemory(op.Segment, EffectiveAddress(op), 4);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Store(in Operation op, W value) => WriteMemory(op.Segment, EffectiveAddress(op), 4, value);
}
