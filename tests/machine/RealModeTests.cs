using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>
/// Single instructions in real mode: the vector that they end in, and the IP that it pushes. Cases are the edges of
/// segments, prefixes, and operands and addresses of 32 bits (SDM vol. 3, 20.1).
/// </summary>
public class RealModeTests
{
    private const uint Code = 0x1000,
        Handlers = 0x2000,
        Stack = 0x8000;

    [Theory]
    // MOV and the like at offset FFFFh: #GP, or #SS by BP; the IP is the first prefix's.
    [InlineData("A1FFFF", 13, 0)]
    [InlineData("2E66A1FDFF", 13, 0)]
    [InlineData("8B46FF", 12, 0)]
    [InlineData("367000", null, 3)]
    // A 32-bit address may not leave the 64 KB either.
    [InlineData("67A100000100", 13, 0)]
    [InlineData("67A0FFFF0000", null, 6)]
    // LOCK is allowed only before instructions that write memory.
    [InlineData("F090", 6, 0)]
    [InlineData("F03906003 0", 6, 0)]
    [InlineData("F001C8", 6, 0)]
    [InlineData("F001060030", null, 5)]
    [InlineData("F086060030", null, 5)]
    [InlineData("F08B060030", 6, 0)]
    // 15 bytes are the most.
    [InlineData("66666666666666666666666666669 0", null, 15)]
    [InlineData("6666666666666666666666666666669 0", 13, 0)]
    // Traps push the next IP, faults their own.
    [InlineData("CC", 3, 1)]
    [InlineData("CD21", 0x21, 2)]
    [InlineData("CE", 4, 1)]
    [InlineData("F1", 1, 1)]
    [InlineData("F6F3", 0, 0)]
    [InlineData("D400", 0, 0)]
    [InlineData("62060030", 5, 0)]
    // Instructions that need descriptors, and bytes that are no opcode.
    [InlineData("63C0", 6, 0)]
    [InlineData("0F00D0", 6, 0)]
    [InlineData("0F02C0", 6, 0)]
    [InlineData("0F0B", 6, 0)]
    [InlineData("0FFF", 6, 0)]
    [InlineData("8EC8", 6, 0)]
    [InlineData("8CF0", 6, 0)]
    [InlineData("C4C0", 6, 0)]
    [InlineData("8DC0", 6, 0)]
    [InlineData("FFF8", 6, 0)]
    [InlineData("FEF8", 6, 0)]
    [InlineData("0F20C8", 6, 0)]
    // Far and near targets beyond the limit.
    [InlineData("66E900000100", 13, 0)]
    [InlineData("66EA000001000000", 13, 0)]
    public void An_instruction_ends_in_its_vector(string code, int? vector, uint ip)
    {
        var pc = With(Convert.FromHexString(code.Replace(" ", "", StringComparison.Ordinal)));
        pc.Cpu.Eflags = 0x802; // OF, for INTO
        pc.Memory.Store(0x3000, 4, 0x00020001);
        pc.Cpu.R[0] = 9;
        pc.Cpu.R[3] = 0;
        pc.Run(1);
        if (vector is { } number)
        {
            Assert.Equal(Handlers + (uint)number, pc.Cpu.Eip.Value);
            Assert.Equal((Code + ip, 0u), (pc.Memory.Load(Stack - 6, 2), pc.Memory.Load(Stack - 4, 2)));
        }
        else
        {
            Assert.Equal(Code + ip, pc.Cpu.Eip.Value);
        }
    }

    [Fact]
    public void A_repetition_of_nothing_touches_nothing()
    {
        var pc = With([0xF3, 0xA5]); // REP MOVSW from and to FFFFh
        (pc.Cpu.R[1], pc.Cpu.R[6], pc.Cpu.R[7]) = (0xABCD0000, 0xFFFF, 0xFFFF);
        pc.Run(1);
        Assert.Equal((Code + 2, 0xABCD0000u, 0xFFFFu), (pc.Cpu.Eip.Value, pc.Cpu.R[1].Value, pc.Cpu.R[6].Value));
    }

    [Fact]
    public void A_repetition_stops_at_the_iteration_that_faults()
    {
        var pc = With([0xF3, 0xA5]);
        (pc.Cpu.R[1], pc.Cpu.R[6], pc.Cpu.R[7]) = (5, 0x11110000 | 0xFFFB, 0x3000);
        pc.Run(1);
        Assert.Equal(
            (Handlers + 13, 3u, 0x1111FFFFu, 0x3004u),
            (pc.Cpu.Eip.Value, pc.Cpu.R[1].Value, pc.Cpu.R[6].Value, pc.Cpu.R[7].Value)
        );
        Assert.Equal(Code, pc.Memory.Load(Stack - 6, 2));
    }

    [Fact]
    public void Enter_keeps_the_upper_half_of_a_wrapping_stack_pointer()
    {
        var pc = With([0x66, 0xC8, 0, 0, 0]);
        pc.Cpu.R[4] = 0x12340000;
        pc.Run(1);
        Assert.Equal((0x1234FFFCu, 0x1234FFFCu), (pc.Cpu.R[4].Value, pc.Cpu.R[5].Value));
    }

    [Fact]
    public void A_narrow_double_shift_of_more_than_its_bits_goes_on_with_the_operand()
    {
        var pc = With([0x0F, 0xA4, 0xD8, 20]); // SHLD AX, BX, 20
        (pc.Cpu.R[0], pc.Cpu.R[3]) = (0x1234, 0xABCD);
        pc.Run(1);
        Assert.Equal(0xBCD1u, pc.Cpu.R[0].Value);
    }

    private static Pc With(byte[] code)
    {
        var pc = new Pc(1 << 20);
        pc.Cpu.Reset();
        for (var i = 0; i < 6; i++)
            pc.Cpu.S[i] = Segment<Verified.Spec.Values.Concrete>.Load(0, 0, 0xFFFF, 0x9300);
        for (var vector = 0u; vector < 256; vector++)
            pc.Memory.Store(vector * 4, 4, Handlers + vector);
        pc.Cpu.IdtLimit = 0x3FF;
        pc.Memory.Write(Code, code);
        (pc.Cpu.Eip, pc.Cpu.R[4]) = (Code, Stack);
        return pc;
    }
}
