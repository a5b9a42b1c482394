using Verified.Machine.Processor;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>
/// Results that manuals leave undefined, as measured and published for a 386. They are the flags of adjustments (here
/// for all models), of shifts and of bit tests, and the upper half of ESP after POPAD.
/// </summary>
public class UndefinedFlagTests
{
    private const uint C = Flag.Carry,
        P = Flag.Parity,
        A = Flag.Adjust,
        Z = Flag.Zero,
        S = Flag.Sign,
        O = Flag.Overflow;

    private static uint After(ProcessorModel model, string code, uint eax, uint flags, uint ecx = 0)
    {
        var pc = TestPc.With([.. Convert.FromHexString(code), 0xF4]);
        pc.Cpu.Model = model;
        (pc.Cpu.R[Register.Eax], pc.Cpu.R[Register.Ecx], pc.Cpu.Eflags) = (eax, ecx, flags);
        return pc.RunToHalt().Cpu.Eflags & Flag.Status;
    }

    [Theory]
    [InlineData("37", 0x7A, 0, C | A | S | O)] // AAA
    [InlineData("37", 0x7B, A, C | A | P | S | O)]
    [InlineData("37", 1, P | Z | S | O, 0)]
    [InlineData("3F", 0, A, C | A | P | S)] // AAS
    [InlineData("3F", 0x680, A, C | A | O)]
    [InlineData("27", 0x1A, C, C | A | S | O)] // DAA
    [InlineData("27", 0x1A, A | O, A)]
    [InlineData("2F", 0x80, A, A | O)] // DAS
    [InlineData("2F", 0x80, O, S)]
    [InlineData("D50A", 0x0D8E, 0, C | A | O)] // AAD
    [InlineData("D50A", 0x0106, 0, A)]
    [InlineData("D50A", 0x01F7, 0, C | A)]
    [InlineData("D40A", 0, C | A | O, Z | P)] // AAM
    public void Adjustments_leave_the_flags_of_their_addition(string code, uint eax, uint flags, uint after)
    {
        foreach (var model in Enum.GetValues<ProcessorModel>())
            Assert.Equal(after, After(model, code, eax, flags));
    }

    [Theory]
    [InlineData("D2E8", 0x80, 8, C | P | A | Z)] // SHR AL, CL
    [InlineData("D2E8", 0x80, 16, C | P | A | Z)]
    [InlineData("D2E8", 0x80, 24, C | P | A | Z)]
    [InlineData("D2E8", 0x80, 32, 0)]
    [InlineData("D2E8", 0x82, 2, C | A)]
    [InlineData("66D3E8", 0x8000, 16, C | P | A | Z)] // SHR AX, CL
    [InlineData("D2E0", 0x41, 2, C | A | O)] // SHL AL, CL
    [InlineData("D2E0", 0x01, 24, C | P | A | Z | O)]
    [InlineData("66D3E0", 0x01, 16, C | P | A | Z | O)]
    [InlineData("66D3E0", 0x01, 32, 0)]
    [InlineData("660FA3C8", 1, 0, C)] // BT AX, CX
    [InlineData("660FA3C8", 1, 1, O)]
    [InlineData("660FA3C8", 1, 2, O)]
    [InlineData("660FA3C8", 1, 3, 0)]
    [InlineData("660FA3C8", 0x8001, 1, 0)]
    [InlineData("660FA3C8", 0x8000, 0, O)]
    [InlineData("660FA3C8", 0xC000, 0, 0)]
    [InlineData("660FBCC8", 0, 0, Z | P)] // BSF CX, AX
    [InlineData("660FBCC8", 0x40, 0, P)]
    [InlineData("660FBCC8", 0x10, 0, 0)]
    [InlineData("660FBCC8", 0x8003, 0, C | A | O)]
    [InlineData("660FBDC8", 0, 0, Z | P)] // BSR CX, AX
    [InlineData("660FBDC8", 1, 0, P | A | S | O)]
    [InlineData("660FBDC8", 0x6000, 0, C | P | S | O)]
    [InlineData("0FBDC8", 0x80000000, 0, P | S)]
    public void A_386_sets_what_its_shifter_gives(string code, uint eax, uint ecx, uint after) =>
        Assert.Equal(after, After(ProcessorModel.I386, code, eax, 0, ecx));

    [Theory]
    // 5 / 2, by which programs detect a Cyrix, whose flags do not change; then 5555h / 2, and a quotient of 0.
    [InlineData(ProcessorModel.I386, 5, 0, A)]
    [InlineData(ProcessorModel.I486, 5, 0, A)]
    [InlineData(ProcessorModel.I386, 0x55, P | Z, P | A)]
    [InlineData(ProcessorModel.I386, 1, C, C | A | Z)]
    [InlineData(ProcessorModel.Pentium, 5, P | Z, P | Z)]
    public void A_division_leaves_flags_by_which_models_are_told(
        ProcessorModel model,
        uint eax,
        uint flags,
        uint after
    ) => Assert.Equal(after, After(model, "F6F1", eax, flags, ecx: 2));

    [Theory]
    [InlineData(ProcessorModel.I386, false, 0x12345678u)]
    [InlineData(ProcessorModel.I386, true, 0x12345678u)]
    [InlineData(ProcessorModel.I486, false, 0xAAAA5678u)]
    public void Popad_of_a_16_bit_stack_takes_the_upper_half_of_esp_on_a_386(
        ProcessorModel model,
        bool protection,
        uint esp
    )
    {
        var pc = TestPc.With(0x61, 0xF4);
        pc.Cpu.Model = model;
        if (!protection)
            pc.Cpu.Cr0 &= ~(Verified.Spec.Values.Concrete)ControlBit.ProtectionEnable;
        pc.Cpu.S[SegmentRegister.Ss] = Segment<Verified.Spec.Values.Concrete>.Load(0, 0, 0xFFFF, 0x9300);
        pc.Cpu.R[Register.Esp] = 0xAAAA5678 - 32;
        pc.Poke(0x5678 - 32 + 12, 0x12340000);
        Assert.Equal(esp, pc.RunToHalt().Reg(Register.Esp));
    }

    [Theory]
    [InlineData(ProcessorModel.I386, 0x7C75u)]
    [InlineData(ProcessorModel.Pentium, 0xFFFFFA5Bu)]
    public void A_scale_without_an_index_is_that_of_the_base_on_a_386(ProcessorModel model, uint address)
    {
        // LEA EDX, [EAX * 8 - 183Bh], with 100 for the index.
        var pc = TestPc.With(0x8D, 0x94, 0xE0, 0xC5, 0xE7, 0xFF, 0xFF, 0xF4);
        pc.Cpu.Model = model;
        pc.Cpu.R[Register.Eax] = 0x1296;
        Assert.Equal(address, pc.RunToHalt().Reg(Register.Edx));
    }

    [Fact]
    public void A_selector_is_pushed_as_16_bits_of_a_dword()
    {
        var pc = TestPc.With(0x06, 0x66, 0x06, 0xF4);
        pc.Cpu.S[SegmentRegister.Es].Selector = 0x1234;
        pc.Poke(TestPc.Stack - 4, 0xDEADBEEF);
        pc.Poke(TestPc.Stack - 8, 0xDEADBEEF);
        Assert.Equal(TestPc.Stack - 6, pc.RunToHalt().Reg(Register.Esp));
        Assert.Equal((0xDEAD1234u, 0x1234BEEFu), (pc.Peek(TestPc.Stack - 4), pc.Peek(TestPc.Stack - 8)));
    }

    [Fact]
    public void What_is_fetched_from_nowhere_is_undefined()
    {
        var pc = TestPc.With(0xEA, 0, 0, 0, 0xD0, 8, 0);
        pc.Descriptor(0x1000, 1, 0, 0xFFFFF, 0x9B, 0xC);
        pc.Gate(0x2000, Vectors.UndefinedOpcode, 8, 0x18000, 0x8E);
        pc.Memory.Write(0x18000, [0xF4]);
        (pc.Cpu.GdtBase, pc.Cpu.IdtBase) = (0x1000, 0x2000);
        Assert.Equal((0x18001u, 0xD0000000u), (pc.RunToHalt().Cpu.Eip.Value, pc.Peek(pc.Reg(Register.Esp))));
    }
}
