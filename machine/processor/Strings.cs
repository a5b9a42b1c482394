namespace Verified.Machine.Processor;

/// <summary>
/// String instructions with REP (SDM vol. 2, REP). Each iteration commits its registers. After a fault or an interrupt
/// between two iterations, EIP is still at the instruction, and the rest can continue. A fault leaves the flags of the
/// last comparison, as on AMD's processors; Intel's restore those before the instruction. At most <see cref="Burst"/>
/// iterations run between two checks for interrupts.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    private const int Burst = 1024;

    /// <summary>Stops a repeated instruction after each iteration, as a debug trap requires.</summary>
    public bool OneIteration;

    private void Repeat(in Operation op)
    {
        // This check comes before the count is tested and before memory is accessed.
        if (op.Op is Op.Ins or Op.Outs)
            CheckPort(R[Register.Edx] & 0xFFFF, op.Size);
        if ((op.Prefix & (Prefix.Repeat | Prefix.RepeatNotEqual)) == 0)
        {
            StringStep(op);
            return;
        }
        for (var i = OneIteration ? Burst - 1 : 0; i < Burst; i++)
        {
            if (Counter(op) == 0)
                return;
            StringStep(op);
            SetCounter(op, Counter(op) - 1);
            var compares = op.Op is Op.Cmps or Op.Scas;
            if (compares && ZeroFlag() != ((op.Prefix & Prefix.Repeat) != 0))
                return;
        }
        if (Counter(op) != 0)
            Eip -= op.Length;
    }

    private void StringStep(in Operation op)
    {
        int size = op.Size;
        switch (op.Op)
        {
            case Op.Movs:
                WriteDestination(op, ReadSource(op));
                Advance(op, Register.Esi);
                Advance(op, Register.Edi);
                break;
            case Op.Cmps:
                var (left, right) = (ReadSource(op), ReadDestination(op));
                Subtract(left, right, size);
                Advance(op, Register.Esi);
                Advance(op, Register.Edi);
                break;
            case Op.Stos:
                WriteDestination(op, ReadRegister(Register.Eax, size));
                Advance(op, Register.Edi);
                break;
            case Op.Lods:
                WriteRegister(Register.Eax, size, ReadSource(op));
                Advance(op, Register.Esi);
                break;
            case Op.Scas:
                Subtract(ReadRegister(Register.Eax, size), ReadDestination(op), size);
                Advance(op, Register.Edi);
                break;
            case Op.Ins:
                var linear = LinearToWrite(SegmentRegister.Es, StringOffset(op, Register.Edi), size);
                // The port is read, with its side effects, only when the store can no longer fault.
                Bus.LoadForStore(linear, size, User);
                Bus.Store(linear, size, Bus.In(R[Register.Edx] & 0xFFFF, size), User);
                Advance(op, Register.Edi);
                break;
            default:
                Bus.Out(R[Register.Edx] & 0xFFFF, size, ReadSource(op));
                Advance(op, Register.Esi);
                break;
        }
    }

    private W StringOffset(in Operation op, int register) =>
        (op.Prefix & Prefix.Address16) == 0 ? R[register] : R[register] & 0xFFFF;

    private W ReadSource(in Operation op) => ReadMemory(op.Segment, StringOffset(op, Register.Esi), op.Size);

    private W ReadDestination(in Operation op) =>
        ReadMemory(SegmentRegister.Es, StringOffset(op, Register.Edi), op.Size);

    private void WriteDestination(in Operation op, W value) =>
        WriteMemory(SegmentRegister.Es, StringOffset(op, Register.Edi), op.Size, value);

    private void Advance(in Operation op, int register)
    {
        W size = op.Size;
        var next = R[register] + W.Select((_system & Flag.Direction) == 0, size, 0 - size);
        WriteRegister(register, (op.Prefix & Prefix.Address16) == 0 ? 4 : 2, next);
    }
}
