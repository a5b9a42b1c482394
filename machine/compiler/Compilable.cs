using Verified.Machine.Processor;

namespace Verified.Machine.Compiler;

/// <summary>
/// Decides which operations can be compiled: those that change only general registers, status flags, memory and EIP. An
/// access must use DS, ES or SS, which are flat when compiled code runs.
/// </summary>
internal static class Compilable
{
    public static bool Includes(in Operation op)
    {
        if (
            (op.Prefix & ~Prefix.None) != 0
            || op.Segment is SegmentRegister.Cs or SegmentRegister.Fs or SegmentRegister.Gs && TouchesMemory(op)
        )
            return false;
        return op.Op switch
        {
            Op.Mov
            or Op.Movzx
            or Op.Movsx
            or Op.Lea
            or Op.Xchg
            or Op.Bswap
            or Op.Cbw
            or Op.Cwd
            or Op.Nop
            or Op.MovFromSegment => true,
            Op.Add or Op.Or or Op.Adc or Op.Sbb or Op.And or Op.Sub or Op.Xor or Op.Cmp or Op.Test => true,
            Op.Inc or Op.Dec or Op.Not or Op.Neg or Op.Mul or Op.Imul or Op.ImulTwo or Op.ImulThree => true,
            Op.Shl or Op.Shr or Op.Sar or Op.Rol or Op.Ror or Op.Shld or Op.Shrd => true,
            Op.Bt or Op.Bts or Op.Btr or Op.Btc or Op.Setcc => true,
            Op.Push or Op.Pop or Op.Pusha or Op.Popa or Op.Leave => true,
            Op.Jmp or Op.JmpIndirect or Op.Jcc or Op.Jcxz or Op.Loop or Op.Call or Op.CallIndirect or Op.Ret => op.Size
                == 4,
            >= Op.MovQuick and <= Op.PopQuick => true,
            _ => false,
        };
    }

    /// <summary>
    /// Whether the operation is a MOV from a register to DS, ES, FS or GS. It calls the interpreter's own load.
    /// </summary>
    public static bool LoadsDataSegment(in Operation op) =>
        op.Op == Op.MovSegment
        && op.Source == OperandKind.Register
        && op.TargetRegister is not (SegmentRegister.Cs or SegmentRegister.Ss);

    private static bool TouchesMemory(in Operation op) =>
        op.Target == OperandKind.Memory || op.Source == OperandKind.Memory;
}
