namespace Verified.Machine.Processor;

/// <summary>The instructions, one line each.</summary>
public sealed partial class Ia32<W, TBus>
{
    /// <summary>
    /// Executes one decoded operation at EIP. A fault leaves every register as it was and EIP at the instruction, and is thrown
    /// for the caller to deliver (<see cref="Exception"/>).
    /// </summary>
    public void Step(in Operation op)
    {
        var start = Eip;
        try
        {
            Execute(op);
        }
        catch (Fault)
        {
            Eip = start;
            throw;
        }
    }

    private void Execute(in Operation op)
    {
        InterruptShadow = false;
        Eip += op.Length;
        int size = op.Size;
        switch (op.Op)
        {
            case Op.Mov: Write(op, Source(op)); break;
            case Op.Lea: WriteRegister(op.TargetRegister, size, EffectiveAddress(op)); break;
            case Op.Add: Modify(op, Add(ToModify(op), Source(op), size)); break;
            case Op.Adc: Modify(op, AddWithCarry(ToModify(op), Source(op), size)); break;
            case Op.Sub: Modify(op, Subtract(ToModify(op), Source(op), size)); break;
            case Op.Sbb: Modify(op, SubtractWithBorrow(ToModify(op), Source(op), size)); break;
            case Op.And: Modify(op, Logic(ToModify(op) & Source(op), size)); break;
            case Op.Or: Modify(op, Logic(ToModify(op) | Source(op), size)); break;
            case Op.Xor: Modify(op, Logic(ToModify(op) ^ Source(op), size)); break;
            case Op.Cmp: Subtract(Target(op), Source(op), size); break;
            case Op.Test: Logic(Target(op) & Source(op), size); break;
            case Op.Inc: Modify(op, Increment(ToModify(op), size)); break;
            case Op.Dec: Modify(op, Decrement(ToModify(op), size)); break;
            case Op.Not: Modify(op, Complement(ToModify(op), size)); break;
            case Op.Neg: Modify(op, Negate(ToModify(op), size)); break;

            case Op.Shl: Modify(op, ShiftLeft(ToModify(op), ShiftCount(op), size)); break;
            case Op.Shr: Modify(op, ShiftRight(ToModify(op), ShiftCount(op), size)); break;
            case Op.Sar: Modify(op, ShiftRightSigned(ToModify(op), ShiftCount(op), size)); break;
            case Op.Rol: Modify(op, RotateLeft(ToModify(op), ShiftCount(op), size)); break;
            case Op.Ror: Modify(op, RotateRight(ToModify(op), ShiftCount(op), size)); break;
            case Op.Rcl: Modify(op, RotateLeftThroughCarry(ToModify(op), ShiftCount(op), size)); break;
            case Op.Rcr: Modify(op, RotateRightThroughCarry(ToModify(op), ShiftCount(op), size)); break;

            case Op.Push: Push(Target(op), size); break;
            case Op.Pop: PopOperand(op); break;
            case Op.Pusha: PushAll(size); break;
            case Op.Popa: PopAll(size); break;
            case Op.Pushf: PushFlags(size); break;
            case Op.Popf: PopFlags(size); break;
            case Op.Enter: Enter(op.Immediate, op.Extra & 31u, size); break;
            case Op.Leave: Leave(size); break;

            case Op.Jmp: JumpBy(op); break;
            case Op.JmpIndirect: Jump(Target(op), size); break;
            case Op.JmpFar: JumpFar(op.Extra, op.Immediate); break;
            case Op.Jcc: if (Holds(op.Extra)) JumpBy(op); break;
            case Op.Call: Call(Eip + op.Immediate, size); break;
            case Op.CallIndirect: Call(Target(op), size); break;
            case Op.CallFar: CallFar(op.Extra, op.Immediate, size); break;
            case Op.Ret: Return(op); break;

            case Op.Int: SoftwareInterrupt((int)op.Immediate); break;
            case Op.Iret: InterruptReturn(size); break;

            case Op.Clc: Eflags &= ~(W)Flag.Carry; break;
            case Op.Stc: Eflags |= Flag.Carry; break;
            case Op.Cmc: Eflags ^= Flag.Carry; break;
            case Op.Cld: _system &= ~(W)Flag.Direction; break;
            case Op.Std: _system |= Flag.Direction; break;
            case Op.Cli: ClearInterruptFlag(); break;
            case Op.Sti: SetInterruptFlag(); break;
            case Op.Hlt: RequireKernel(); Halted = true; break;
            case Op.Nop: break;

            case Op.MovSegment: LoadSegment(op.TargetRegister, Source(op, 2)); InterruptShadow = op.TargetRegister == SegmentRegister.Ss; break;
            case Op.MovFromSegment: StoreSegment(op); break;
            case Op.PushSegment: Push(S[op.TargetRegister].Selector, size); break;
            case Op.PopSegment: LoadSegment(op.TargetRegister, Peek(0, size)); SetStackPointer(R[Register.Esp] + op.Size); InterruptShadow = op.TargetRegister == SegmentRegister.Ss; break;

            case Op.In: WriteRegister(Register.Eax, size, InPort(Source(op, 2) & 0xFFFF, size)); break;
            case Op.Out: OutPort(Target(op), size, ReadRegister(Register.Eax, size)); break;
            case Op.MovFromControl: RequireKernel(); R[op.TargetRegister] = ReadControl(op.SourceRegister); break;
            case Op.MovToControl: RequireKernel(); WriteControl(op.TargetRegister, R[op.SourceRegister]); break;
            case Op.Invlpg: RequireKernel(); Bus.Invalidate(S[op.Segment].Base + EffectiveAddress(op)); break;
            case Op.Lgdt: LoadTable(op, out GdtBase, out GdtLimit); break;
            case Op.Lidt: LoadTable(op, out IdtBase, out IdtLimit); break;
            case Op.Ltr: LoadTaskRegister(Known(Target(op) & 0xFFFF, "a selector")); break;

            case Op.Invalid: throw Fault.UndefinedOpcode();
            default: throw Unimplemented(op.Op.ToString());
        }
    }

    private void StoreSegment(in Operation op)
    {
        // To memory 16 bits are written whatever the operand size; to a register they are zero-extended.
        if (op.Target == OperandKind.Memory)
            WriteMemory(op.Segment, EffectiveAddress(op), 2, S[op.SourceRegister].Selector);
        else
            Write(op, S[op.SourceRegister].Selector);
    }
}
