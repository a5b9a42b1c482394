using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;
using static Verified.Tests.Machine.FaultPrograms;

namespace Verified.Tests.Machine;

/// <summary>
/// Features that differ by processor model: CPUID, instructions that some models have, flags that programs can change.
/// Also the virtual interrupt flag and A20.
/// </summary>
public class ModelTests
{
    [Fact]
    public void Cpuid_names_the_model_and_only_what_it_has()
    {
        uint Features(ProcessorModel model)
        {
            var pc = TestPc.With(c =>
            {
                c.mov(eax, 1);
                c.cpuid();
                c.hlt();
            });
            pc.Cpu.Model = model;
            return pc.RunToHalt().Reg(2);
        }

        // FPU, VME, DE, PSE, TSC, MSR, CX8, PGE; no MMX or APIC. The Pentium II has SEP and CMOV.
        Assert.Equal(0x213Fu, Features(ProcessorModel.Pentium));
        Assert.Equal(0x213Fu | 1 << 11 | 1 << 15, Features(ProcessorModel.PentiumII));
    }

    [Theory]
    [InlineData(0xFB, ControlBit.ProtectedVirtualInterrupts, 0, Flag.VirtualInterrupt)] // STI
    [InlineData(0xFB, ControlBit.ProtectedVirtualInterrupts, Flag.VirtualInterruptPending, null)]
    [InlineData(0xFB, ControlBit.VirtualExtensions, 0, null)]
    [InlineData(
        0xFA,
        ControlBit.ProtectedVirtualInterrupts,
        Flag.Interrupt | Flag.VirtualInterrupt | Flag.VirtualInterruptPending,
        Flag.Interrupt | Flag.VirtualInterruptPending
    )] // CLI
    [InlineData(0xFA, ControlBit.ProtectedVirtualInterrupts, Flag.Interrupt | Flag.PrivilegeLevel, Flag.PrivilegeLevel)]
    [InlineData(0xFA, 0, Flag.Interrupt, null)]
    public void Ring_3_has_a_virtual_interrupt_flag_where_it_is_turned_on(
        byte code,
        uint control,
        uint before,
        uint? after
    )
    {
        var pc = TestPc.With(code, 0x90);
        (pc.Cpu.Cpl, pc.Cpu.Cr4, pc.Cpu.Eflags, pc.Cpu.IdtLimit) = (3, control, before, 0);
        if (after is null)
        {
            Assert.Throws<ShutdownException>(() => pc.Run(1));
            return;
        }
        pc.Run(1);
        Assert.Equal(after | Flag.Reserved, pc.Cpu.Eflags.Value);
    }

    [Theory]
    [InlineData(ProcessorModel.I386, Vectors.DoubleFault)]
    [InlineData(ProcessorModel.I486, Vectors.GeneralProtection)]
    public void A_vector_beyond_real_mode_s_table_is_exception_8_on_a_386(ProcessorModel model, int vector)
    {
        var pc = TestPc.With(0xCD, 0x30);
        pc.Cpu.Model = model;
        pc.Cpu.Cr0 &= ~(Verified.Spec.Values.Concrete)ControlBit.ProtectionEnable;
        pc.Cpu.IdtLimit = 0x3F;
        pc.Poke((uint)vector * 4, 0x2000_8000);
        pc.Poke(0x28000, 0xF4);
        Assert.Equal(0x8001u, pc.RunToHalt().Cpu.Eip.Value);
        // The IP of INT 30h itself.
        Assert.Equal(TestPc.Code & 0xFFFF, pc.Peek(pc.Reg(Register.Esp)) & 0xFFFF);
    }

    [Fact]
    public void A_386_shuts_down_where_not_even_exception_8_has_a_vector()
    {
        var pc = TestPc.With(0xCD, 0x30);
        pc.Cpu.Model = ProcessorModel.I386;
        pc.Cpu.Cr0 &= ~(Verified.Spec.Values.Concrete)ControlBit.ProtectionEnable;
        pc.Cpu.IdtLimit = 0x1F;
        Assert.Throws<ShutdownException>(() => pc.Run(1));
    }

    [Theory]
    // LOCK BT [DS:1000h], EAX; the same of a register.
    [InlineData(ProcessorModel.I386, "F00FA30500100000", Vectors.UndefinedOpcode)]
    [InlineData(ProcessorModel.I486, "F00FA30500100000", Vectors.UndefinedOpcode)]
    [InlineData(ProcessorModel.Pentium, "F00FA30500100000", Vectors.UndefinedOpcode)]
    [InlineData(ProcessorModel.I386, "F00FA3C1", Vectors.UndefinedOpcode)]
    [InlineData(ProcessorModel.I386, "F00FBA25001000001F", Vectors.UndefinedOpcode)]
    [InlineData(ProcessorModel.I386, "F00FBA2D001000001F", null)]
    [InlineData(ProcessorModel.Pentium, "F00FAB0500100000", null)]
    // UMOV
    [InlineData(ProcessorModel.I386, "0F11C1", null)]
    [InlineData(ProcessorModel.I486, "0F130500100000", null)]
    [InlineData(ProcessorModel.Pentium, "0F11C1", Vectors.UndefinedOpcode)]
    // MOV of TR7, TR3 and TR2
    [InlineData(ProcessorModel.I386, "0F24F8", null)]
    [InlineData(ProcessorModel.I486, "0F26F8", null)]
    [InlineData(ProcessorModel.Pentium, "0F24F8", Vectors.UndefinedOpcode)]
    [InlineData(ProcessorModel.I386, "0F24D8", Vectors.UndefinedOpcode)]
    [InlineData(ProcessorModel.I486, "0F26D8", null)]
    [InlineData(ProcessorModel.I486, "0F24D0", Vectors.UndefinedOpcode)]
    public void Some_instructions_are_of_one_model(ProcessorModel model, string code, int? vector) =>
        Assert.Equal(vector, VectorOf(model, c => c.db(Convert.FromHexString(code))));

    [Fact]
    public void Umov_moves()
    {
        // UMOV ECX, EAX; UMOV [DS:20000h], CX; UMOV DL, [DS:20000h]
        var pc = TestPc.With([.. Convert.FromHexString("0F11C1660F110D000002000F121500000200"), 0xF4]);
        pc.Cpu.Model = ProcessorModel.I386;
        pc.Cpu.R[0] = 0x12345678;
        pc.RunToHalt();
        Assert.Equal((0x12345678u, 0x5678u, 0x78u), (pc.Reg(1), pc.Peek(TestPc.Data), pc.Reg(2)));
    }

    [Theory]
    [InlineData("0F34")] // SYSENTER
    [InlineData("0F45C1")] // CMOVNE EAX, ECX
    [InlineData("0F1F00")] // NOP [EAX]
    [InlineData("0F77")] // EMMS
    [InlineData("0F58C1")] // ADDPS
    public void A_Pentium_does_not_have_what_came_later(string code) =>
        Assert.Equal(Vectors.UndefinedOpcode, VectorOf(ProcessorModel.Pentium, c => c.db(Convert.FromHexString(code))));

    [Theory]
    [InlineData("0FA2", ProcessorModel.Pentium)] // CPUID
    [InlineData("0F31", ProcessorModel.Pentium)] // RDTSC
    [InlineData("0F20E0", ProcessorModel.Pentium)] // MOV EAX, CR4
    [InlineData("0FC70C24", ProcessorModel.Pentium)] // CMPXCHG8B [ESP]
    [InlineData("0FB1C8", ProcessorModel.I486)] // CMPXCHG EAX, ECX
    [InlineData("0FC1C8", ProcessorModel.I486)] // XADD EAX, ECX
    [InlineData("0FC8", ProcessorModel.I486)] // BSWAP EAX
    [InlineData("0F0138", ProcessorModel.I486)] // INVLPG [EAX]
    [InlineData("0F09", ProcessorModel.I486)] // WBINVD
    public void An_instruction_is_there_from_its_first_model_on(string code, ProcessorModel first)
    {
        foreach (var model in Enum.GetValues<ProcessorModel>())
            Assert.Equal(model < first ? Vectors.UndefinedOpcode : null, VectorOf(model, c =>
                {
                    c.sub(esp, 8);
                    c.db(Convert.FromHexString(code));
                }));
    }

    [Theory]
    [InlineData(ProcessorModel.I386, 0u)]
    [InlineData(ProcessorModel.I486, Flag.AlignmentCheck)]
    [InlineData(ProcessorModel.Pentium, Flag.AlignmentCheck | Flag.Identification)]
    public void Programs_tell_the_models_by_the_flags_that_they_can_change(ProcessorModel model, uint changeable)
    {
        var pc = TestPc.With(c =>
        {
            c.push(unchecked((int)0xFFFFFFFF & ~0x100));
            c.popfd();
            c.pushfd();
            c.pop(eax);
            c.hlt();
        });
        pc.Cpu.Model = model;
        Assert.Equal(changeable, pc.RunToHalt().Reg(0) & 0xFFFF0000);
    }

    [Fact]
    public void The_address_gate_folds_the_second_megabyte_onto_the_first()
    {
        var pc = TestPc
            .With(c =>
            {
                c.mov(__dword_ptr[0x40000], 1);
                c.mov(__dword_ptr[0x140000], 2);
                c.mov(al, 0);
                c.@out(0x92, al);
                c.mov(ebx, __dword_ptr[0x140000]);
                c.mov(al, 2);
                c.@out(0x92, al);
                c.mov(ecx, __dword_ptr[0x140000]);
                // The same by the keyboard controller's output port.
                c.mov(al, 0xD1);
                c.@out(0x64, al);
                c.mov(al, 0xDD);
                c.@out(0x60, al);
                c.mov(edx, __dword_ptr[0x140000]);
                c.hlt();
            })
            .RunToHalt();
        Assert.Equal((1u, 2u, 1u), (pc.Reg(3), pc.Reg(1), pc.Reg(2)));
    }

    [Theory]
    [InlineData("0F0D")]
    [InlineData("0F18")]
    [InlineData("0F19")]
    [InlineData("0F1A")]
    [InlineData("0F1B")]
    [InlineData("0F1C")]
    [InlineData("0F1D")]
    [InlineData("0F1E")]
    [InlineData("0F1F")]
    public void Hints_do_the_same_with_any_operand_and_prefix(string opcode)
    {
        foreach (var prefix in (string[])["", "66", "F2", "F3"])
            for (var modrm = 0; modrm < 256; modrm += 5)
            {
                // SIB and displacement, if present, address an absent page: hints touch no memory.
                var code = Convert.FromHexString($"{prefix}{opcode}{modrm:X2}25F0FFFFFF");
                Assert.True(
                    Decode.TryDecode(code, 0, code.Length, big: true, out var operation),
                    Convert.ToHexString(code)
                );
                foreach (
                    var (model, vector) in (ReadOnlySpan<(ProcessorModel, int?)>)
                        [
                            (ProcessorModel.PentiumII, null),
                            (ProcessorModel.Pentium, Vectors.UndefinedOpcode),
                            (ProcessorModel.I386, Vectors.UndefinedOpcode),
                        ]
                )
                {
                    var pc = TestPc.With();
                    pc.Cpu.Model = model;
                    var fault = Record.Exception(() => pc.Cpu.Step(operation));
                    Assert.True(
                        vector == (fault as Fault)?.Vector,
                        $"{Convert.ToHexString(code)} on a {model}: {fault}"
                    );
                }
            }
    }
}
