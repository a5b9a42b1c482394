using Iced.Intel;
using Register = Iced.Intel.Register;

namespace Verified.Machine.Timing;

/// <summary>
/// The general registers on which an instruction depends, as sets of bits numbered as in encodings. A part of a
/// register counts as the whole register. The change of ESP by push and pop is not included, because the processor has
/// a separate adder for it.
/// </summary>
/// <param name="Read">Registers read, as operands or in addresses.</param>
/// <param name="Written">Registers written, wholly or in part.</param>
/// <param name="Address">Registers in addresses, which are needed one cycle earlier.</param>
internal readonly record struct Effects(int Read, int Written, int Address)
{
    private const int Esp = 1 << 4;

    [ThreadStatic]
    private static InstructionInfoFactory? _factory;

    public static Effects Of(in Instruction i)
    {
        _factory ??= new();
        ref readonly var info = ref _factory.GetInfo(i);
        var (read, written) = (0, 0);
        foreach (var used in info.GetUsedRegisters())
        {
            var bit = Bit(used.Register);
            if (used.Access is OpAccess.Read or OpAccess.CondRead or OpAccess.ReadWrite or OpAccess.ReadCondWrite)
                read |= bit;
            if (used.Access is OpAccess.Write or OpAccess.CondWrite or OpAccess.ReadWrite or OpAccess.ReadCondWrite)
                written |= bit;
        }

        var address = Bit(i.MemoryBase) | Bit(i.MemoryIndex);
        foreach (var memory in info.GetUsedMemory())
            address |= Bit(memory.Base) | Bit(memory.Index);
        if (i.IsStackInstruction && i.Mnemonic is not (Mnemonic.Enter or Mnemonic.Leave))
        {
            address |= Esp;
            if (!Names(i, Register.ESP))
                (read, written) = (read & ~Esp, written & ~Esp);
        }

        return new(read, written, address);
    }

    private static bool Names(in Instruction i, Register register)
    {
        for (var n = 0; n < i.OpCount; n++)
            if (i.GetOpKind(n) == OpKind.Register && i.GetOpRegister(n) == register)
                return true;
        return false;
    }

    private static int Bit(Register register) =>
        register.GetFullRegister32() is >= Register.EAX and <= Register.EDI and var full
            ? 1 << (full - Register.EAX)
            : 0;
}
