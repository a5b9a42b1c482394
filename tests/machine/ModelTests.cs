using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>
/// Features that differ by processor model or are outside the core of the instruction set: CPUID, MSRs, SYSENTER, the
/// absent coprocessor, NMI, A20.
/// </summary>
public class ModelTests
{
    private const uint Idt = 0x2000,
        Gdt = 0x1000,
        Handlers = 0x3000;

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

    [Fact]
    public void The_time_stamp_can_be_written()
    {
        var pc = TestPc
            .With(c =>
            {
                c.mov(ecx, 0x10);
                c.mov(eax, 0x1000);
                c.mov(edx, 7);
                c.wrmsr();
                c.rdmsr();
                c.hlt();
            })
            .RunToHalt();
        Assert.Equal(7u, pc.Reg(2));
        Assert.InRange(pc.Reg(0), 0x1000u, 0x1100u);
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
    // Linear page; attributes (valid, then pairs D, U, W and their complements); the hit and its block that TR7 then
    // reports.
    [InlineData(0x00403000, 0x801 | 0x540, 0x1235001Cu)]
    [InlineData(0x00403000, 0x801 | 0x7E0, 0x1235001Cu)]
    [InlineData(0x00403000, 0x801 | 0x2A0, 0u)]
    [InlineData(0x00403000, 0x801 | 0x140, 0u)]
    [InlineData(0x00404000, 0x801 | 0x7E0, 0u)]
    [InlineData(0x00C03000, 0x801 | 0x7E0, 0u)]
    public void The_test_registers_write_an_entry_and_look_it_up(uint linear, uint command, uint found)
    {
        var pc = TestPc.With(c =>
        {
            c.db(0x0F, 0x26, 0xFB); // MOV TR7, EBX
            c.db(0x0F, 0x26, 0xF0); // MOV TR6, EAX
            c.db(0x0F, 0x26, 0xFD); // MOV TR7, EBP
            c.db(0x0F, 0x26, 0xF1); // MOV TR6, ECX
            c.db(0x0F, 0x24, 0xFA); // MOV EDX, TR7
            c.db(0x0F, 0x24, 0xF6); // MOV ESI, TR6
            c.hlt();
        });
        pc.Cpu.Model = ProcessorModel.I386;
        // Dirty, for users, writable, in block 3.
        (pc.Cpu.R[0], pc.Cpu.R[3]) = (0x00403000 | 0x800 | 0x540, 0x12350000 | 0x10 | 3 << 2);
        pc.Cpu.R[1] = linear | command;
        pc.RunToHalt();
        Assert.Equal((found, linear | command), (pc.Reg(2), pc.Reg(6)));
    }

    [Fact]
    public void An_unknown_model_register_is_a_protection_fault() =>
        Assert.Equal(Vectors.GeneralProtection, VectorOf(ProcessorModel.PentiumII, c =>
            {
                c.mov(ecx, 0x12345);
                c.rdmsr();
            }));

    [Fact]
    public void Sysenter_goes_to_the_model_registers_and_sysexit_back()
    {
        const uint kernel = 0x18000,
            user = 0x19000,
            stack = 0x70000;
        var pc = TestPc.With(c =>
        {
            foreach (var (register, value) in ((uint, uint)[])[(0x174, 8), (0x175, stack), (0x176, kernel)])
            {
                c.mov(ecx, register);
                c.mov(eax, value);
                c.xor(edx, edx);
                c.wrmsr();
            }

            c.mov(ecx, 0x60000);
            c.mov(edx, user);
            c.sysexit();
        });
        pc.Memory.Write(
            user,
            TestPc.Assemble(
                c =>
                {
                    c.mov(ebp, esp);
                    c.mov(edi, cs);
                    c.sysenter();
                },
                user
            )
        );
        pc.Memory.Write(
            kernel,
            TestPc.Assemble(
                c =>
                {
                    c.mov(esi, cs);
                    c.hlt();
                },
                kernel
            )
        );
        pc.Cpu.Model = ProcessorModel.PentiumII;
        pc.RunToHalt();
        Assert.Equal((0x60000u, 0x1Bu, 8u, stack), (pc.Reg(5), pc.Reg(7), pc.Reg(6), pc.Reg(4)));
        Assert.Equal((0, 0x10u), (pc.Cpu.Cpl, pc.Cpu.S[SegmentRegister.Ss].Selector.Value));
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
    public void The_mode_bits_of_a_move_to_a_control_or_debug_register_are_ignored()
    {
        // MOV DR0, EBX; MOV EAX, DR0 and MOV ECX, CR3 with 00 and 01 in MOD.
        var pc = TestPc.With(0x0F, 0x23, 0xC3, 0x0F, 0x21, 0x00, 0x0F, 0x20, 0x59, 0xF4);
        (pc.Cpu.R[3], pc.Cpu.Cr3) = (0xACED, 0x5000);
        Assert.Equal((0xACEDu, 0x5000u), (pc.RunToHalt().Reg(0), pc.Reg(1)));
    }

    [Fact]
    public void Performance_counters_count_nothing() =>
        Assert.Equal(
            0u,
            WithModel(ProcessorModel.PentiumII, c =>
                {
                    c.mov(ecx, 0x186);
                    c.mov(eax, 0x410079);
                    c.wrmsr();
                    c.mov(eax, 0x100);
                    c.mov(cr4, eax);
                    c.mov(ecx, 0);
                    c.rdpmc();
                    c.hlt();
                })
                .RunToHalt()
                .Reg(0)
        );

    [Theory]
    [InlineData(0x1u, "D9E8", Vectors.UndefinedOpcode)] // FLD1: nothing computes
    [InlineData(0x5u, "DBE3", Vectors.DeviceNotAvailable)] // FNINIT with EM
    [InlineData(0x9u, "DBE3", Vectors.DeviceNotAvailable)] // FNINIT with TS
    [InlineData(0xBu, "9B", Vectors.DeviceNotAvailable)] // WAIT with MP and TS
    [InlineData(0x9u, "9B", null)] // WAIT with TS alone
    public void Lazy_switching_gets_its_fault(uint cr0, string code, int? vector) =>
        Assert.Equal(vector, VectorOf(ProcessorModel.Pentium, c =>
            {
                c.mov(eax, cr0);
                c.mov(Iced.Intel.AssemblerRegisters.cr0, eax);
                c.db(Convert.FromHexString(code));
            }));

    [Fact]
    public void A_second_non_maskable_interrupt_waits_for_iret()
    {
        var pc = WithHandlers(c =>
        {
            c.cli();
            c.hlt();
            c.mov(esi, 1);
            c.hlt();
        });
        // The handler counts, and requests nothing else. The second request comes while it runs.
        pc.Memory.Write(
            Handlers + 2 * 16,
            TestPc.Assemble(
                c =>
                {
                    c.inc(edi);
                    c.nop();
                    c.iretd();
                },
                Handlers + 2 * 16
            )
        );
        Assert.Equal(StopReason.Halted, pc.Run(100));
        pc.RequestNonMaskable();
        pc.Run(1);
        Assert.Equal((1u, true), (pc.Reg(7), pc.Cpu.InNonMaskable));
        pc.RequestNonMaskable();
        pc.Run(1);
        Assert.Equal(1u, pc.Reg(7));
        Assert.Equal(StopReason.Halted, pc.Run(100));
        Assert.Equal((2u, 1u, false), (pc.Reg(7), pc.Reg(6), pc.Cpu.InNonMaskable));
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

    [Fact]
    public void A_crash_shows_the_last_instructions()
    {
        var pc = TestPc.With(c =>
        {
            c.mov(eax, 7);
            c.inc(eax);
            c.ud2();
        });
        pc.Cpu.IdtLimit = 0;
        Assert.Throws<ShutdownException>(() => pc.Run(100));
        var last = pc.LastInstructions(3);
        Assert.Equal(3, last.Count);
        Assert.Contains("inc eax", last[1], StringComparison.Ordinal);
        Assert.Contains("ud2", last[2], StringComparison.Ordinal);
    }

    [Fact]
    public void A_crash_shows_the_instructions_as_they_were_executed()
    {
        const uint directory = 0x20000,
            table = 0x21000,
            unmapped = 0x30000;
        var pc = TestPc.With(c =>
        {
            c.inc(ebx);
            // The instruction above becomes NOP, and then all pages go.
            c.mov(__byte_ptr[TestPc.Code], 0x90);
            c.mov(eax, unmapped);
            c.mov(cr3, eax);
            c.dec(ebx);
        });
        pc.Poke(directory, table | 3);
        for (var page = 0u; page < 1024; page++)
            pc.Poke(table + page * 4, page << 12 | 3);
        pc.Cpu.Cr3 = directory;
        pc.Cpu.Cr0 |= ControlBit.Paging;
        pc.Cpu.Bus.PagingChanged(pc.Cpu.Cr0, 0);
        pc.Cpu.Bus.PageDirectoryLoaded(directory);
        Assert.Throws<ShutdownException>(() => pc.Run(100));
        var last = pc.LastInstructions();
        Assert.Equal(
            ["inc ebx", "mov byte ptr ds:[10000h],90h", "mov eax,30000h", "mov cr3,eax"],
            last.Select(line => line[30..].Trim())
        );
        Assert.StartsWith($"{TestPc.Code:X8}  43 ", last[0], StringComparison.Ordinal);
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

    private static Pc WithModel(ProcessorModel model, Action<Iced.Intel.Assembler> program)
    {
        var pc = TestPc.With(program);
        pc.Cpu.Model = model;
        return pc;
    }

    /// <summary>The vector that a program ends in; null if it reaches its end.</summary>
    private static int? VectorOf(ProcessorModel model, Action<Iced.Intel.Assembler> program)
    {
        var pc = WithHandlers(c =>
        {
            program(c);
            c.hlt();
        });
        pc.Cpu.Model = model;
        pc.RunToHalt();
        var at = pc.Cpu.Eip.Value - Handlers;
        return at < 32 * 16 ? (int)(at / 16) : null;
    }

    private static Pc WithHandlers(Action<Iced.Intel.Assembler> program)
    {
        var pc = TestPc.With(program);
        pc.Descriptor(Gdt, 1, 0, 0xFFFFF, 0x9B, 0xC);
        for (var vector = 0; vector < 32; vector++)
        {
            pc.Gate(Idt, vector, 8, Handlers + (uint)vector * 16, 0x8E);
            pc.Memory.Write(Handlers + (uint)vector * 16, [0xF4]);
        }

        (pc.Cpu.GdtBase, pc.Cpu.IdtBase) = (Gdt, Idt);
        pc.Cpu.S[SegmentRegister.Cs].Selector = 8;
        return pc;
    }
}
