using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>
/// Determines which access of an instruction comes first: all accesses are in two absent pages, and CR2 shows the first
/// one. The order is that of the operations in SDM vol. 2; the 386's PUSHAD starts at the lowest address
/// (SingleStepTests/80386, 60).
/// </summary>
public class AccessOrderTests
{
    private const uint Directory = 0x10000,
        Table = 0x11000,
        Absent = 0x200000,
        Middle = Absent + 0x1000,
        Gdt = 0x1000;

    [Theory]
    [InlineData("POPAD", "61", -16, -16)]
    [InlineData("POPAD, its skipped item first in the page", "61", -12, -12)]
    [InlineData("POPA", "6661", -8, -8)]
    [InlineData("PUSHAD", "60", 16, 12)]
    [InlineData("PUSHA", "6660", 8, 6)]
    [InlineData("ENTER", "C8080000", 4, 0)]
    [InlineData("LEAVE", "C9", -2, -2)]
    [InlineData("RETF", "CB", -4, -4)]
    [InlineData("IRETD", "CF", -4, -4)]
    [InlineData("CALL FAR", "9A000000000800", 4, 0)]
    [InlineData("PUSH of memory", "FF3500002000", 4, -0x1000)]
    [InlineData("POP to memory", "8F0500002000", -2, -2)]
    public void The_first_access_is_the_one_that_faults(string name, string code, int stack, int first)
    {
        Assert.NotEmpty(name);
        Assert.Equal(Middle + (uint)first, Raise(ProcessorModel.PentiumII, code, stack).Address);
    }

    [Theory]
    [InlineData("C4")] // LES
    [InlineData("C5")] // LDS
    [InlineData("0FB2")] // LSS
    [InlineData("62")] // BOUND
    [InlineData("0FC7")] // CMPXCHG8B, opcode extension 1
    public void Two_items_of_memory_are_read_from_the_lowest(string opcode)
    {
        var operand = opcode == "0FC7" ? "0D" : "05";
        // The second page begins 2 bytes into the operand, so both parts of the operand fault.
        Assert.Equal(Middle - 2, Raise(ProcessorModel.PentiumII, $"{opcode}{operand}FE0F2000", 0).Address);
        // Or with its second item.
        Assert.Equal(Middle - 4, Raise(ProcessorModel.PentiumII, $"{opcode}{operand}FC0F2000", 0).Address);
    }

    [Theory]
    [InlineData("61", -16, -16)]
    [InlineData("61", -12, -12)]
    [InlineData("60", 16, -16)]
    public void A_386_starts_PUSHAD_and_POPAD_at_the_lowest_address(string code, int stack, int first) =>
        Assert.Equal(Middle + (uint)first, Raise(ProcessorModel.I386, code, stack).Address);

    [Theory]
    // The first three items are in a page that is present: CR2 is the lowest address that is not.
    [InlineData(ProcessorModel.PentiumII, 0u)]
    [InlineData(ProcessorModel.I386, 0x11111111u)]
    public void POPAD_faults_at_the_lowest_absent_item(ProcessorModel model, uint edi)
    {
        var pc = Make(model);
        pc.Memory.Write(Absent - 12, [0x11, 0x11, 0x11, 0x11]);
        pc.Cpu.R[Register.Esp] = Absent - 12;
        Assert.Equal(Absent, Raise(pc, "61").Address);
        Assert.Equal((edi, Absent - 12), (pc.Reg(Register.Edi), pc.Reg(Register.Esp)));
    }

    private static Fault Raise(ProcessorModel model, string code, int stack)
    {
        var pc = Make(model);
        pc.Cpu.R[Register.Esp] = pc.Cpu.R[Register.Ebp] = Middle + (uint)stack;
        return Raise(pc, code);
    }

    private static Fault Raise(Pc pc, string code)
    {
        var bytes = Convert.FromHexString(code);
        Assert.True(Decode.TryDecode(bytes, 0, bytes.Length, big: true, out var operation));
        var fault = Assert.Throws<Fault>(() => pc.Cpu.Step(operation));
        Assert.Equal(Vectors.PageFault, fault.Vector);
        return fault;
    }

    /// <summary>A PC with paging. 4 MB are mapped to themselves, except for two pages.</summary>
    private static Pc Make(ProcessorModel model)
    {
        const uint present = 3;
        var pc = TestPc.With();
        pc.Cpu.Model = model;
        pc.Descriptor(Gdt, 1, 0, 0xFFFFF, 0x9B, 0xC);
        (pc.Cpu.GdtBase, pc.Cpu.GdtLimit) = (Gdt, 0xF);
        pc.Poke(Directory, Table | present);
        for (var page = 0u; page < 1024; page++)
            pc.Poke(Table + page * 4, page << 12 is Absent or Middle ? 0 : page << 12 | present);
        pc.Cpu.Cr3 = Directory;
        pc.Cpu.Cr0 |= ControlBit.Paging;
        pc.Cpu.Bus.PagingChanged(pc.Cpu.Cr0, 0);
        pc.Cpu.Bus.PageDirectoryLoaded(Directory);
        return pc;
    }
}
