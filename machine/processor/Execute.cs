using System.Runtime.CompilerServices;

namespace Verified.Machine.Processor;

/// <summary>
/// Executes an instruction: one table, with one line for each instruction. It stays in one file, like the table of a
/// manual.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    // Not inlined: this method has a large frame, and the frame of Loop must stay small.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Execute(in Operation op)
    {
        int size = op.Size;
        switch (op.Op)
        {
            case Op.Mov:
                Write(op, Source(op));
                break;
            case Op.Lea:
                WriteRegister(op.TargetRegister, size, EffectiveAddress(op));
                break;
            case Op.Add:
                Modify(op, Add(ToModify(op), Source(op), size));
                break;
            case Op.Adc:
                Modify(op, AddWithCarry(ToModify(op), Source(op), size));
                break;
            case Op.Sub:
                Modify(op, Subtract(ToModify(op), Source(op), size));
                break;
            case Op.Sbb:
                Modify(op, SubtractWithBorrow(ToModify(op), Source(op), size));
                break;
            case Op.And:
                Modify(op, Logic(ToModify(op) & Source(op), size));
                break;
            case Op.Or:
                Modify(op, Logic(ToModify(op) | Source(op), size));
                break;
            case Op.Xor:
                Modify(op, Logic(ToModify(op) ^ Source(op), size));
                break;
            case Op.Cmp:
                Subtract(Target(op), Source(op), size);
                break;
            case Op.Test:
                Logic(Target(op) & Source(op), size);
                break;
            case Op.Inc:
                Modify(op, Increment(ToModify(op), size));
                break;
            case Op.Dec:
                Modify(op, Decrement(ToModify(op), size));
                break;
            case Op.Not:
                Modify(op, Complement(ToModify(op), size));
                break;
            case Op.Neg:
                Modify(op, Negate(ToModify(op), size));
                break;

            case Op.Shl:
                Modify(op, ShiftLeft(ToModify(op), ShiftCount(op), size));
                break;
            case Op.Shr:
                Modify(op, ShiftRight(ToModify(op), ShiftCount(op), size));
                break;
            case Op.Sar:
                Modify(op, ShiftRightSigned(ToModify(op), ShiftCount(op), size));
                break;
            case Op.Rol:
                Modify(op, RotateLeft(ToModify(op), ShiftCount(op), size));
                break;
            case Op.Ror:
                Modify(op, RotateRight(ToModify(op), ShiftCount(op), size));
                break;
            case Op.Rcl:
                Modify(op, RotateLeftThroughCarry(ToModify(op), ShiftCount(op), size));
                break;
            case Op.Rcr:
                Modify(op, RotateRightThroughCarry(ToModify(op), ShiftCount(op), size));
                break;

            case Op.Shld:
                Modify(op, ShiftLeftDouble(ToModify(op), Source(op), DoubleCount(op), size));
                break;
            case Op.Shrd:
                Modify(op, ShiftRightDouble(ToModify(op), Source(op), DoubleCount(op), size));
                break;

            case Op.Movzx:
                WriteRegister(op.TargetRegister, size, Source(op, op.SourceSize));
                break;
            case Op.Movsx:
                WriteRegister(
                    op.TargetRegister,
                    size,
                    Mask(SignExtend(Source(op, op.SourceSize), op.SourceSize), size)
                );
                break;
            case Op.Xchg:
                Exchange(op);
                break;
            case Op.Bswap:
                RequireModel(ProcessorModel.I486);
                WriteRegister(op.TargetRegister, size, SwapBytes(ReadRegister(op.TargetRegister, 4), size));
                break;
            case Op.Cbw:
                WriteRegister(Register.Eax, size, SignExtend(ReadRegister(Register.Eax, size / 2), size / 2));
                break;
            case Op.Cwd:
                WriteRegister(
                    Register.Edx,
                    size,
                    W.ShiftRightSigned(SignExtend(ReadRegister(Register.Eax, size), size), 31)
                );
                break;
            case Op.Xlat:
                WriteRegister(Register.Eax, 1, ReadMemory(op.Segment, TableOffset(op), 1));
                break;
            case Op.Lahf:
                WriteRegister(Register.Eax + 4, 1, Eflags);
                break;
            case Op.Sahf:
                StoreFlags(Eflags & ~(W)LowFlags | R[Register.Eax] >> 8 & LowFlags);
                break;
            case Op.Salc:
                WriteRegister(Register.Eax, 1, 0 - CarryIn());
                break;

            case Op.Mul:
                Multiply(Target(op), size);
                break;
            case Op.Imul:
                MultiplySigned(Target(op), size);
                break;
            case Op.ImulTwo:
                WriteRegister(
                    op.TargetRegister,
                    size,
                    MultiplySigned(ReadRegister(op.TargetRegister, size), Source(op), size)
                );
                break;
            case Op.ImulThree:
                WriteRegister(op.TargetRegister, size, MultiplySigned(Source(op), op.Immediate, size));
                break;
            case Op.Div:
                Divide(Target(op), size);
                break;
            case Op.Idiv:
                DivideSigned(Target(op), size);
                break;
            case Op.Aaa:
                AsciiAdjust(subtract: false);
                break;
            case Op.Aas:
                AsciiAdjust(subtract: true);
                break;
            case Op.Daa:
                DecimalAdjust(subtract: false);
                break;
            case Op.Das:
                DecimalAdjust(subtract: true);
                break;
            case Op.Aad:
                AsciiAdjustBeforeDivision(op.Immediate);
                break;
            case Op.Aam:
                AsciiAdjustAfterMultiply(op.Immediate);
                break;

            case Op.Bt:
                BitTest(op, BitChange.None);
                break;
            case Op.Bts:
                BitTest(op, BitChange.Set);
                break;
            case Op.Btr:
                BitTest(op, BitChange.Reset);
                break;
            case Op.Btc:
                BitTest(op, BitChange.Complement);
                break;
            case Op.Bsf:
                BitScan(op, reverse: false);
                break;
            case Op.Bsr:
                BitScan(op, reverse: true);
                break;
            case Op.Setcc:
                Write(op, Bit(Holds(op.Extra)));
                break;
            case Op.Cmpxchg:
                RequireModel(ProcessorModel.I486);
                CompareExchange(op);
                break;
            case Op.Cmpxchg8b:
                RequireModel(ProcessorModel.Pentium);
                CompareExchange8(op);
                break;
            case Op.Xadd:
                RequireModel(ProcessorModel.I486);
                ExchangeAdd(op);
                break;

            case Op.Push:
                Push(Target(op), size);
                break;
            case Op.Pop:
                PopOperand(op);
                break;
            case Op.Pusha:
                PushAll(size);
                break;
            case Op.Popa:
                PopAll(size);
                break;
            case Op.Pushf:
                PushFlags(size);
                break;
            case Op.Popf:
                PopFlags(size);
                break;
            case Op.Enter:
                Enter(op.Immediate, op.Extra & 31u, size);
                break;
            case Op.Leave:
                Leave(size);
                break;

            case Op.Jmp:
                JumpBy(op);
                break;
            case Op.JmpIndirect:
                Jump(Target(op), size);
                break;
            case Op.JmpFar:
                JumpFar(op);
                break;
            case Op.Jcc:
                if (Holds(op.Extra))
                    JumpBy(op);
                break;
            case Op.Call:
                Call(Eip + op.Immediate, size);
                break;
            case Op.CallIndirect:
                Call(Target(op), size);
                break;
            case Op.CallFar:
                CallFar(op);
                break;
            case Op.Ret:
                Return(op);
                break;

            case Op.RetFar:
                ReturnFar(op);
                break;
            case Op.Jcxz:
                if (Counter(op) == 0)
                    JumpBy(op);
                break;
            case Op.Loop:
                LoopWhile(op, true);
                break;
            case Op.Loope:
                LoopWhile(op, ZeroFlag());
                break;
            case Op.Loopne:
                LoopWhile(op, !ZeroFlag());
                break;

            case Op.Movs
            or Op.Cmps
            or Op.Stos
            or Op.Lods
            or Op.Scas
            or Op.Ins
            or Op.Outs:
                Repeat(op);
                break;

            case Op.Int:
                Interrupt(op);
                break;
            case Op.Into:
                if (OverflowFlag())
                    SoftwareInterrupt(Vectors.Overflow);
                break;
            case Op.Bound:
                CheckBounds(op);
                break;
            case Op.Iret:
                InterruptReturn(size);
                break;

            case Op.Clc:
                SetCarryOnly(0);
                break;
            case Op.Stc:
                SetCarryOnly(1);
                break;
            case Op.Cmc:
                SetCarryOnly(CarryIn() ^ 1);
                break;
            case Op.Cld:
                _system &= ~(W)Flag.Direction;
                break;
            case Op.Std:
                _system |= Flag.Direction;
                break;
            case Op.Cli:
                ClearInterruptFlag();
                break;
            case Op.Sti:
                SetInterruptFlag();
                break;
            case Op.Hlt:
                RequireKernel();
                Halted = true;
                break;
            case Op.Nop:
                break;

            case Op.MovSegment:
                MoveToSegment(op.TargetRegister, Source(op, 2));
                break;
            case Op.MovFromSegment:
                StoreSegment(op);
                break;
            case Op.PushSegment:
                PushSegment(op.TargetRegister, size);
                break;
            case Op.PopSegment:
                PopSegment(op);
                break;

            case Op.In:
                WriteRegister(Register.Eax, size, InPort(Port(op.Source, op.Immediate), size));
                break;
            case Op.Out:
                OutPort(Port(op.Target, op.Immediate), size, ReadRegister(Register.Eax, size));
                break;
            case Op.MovFromControl:
                RequireControl(op.SourceRegister);
                R[op.TargetRegister] = ReadControl(op.SourceRegister);
                break;
            case Op.MovToControl:
                RequireControl(op.TargetRegister);
                WriteControl(op.TargetRegister, R[op.SourceRegister]);
                break;
            case Op.Invlpg:
                RequireModel(ProcessorModel.I486);
                RequireKernel();
                Bus.Invalidate(S[op.Segment].Base + EffectiveAddress(op));
                break;
            case Op.Lgdt:
                LoadTable(op, out GdtBase, out GdtLimit);
                break;
            case Op.Lidt:
                LoadTable(op, out IdtBase, out IdtLimit);
                break;
            case Op.Ltr:
                RequireDescriptors();
                RequireKernel();
                LoadTaskRegister(Known(Target(op) & 0xFFFF, "a selector"));
                break;

            case Op.Lldt:
                RequireDescriptors();
                RequireKernel();
                LoadLocalTable(Known(Target(op) & 0xFFFF, "a selector"));
                break;
            case Op.Sgdt:
                StoreTable(op, GdtBase, GdtLimit);
                break;
            case Op.Sidt:
                StoreTable(op, IdtBase, IdtLimit);
                break;
            case Op.Sldt:
                RequireDescriptors();
                Write(op, LocalTable.Selector);
                break;
            case Op.Str:
                RequireDescriptors();
                Write(op, TaskRegister.Selector);
                break;
            case Op.Smsw:
                Write(op, Mask(Cr0, size));
                break;
            case Op.Lmsw:
                RequireKernel();
                LoadMachineStatus(Target(op));
                break;
            case Op.Clts:
                RequireKernel();
                Cr0 &= ~(W)ControlBit.TaskSwitched;
                break;
            case Op.Wbinvd:
                RequireModel(ProcessorModel.I486);
                RequireKernel();
                break;
            case Op.LoadFarPointer:
                LoadFarPointer(op);
                break;
            case Op.Lar:
                LoadAccessRights(op);
                break;
            case Op.Lsl:
                LoadSegmentLimit(op);
                break;
            case Op.Verr:
                SetZero(IsAccessible(op, write: false));
                break;
            case Op.Verw:
                SetZero(IsAccessible(op, write: true));
                break;
            case Op.Arpl:
                AdjustPrivilege(op);
                break;
            case Op.Cpuid:
                Identify();
                break;
            case Op.Rdtsc:
                RequireModel(ProcessorModel.Pentium);
                ReadTimeStamp();
                break;

            case Op.Rdpmc:
                ReadCounter();
                break;
            case Op.Rdmsr:
                ReadModelRegister();
                break;
            case Op.Wrmsr:
                WriteModelRegister();
                break;
            case Op.Sysenter:
                SystemEnter();
                break;
            case Op.Sysexit:
                SystemExit();
                break;
            case Op.Cmovcc:
                ConditionalMove(op);
                break;
            case Op.LongNop:
                RequireModel(ProcessorModel.PentiumII);
                break;
            case Op.Icebp:
                Deliver(Vectors.Debug, null);
                break;
            case Op.Umov:
                RequireOldModel();
                Write(op, Source(op));
                break;
            case Op.Fwait:
                WaitForCoprocessor();
                break;
            case Op.Coprocessor:
                Coprocessor(op);
                break;

            case Op.Invalid:
                throw Fault.UndefinedOpcode();
            default:
                throw Unimplemented(op.Op.ToString());
        }
    }
}
