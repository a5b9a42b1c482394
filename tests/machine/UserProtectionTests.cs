using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;
using static Verified.Tests.Machine.Gates;

namespace Verified.Tests.Machine;

/// <summary>Ring 3 is refused privileged instructions, ports, and accesses beyond limits.</summary>
public class UserProtectionTests
{
    [Theory]
    [InlineData(Flag.AlignmentCheck, 1u, true)]
    [InlineData(Flag.AlignmentCheck, 4u, false)]
    [InlineData(0u, 1u, false)]
    public void A_misaligned_access_of_ring_3_is_checked_where_both_bits_ask_for_it(uint flag, uint offset, bool raised)
    {
        var pc = AtUser(c =>
        {
            c.mov(ax, (ushort)UserData);
            c.mov(ds, ax);
            c.push(flag | Flag.Reserved);
            c.popfd();
            c.inc(__dword_ptr[TestPc.Data + offset]);
            c.@int(0x30);
        });
        pc.Cpu.Cr0 |= ControlBit.AlignmentMask;
        pc.RunToHalt();
        Assert.Equal(raised ? Handler + 17 * 16 + 1 : Handler + 0x300 + 1, pc.Cpu.Eip.Value);
        Assert.Equal(raised ? 0u : 1u, pc.Peek(TestPc.Data + offset));
    }

    public static TheoryData<string, byte[], int, uint?> Faults =>
        new()
        {
            { "hlt", [0xF4], 13, 0 },
            { "cli", [0xFA], 13, 0 },
            { "sti", [0xFB], 13, 0 },
            { "mov eax, cr0", [0x0F, 0x20, 0xC0], 13, 0 },
            { "mov cr3, eax", [0x0F, 0x22, 0xD8], 13, 0 },
            { "invlpg", [0x0F, 0x01, 0x38], 13, 0 },
            { "out 80h, al, beyond the bitmap", [0xE6, 0x80], 13, 0 },
            { "ud2", [0x0F, 0x0B], 6, null },
            { "lock nop", [0xF0, 0x90], 6, null },
            { "mov ax, 10h; mov ds, ax", [0x66, 0xB8, 0x10, 0x00, 0x8E, 0xD8], 13, 0x10 },
            { "mov ax, 0FF0h; mov es, ax", [0x66, 0xB8, 0xF0, 0x0F, 0x8E, 0xC0], 13, 0xFF0 },
            { "xor eax, eax; mov ss, ax", [0x31, 0xC0, 0x8E, 0xD0], 13, 0 },
            { "mov eax, [ds:0] with a null ds", [0xA1, 0, 0, 0, 0], 13, 0 },
            { "div", [0x31, 0xC9, 0xF7, 0xF1], 0, null },
            { "aam 0", [0xD4, 0x00], 0, null },
            { "jmp far 8:0", [0xEA, 0, 0, 0, 0, 8, 0], 13, 8 },
            { "lgdt", [0x0F, 0x01, 0x10], 13, 0 },
        };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_user_instruction_that_may_not_faults_with_its_vector_and_code(
        string name,
        byte[] code,
        int vector,
        uint? errorCode
    )
    {
        var pc = AtUser(c => c.nop());
        pc.Memory.Write(User, code);
        pc.RunToHalt();
        Assert.True(Handler + (uint)vector * 16 + 1 == pc.Cpu.Eip.Value, $"{name}: at {pc.Cpu.Eip}");
        var frame = Frame(pc, 2);
        if (errorCode is { } pushed)
            Assert.Equal(pushed, frame[0]);
        // The last instruction of the sequence faults: its address is inside the sequence, never past it.
        Assert.InRange(frame[errorCode is null ? 0 : 1], User, User + (uint)code.Length - 1);
        Assert.Equal(KernelStack - (errorCode is null ? 20u : 24u), pc.Reg(Register.Esp));
    }

    [Fact]
    public void The_io_bitmap_opens_single_ports()
    {
        var pc = AtUser(c =>
        {
            c.@in(al, 0x21);
            c.@in(al, 0x20);
        });
        pc.Descriptor(Gdt, 5, Tss, 0x68 + 32, 0x89, 0);
        pc.Cpu.TaskRegister.Limit = 0x68 + 32;
        for (uint i = 0; i < 32; i += 4)
            pc.Poke(Tss + 0x68 + i, 0xFFFFFFFF);
        pc.Poke(Tss + 0x68 + 4, 0xFFFFFFFD);
        pc.RunToHalt();
        Assert.Equal([0u, User + 2], Frame(pc, 2));
    }

    [Fact]
    public void Limits_of_data_segments_hold_to_the_byte()
    {
        var pc = AtUser(c =>
        {
            c.mov(eax, SmallData);
            c.mov(fs, ax);
            c.mov(ebx, __dword_ptr.fs[0xFFC]);
            c.mov(ecx, __dword_ptr.fs[0xFFD]);
        });
        pc.Poke(0x50FFC, 0x12345678);
        pc.RunToHalt();
        Assert.Equal(0x12345678u, pc.Reg(Register.Ebx));
        Assert.Equal(Handler + 13 * 16 + 1, pc.Cpu.Eip.Value);
    }
}
