using Iced.Intel;
using Verified.Machine.Computer;

namespace Verified.Tests.Machine;

/// <summary>A PC with flat segments, paging off, a stack below 80000h, and a small program at 10000h.</summary>
internal static class TestPc
{
    public const uint Code = 0x10000,
        Stack = 0x80000,
        Data = 0x20000;

    public static Pc With(Action<Assembler> program) => With(Assemble(program, Code));

    public static Pc With(params byte[] code) => With(code, taggedTlb: false);

    public static Pc With(byte[] code, bool taggedTlb)
    {
        var pc = new Pc(4 << 20, taggedTlb: taggedTlb);
        pc.Memory.Write(Code, code);
        pc.Cpu.Eip = Code;
        pc.Cpu.R[4] = Stack;
        return pc;
    }

    public static byte[] Assemble(Action<Assembler> program, uint address, int bitness = 32)
    {
        var assembler = new Assembler(bitness);
        program(assembler);
        using var bytes = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(bytes), address);
        return bytes.ToArray();
    }

    /// <summary>Runs until HLT, which every program here ends with.</summary>
    public static Pc RunToHalt(this Pc pc)
    {
        Xunit.Assert.Equal(StopReason.Halted, pc.Run(1_000_000));
        return pc;
    }

    public static uint Reg(this Pc pc, int register) => pc.Cpu.R[register];

    /// <summary>Writes a segment descriptor.</summary>
    public static void Descriptor(this Pc pc, uint table, int index, uint @base, uint limit, uint access, uint flags)
    {
        pc.Poke(table + (uint)index * 8, limit & 0xFFFF | @base << 16);
        pc.Poke(
            table + (uint)index * 8 + 4,
            @base >> 16 & 0xFF | access << 8 | limit & 0xF0000 | flags << 20 | @base & 0xFF000000
        );
    }

    /// <summary>Writes a 32-bit gate: access 8Eh interrupt, 8Fh trap, EEh interrupt with DPL 3.</summary>
    public static void Gate(this Pc pc, uint table, int vector, uint selector, uint offset, uint access)
    {
        pc.Poke(table + (uint)vector * 8, selector << 16 | offset & 0xFFFF);
        pc.Poke(table + (uint)vector * 8 + 4, offset & 0xFFFF0000 | access << 8);
    }
}
