namespace Verified.Machine.Processor;

/// <summary>
/// Selects the quick form of an operation with 32-bit operands (see <see cref="Ia32{W, TBus}.Run"/>).
/// </summary>
internal static class Quick
{
    public static void Specialise(ref Operation op)
    {
        if (op.Size != 4)
            return;
        var toRegister = op.Target == OperandKind.Register;
        var plainSource = op.Source is OperandKind.Register or OperandKind.Immediate;
        var quick = (toRegister, plainSource) switch
        {
            (true, true) => FromValue(op.Op),
            (true, _) when op.Source == OperandKind.Memory => FromMemory(op.Op),
            (true, _) when op.Source == OperandKind.None => Unary(op.Op),
            (false, true) when op.Op == Op.Mov && op.Target == OperandKind.Memory => Op.MovStore,
            (false, true) when op.Op == Op.Cmp && op.Target == OperandKind.Memory => Op.CmpMemory,
            _ => Op.Invalid,
        };
        if (op.Op == Op.Push && op.Target is (OperandKind.Register or OperandKind.Immediate))
        {
            // PUSH has its operand first in the syntax, but the quick forms read it as a source.
            (op.Source, op.SourceRegister) = (op.Target, op.TargetRegister);
            quick = Op.PushQuick;
        }
        if (op.Op is (Op.Shl or Op.Shr) && toRegister && op.Source == OperandKind.Immediate)
        {
            op.Immediate &= 31;
            quick = op.Op == Op.Shl ? Op.ShlQuick : Op.ShrQuick;
        }
        if (quick == Op.Invalid)
            return;
        op.Op = quick;
        if (op.Source != OperandKind.Register)
            op.SourceRegister = Register.None;
    }

    private static Op FromValue(Op op) =>
        op switch
        {
            Op.Mov => Op.MovQuick,
            Op.Add => Op.AddQuick,
            Op.Sub => Op.SubQuick,
            Op.And => Op.AndQuick,
            Op.Or => Op.OrQuick,
            Op.Xor => Op.XorQuick,
            Op.Cmp => Op.CmpQuick,
            Op.Test => Op.TestQuick,
            Op.Adc => Op.AdcQuick,
            _ => Op.Invalid,
        };

    private static Op FromMemory(Op op) =>
        op switch
        {
            Op.Mov => Op.MovLoad,
            Op.Add => Op.AddLoad,
            Op.Sub => Op.SubLoad,
            Op.Cmp => Op.CmpLoad,
            Op.Lea => Op.LeaQuick,
            _ => Op.Invalid,
        };

    private static Op Unary(Op op) =>
        op switch
        {
            Op.Inc => Op.IncQuick,
            Op.Dec => Op.DecQuick,
            Op.Pop => Op.PopQuick,
            _ => Op.Invalid,
        };
}
