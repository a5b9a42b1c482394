using Iced.Intel;

namespace Verified.Machine.Processor;

/// <summary>The table from Iced's mnemonics to operations, with the properties that the encoding implies.</summary>
internal static partial class Mnemonics
{
    /// <summary>The operand size, in bytes, of instructions without a general register or memory operand.</summary>
    public static int ImpliedSize(in Instruction i) =>
        i.Mnemonic switch
        {
            Mnemonic.Cbw
            or Mnemonic.Cwd
            or Mnemonic.Pusha
            or Mnemonic.Popa
            or Mnemonic.Pushf
            or Mnemonic.Popf
            or Mnemonic.Iret => 2,
            Mnemonic.Movsb
            or Mnemonic.Cmpsb
            or Mnemonic.Stosb
            or Mnemonic.Lodsb
            or Mnemonic.Scasb
            or Mnemonic.Insb
            or Mnemonic.Outsb => 1,
            Mnemonic.Movsw
            or Mnemonic.Cmpsw
            or Mnemonic.Stosw
            or Mnemonic.Lodsw
            or Mnemonic.Scasw
            or Mnemonic.Insw
            or Mnemonic.Outsw => 2,
            _ => i.OpCount > 0 && i.Op0Kind is OpKind.NearBranch16 or OpKind.FarBranch16 || IsNarrow(i.Code) ? 2 : 4,
        };

    // The opcodes without operands that distinguish 16 from 32 bits. Iced has a code for each.
    private static bool IsNarrow(Code code) =>
        code
            is Code.Retnw
                or Code.Retnw_imm16
                or Code.Retfw
                or Code.Retfw_imm16
                or Code.Enterw_imm16_imm8
                or Code.Leavew
                or Code.Pushw_imm8
                or Code.Push_imm16
                or Code.Pushw_ES
                or Code.Pushw_CS
                or Code.Pushw_SS
                or Code.Pushw_DS
                or Code.Pushw_FS
                or Code.Pushw_GS
                or Code.Popw_ES
                or Code.Popw_SS
                or Code.Popw_DS
                or Code.Popw_FS
                or Code.Popw_GS
                or Code.Lgdt_m1632_16
                or Code.Lidt_m1632_16;

    public static Op Map(in Instruction i, ref Operation op)
    {
        if (i.IsJccShortOrNear)
            return Conditional(i, ref op, Op.Jcc);
        if (i.ConditionCode != ConditionCode.None && i.Mnemonic is >= Mnemonic.Seta and <= Mnemonic.Sets)
            return Conditional(i, ref op, Op.Setcc);
        if (i.ConditionCode != ConditionCode.None && i.Mnemonic is >= Mnemonic.Cmova and <= Mnemonic.Cmovs)
            return Conditional(i, ref op, Op.Cmovcc);
        return i.Mnemonic switch
        {
            Mnemonic.Mov => Move(op),
            Mnemonic.Add => Op.Add,
            Mnemonic.Or => Op.Or,
            Mnemonic.Adc => Op.Adc,
            Mnemonic.Sbb => Op.Sbb,
            Mnemonic.And => Op.And,
            Mnemonic.Sub => Op.Sub,
            Mnemonic.Xor => Op.Xor,
            Mnemonic.Cmp => Op.Cmp,
            Mnemonic.Test => Op.Test,
            Mnemonic.Inc => Op.Inc,
            Mnemonic.Dec => Op.Dec,
            Mnemonic.Not => Op.Not,
            Mnemonic.Neg => Op.Neg,
            Mnemonic.Shl or Mnemonic.Sal => Op.Shl,
            Mnemonic.Shr => Op.Shr,
            Mnemonic.Sar => Op.Sar,
            Mnemonic.Rol => Op.Rol,
            Mnemonic.Ror => Op.Ror,
            Mnemonic.Rcl => Op.Rcl,
            Mnemonic.Rcr => Op.Rcr,
            Mnemonic.Lea => Op.Lea,
            Mnemonic.Push => op.Target == OperandKind.Segment ? Op.PushSegment : Op.Push,
            Mnemonic.Pop => op.Target == OperandKind.Segment ? Op.PopSegment : Op.Pop,
            Mnemonic.Pusha or Mnemonic.Pushad => Op.Pusha,
            Mnemonic.Popa or Mnemonic.Popad => Op.Popa,
            Mnemonic.Pushf or Mnemonic.Pushfd => Op.Pushf,
            Mnemonic.Popf or Mnemonic.Popfd => Op.Popf,
            Mnemonic.Enter => Op.Enter,
            Mnemonic.Leave => Op.Leave,
            Mnemonic.Jmp => i.IsJmpShortOrNear ? Op.Jmp
            : i.IsJmpNearIndirect ? Op.JmpIndirect
            : Op.JmpFar,
            Mnemonic.Call => i.IsCallNear ? Op.Call
            : i.IsCallNearIndirect ? Op.CallIndirect
            : Op.CallFar,
            Mnemonic.Ret => Op.Ret,
            Mnemonic.Int => Op.Int,
            Mnemonic.Int3 => Breakpoint(ref op),
            Mnemonic.Int1 => Op.Icebp,
            Mnemonic.Iret or Mnemonic.Iretd => Op.Iret,
            Mnemonic.Clc => Op.Clc,
            Mnemonic.Stc => Op.Stc,
            Mnemonic.Cmc => Op.Cmc,
            Mnemonic.Cld => Op.Cld,
            Mnemonic.Std => Op.Std,
            Mnemonic.Cli => Op.Cli,
            Mnemonic.Sti => Op.Sti,
            Mnemonic.Hlt => Op.Hlt,
            // PAUSE is REP NOP, which earlier processors execute as NOP.
            Mnemonic.Nop or Mnemonic.Pause => i.OpCount == 0 ? Op.Nop : Op.LongNop,
            Mnemonic.In => Op.In,
            Mnemonic.Out => Op.Out,
            Mnemonic.Invlpg => Op.Invlpg,
            Mnemonic.Lgdt => Op.Lgdt,
            Mnemonic.Lidt => Op.Lidt,
            Mnemonic.Ltr => Op.Ltr,
            _ => MapRest(i, ref op),
        };
    }

    private static Op MapRest(in Instruction i, ref Operation op) =>
        i.Mnemonic switch
        {
            Mnemonic.Shld => DoubleShift(i, ref op, Op.Shld),
            Mnemonic.Shrd => DoubleShift(i, ref op, Op.Shrd),
            Mnemonic.Movzx => Extended(i, ref op, Op.Movzx),
            Mnemonic.Movsx => Extended(i, ref op, Op.Movsx),
            Mnemonic.Xchg => Op.Xchg,
            Mnemonic.Bswap => Op.Bswap,
            Mnemonic.Cbw or Mnemonic.Cwde => Op.Cbw,
            Mnemonic.Cwd or Mnemonic.Cdq => Op.Cwd,
            Mnemonic.Xlatb => Table(i, ref op),
            Mnemonic.Lahf => Op.Lahf,
            Mnemonic.Sahf => Op.Sahf,
            Mnemonic.Salc => Op.Salc,
            Mnemonic.Mul => Op.Mul,
            Mnemonic.Imul => i.OpCount switch
            {
                1 => Op.Imul,
                2 => Op.ImulTwo,
                _ => Op.ImulThree,
            },
            Mnemonic.Div => Op.Div,
            Mnemonic.Idiv => Op.Idiv,
            Mnemonic.Aaa => Op.Aaa,
            Mnemonic.Aad => Op.Aad,
            Mnemonic.Aam => Op.Aam,
            Mnemonic.Aas => Op.Aas,
            Mnemonic.Daa => Op.Daa,
            Mnemonic.Das => Op.Das,
            Mnemonic.Bt => Op.Bt,
            Mnemonic.Bts => Op.Bts,
            Mnemonic.Btr => Op.Btr,
            Mnemonic.Btc => Op.Btc,
            Mnemonic.Bsf => Op.Bsf,
            Mnemonic.Bsr => Op.Bsr,
            Mnemonic.Cmpxchg => Op.Cmpxchg,
            Mnemonic.Cmpxchg8b => Op.Cmpxchg8b,
            Mnemonic.Xadd => Op.Xadd,
            Mnemonic.Jcxz => Counting(true, ref op, Op.Jcxz),
            Mnemonic.Jecxz => Counting(false, ref op, Op.Jcxz),
            Mnemonic.Loop => Counting(IsCx(i.Code), ref op, Op.Loop),
            Mnemonic.Loope => Counting(IsCx(i.Code), ref op, Op.Loope),
            Mnemonic.Loopne => Counting(IsCx(i.Code), ref op, Op.Loopne),
            Mnemonic.Retf => Op.RetFar,
            Mnemonic.Into => Op.Into,
            Mnemonic.Bound => Op.Bound,
            Mnemonic.Movsb or Mnemonic.Movsw or Mnemonic.Movsd when i.IsStringInstruction => Op.Movs,
            Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd when i.IsStringInstruction => Op.Cmps,
            Mnemonic.Stosb or Mnemonic.Stosw or Mnemonic.Stosd => Op.Stos,
            Mnemonic.Lodsb or Mnemonic.Lodsw or Mnemonic.Lodsd => Op.Lods,
            Mnemonic.Scasb or Mnemonic.Scasw or Mnemonic.Scasd => Op.Scas,
            Mnemonic.Insb or Mnemonic.Insw or Mnemonic.Insd => Op.Ins,
            Mnemonic.Outsb or Mnemonic.Outsw or Mnemonic.Outsd => Op.Outs,
            Mnemonic.Cpuid => Op.Cpuid,
            Mnemonic.Rdtsc => Op.Rdtsc,
            Mnemonic.Rdpmc => Op.Rdpmc,
            Mnemonic.Les => FarPointer(SegmentRegister.Es, ref op),
            Mnemonic.Lds => FarPointer(SegmentRegister.Ds, ref op),
            Mnemonic.Lss => FarPointer(SegmentRegister.Ss, ref op),
            Mnemonic.Lfs => FarPointer(SegmentRegister.Fs, ref op),
            Mnemonic.Lgs => FarPointer(SegmentRegister.Gs, ref op),
            Mnemonic.Wbinvd or Mnemonic.Invd => Op.Wbinvd,
            Mnemonic.Clts => Op.Clts,
            Mnemonic.Lmsw => Op.Lmsw,
            Mnemonic.Smsw => Op.Smsw,
            Mnemonic.Sgdt => Op.Sgdt,
            Mnemonic.Sidt => Op.Sidt,
            Mnemonic.Lldt => Op.Lldt,
            Mnemonic.Sldt => Op.Sldt,
            Mnemonic.Str => Op.Str,
            Mnemonic.Lar => Op.Lar,
            Mnemonic.Lsl => Op.Lsl,
            Mnemonic.Verr => Op.Verr,
            Mnemonic.Verw => Op.Verw,
            Mnemonic.Arpl => Op.Arpl,
            Mnemonic.Rdmsr => Op.Rdmsr,
            Mnemonic.Wrmsr => Op.Wrmsr,
            Mnemonic.Sysenter => Op.Sysenter,
            Mnemonic.Sysexit => Op.Sysexit,
            Mnemonic.Wait => Op.Fwait,
            Mnemonic.Umov => Op.Umov,
            Mnemonic.Reservednop => Op.LongNop,
            _ => IsCoprocessor(i) ? UseOfCoprocessor(i, ref op) : Op.Invalid,
        };

    private static Op DoubleShift(in Instruction i, ref Operation op, Op mapped)
    {
        if (i.Op2Kind != OpKind.Register)
            op.Extra = Register.None;
        return mapped;
    }

    private static Op Extended(in Instruction i, ref Operation op, Op mapped)
    {
        op.SourceSize = (byte)(i.Op1Kind == OpKind.Register ? i.Op1Register.GetSize() : i.MemorySize.GetSize());
        return mapped;
    }

    private static Op Table(in Instruction i, ref Operation op)
    {
        op.Size = 1;
        op.Segment = (byte)(i.MemorySegment - Iced.Intel.Register.ES);
        if (i.MemoryBase == Iced.Intel.Register.BX)
            op.Prefix |= Prefix.Address16;
        return Op.Xlat;
    }

    private static Op Counting(bool narrow, ref Operation op, Op mapped)
    {
        if (narrow)
            op.Prefix |= Prefix.Address16;
        return mapped;
    }

    private static bool IsCx(Code code) =>
        code
            is Code.Loop_rel8_16_CX
                or Code.Loop_rel8_32_CX
                or Code.Loope_rel8_16_CX
                or Code.Loope_rel8_32_CX
                or Code.Loopne_rel8_16_CX
                or Code.Loopne_rel8_32_CX;

    private static Op FarPointer(int segment, ref Operation op)
    {
        op.Extra = (ushort)segment;
        return Op.LoadFarPointer;
    }

    private static Op Conditional(in Instruction i, ref Operation op, Op mapped)
    {
        // Iced numbers conditions from 1, in the order of the encoding.
        op.Extra = (ushort)(i.ConditionCode - ConditionCode.o);
        return mapped;
    }

    private static Op Breakpoint(ref Operation op)
    {
        (op.Immediate, op.Extra) = (Vectors.Breakpoint, 1);
        return Op.Int;
    }

    private static Op Move(in Operation op) =>
        (op.Target, op.Source) switch
        {
            (OperandKind.Segment, _) => Op.MovSegment,
            (_, OperandKind.Segment) => Op.MovFromSegment,
            (OperandKind.Control, _) => Op.MovToControl,
            (_, OperandKind.Control) => Op.MovFromControl,
            _ => Op.Mov,
        };
}
