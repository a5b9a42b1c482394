using Iced.Intel;

namespace Verified.Machine.Processor;

/// <summary>The table from Iced's mnemonics to operations, with what the encoding implies.</summary>
internal static class Mnemonics
{
    /// <summary>Operand bytes of instructions without a general register or memory operand.</summary>
    public static int ImpliedSize(in Instruction i) => i.Mnemonic switch
    {
        Mnemonic.Cbw or Mnemonic.Cwd or Mnemonic.Pusha or Mnemonic.Popa or Mnemonic.Pushf or Mnemonic.Popf or Mnemonic.Iret => 2,
        Mnemonic.Movsb or Mnemonic.Cmpsb or Mnemonic.Stosb or Mnemonic.Lodsb or Mnemonic.Scasb or Mnemonic.Insb
            or Mnemonic.Outsb => 1,
        Mnemonic.Movsw or Mnemonic.Cmpsw or Mnemonic.Stosw or Mnemonic.Lodsw or Mnemonic.Scasw or Mnemonic.Insw
            or Mnemonic.Outsw => 2,
        _ => IsNarrow(i.Code) ? 2 : 4,
    };

    // The opcodes without operands that tell 16 from 32 bits: Iced has one code for each.
    private static bool IsNarrow(Code code) => code is Code.Retnw or Code.Retnw_imm16 or Code.Retfw or Code.Retfw_imm16
        or Code.Enterw_imm16_imm8 or Code.Leavew or Code.Call_rel16 or Code.Jmp_rel8_16 or Code.Jmp_rel16 or Code.Pushw_imm8
        or Code.Push_imm16 or Code.Jmp_ptr1616 or Code.Call_ptr1616
        or Code.Pushw_ES or Code.Pushw_CS or Code.Pushw_SS or Code.Pushw_DS or Code.Pushw_FS or Code.Pushw_GS
        or Code.Popw_ES or Code.Popw_SS or Code.Popw_DS or Code.Popw_FS or Code.Popw_GS
        or (>= Code.Jo_rel8_16 and <= Code.Jo_rel8_16);

    public static Op Map(in Instruction i, ref Operation op)
    {
        if (i.IsJccShortOrNear)
            return Conditional(i, ref op, Op.Jcc);
        if (i.ConditionCode != ConditionCode.None && i.Mnemonic is >= Mnemonic.Seta and <= Mnemonic.Sets)
            return Conditional(i, ref op, Op.Setcc);
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
            Mnemonic.Jmp => i.IsJmpShortOrNear ? Op.Jmp : i.IsJmpNearIndirect ? Op.JmpIndirect : Op.JmpFar,
            Mnemonic.Call => i.IsCallNear ? Op.Call : i.IsCallNearIndirect ? Op.CallIndirect : Op.CallFar,
            Mnemonic.Ret => Op.Ret,
            Mnemonic.Int => Op.Int,
            Mnemonic.Int3 => WithImmediate(ref op, Vectors.Breakpoint, Op.Int),
            Mnemonic.Iret or Mnemonic.Iretd => Op.Iret,
            Mnemonic.Clc => Op.Clc,
            Mnemonic.Stc => Op.Stc,
            Mnemonic.Cmc => Op.Cmc,
            Mnemonic.Cld => Op.Cld,
            Mnemonic.Std => Op.Std,
            Mnemonic.Cli => Op.Cli,
            Mnemonic.Sti => Op.Sti,
            Mnemonic.Hlt => Op.Hlt,
            Mnemonic.Nop => Op.Nop,
            Mnemonic.In => Op.In,
            Mnemonic.Out => Op.Out,
            Mnemonic.Invlpg => Op.Invlpg,
            Mnemonic.Lgdt => Op.Lgdt,
            Mnemonic.Lidt => Op.Lidt,
            Mnemonic.Ltr => Op.Ltr,
            _ => MapRest(i, ref op),
        };
    }

    private static Op MapRest(in Instruction i, ref Operation op) => Op.Invalid;

    private static Op Conditional(in Instruction i, ref Operation op, Op mapped)
    {
        // Iced numbers conditions from 1 in the encoding's order.
        op.Extra = (ushort)(i.ConditionCode - ConditionCode.o);
        return mapped;
    }

    private static Op WithImmediate(ref Operation op, uint immediate, Op mapped)
    {
        op.Immediate = immediate;
        return mapped;
    }

    private static Op Move(in Operation op) => (op.Target, op.Source) switch
    {
        (OperandKind.Segment, _) => Op.MovSegment,
        (_, OperandKind.Segment) => Op.MovFromSegment,
        (OperandKind.Control, _) => Op.MovToControl,
        (_, OperandKind.Control) => Op.MovFromControl,
        _ => Op.Mov,
    };
}
