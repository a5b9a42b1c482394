using Iced.Intel;
using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Spec;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Prove;

/// <summary>
/// Kernels that leave wrong processor state that no column of the spec shows. Each is refuted, and the report names the
/// field and the cut point.
/// </summary>
public sealed class PlantedKernelTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping, new(Programs: []));

    private static readonly CutPoints Points = CutPoints.Of(Image.Layout);

    // The instruction behind Enter stores 0 in the thread's EAX: MOV, eight bytes.
    private static readonly (uint Start, uint End) InIdNearest = (
        Image.Symbols["id_nearest"] + 8,
        Image.Symbols["id_nearest"] + 16
    );

    public static TheoryData<string, string> OfSystemCall =>
        new()
        {
            { "a breakpoint", "the kernel writes a debug or test register" },
            { "a load of SS", "the kernel loads SS" },
            { "a model-specific register", "the kernel executes Rdmsr" },
            { "the processor's identity", "the kernel executes Cpuid" },
            { "the task register", "the kernel executes Str" },
            { "a thousand loads", "the kernel repeats a string instruction" },
            { "a bit of a dword 0", "Eax is what the spec says" },
            { "a selector's upper half", "Eax is what the spec says" },
            { "LDTR", "LDTR selector is 0h" },
            { "task switched", "CR0 is 8001003Fh" },
            { "time stamp", "the kernel executes Wrmsr" },
            { "interrupts on", "no interrupt is taken at" },
            { "write protection", "CR0" },
            { "caches", "empties the caches by INVD" },
            { "DS", "at cut point exit DS selector is 10h" },
            { "trap flag of the thread", "Eflags is what the spec says" },
            { "alignment flag of the thread", "Eflags is what the spec says" },
            { "I/O privilege of the thread", "Eflags is what the spec says" },
            { "ES of the thread", "Eax is what the spec says" },
            { "a set of threads", "a way that uses no sets by StepFacts reaches no operation on them" },
        };

    [Theory]
    [MemberData(nameof(OfSystemCall))]
    public void A_system_call_that_leaves_state_wrong_is_refuted(string defect, string what) =>
        Assert.Contains(what, Refutation(Planted(InIdNearest.Start, InIdNearest.End, c =>
                {
                    switch (defect)
                    {
                        case "a breakpoint":
                            c.mov(eax, 0x401);
                            c.mov(dr7, eax);
                            break;
                        case "a load of SS":
                            // STI delays interrupts by one instruction, and so does MOV SS, but not in a row.
                            c.sti();
                            c.mov(ss, eax);
                            c.cli();
                            break;
                        case "a model-specific register":
                            c.xor(ecx, ecx);
                            c.rdmsr();
                            break;
                        case "the processor's identity":
                            c.mov(eax, 1);
                            c.cpuid();
                            break;
                        case "the task register":
                            c.str(ecx);
                            break;
                        case "a thousand loads":
                            c.mov(esi, Image.Text.Linear);
                            c.mov(ecx, 1000);
                            c.rep.lodsd();
                            break;
                        case "a bit of a dword 0":
                            // Many processors leave EAX as it is.
                            c.xor(eax, eax);
                            c.bsf(eax, __dword_ptr[Image.Layout.Gdt]);
                            break;
                        case "a selector's upper half":
                            c.mov(eax, ds);
                            c.sub(eax, Layout.KernelData);
                            break;
                        case "LDTR":
                            c.mov(eax, 3);
                            c.lldt(ax);
                            break;
                        case "task switched":
                            c.clts();
                            break;
                        case "time stamp":
                            c.mov(ecx, 0x10);
                            c.wrmsr();
                            break;
                        case "interrupts on":
                            c.sti();
                            c.nop();
                            c.nop();
                            c.cli();
                            break;
                        case "caches":
                            c.invd();
                            break;
                        case "write protection":
                            c.mov(eax, Layout.Cr0 & ~(1u << 16));
                            c.mov(cr0, eax);
                            break;
                        case "DS":
                            c.mov(eax, 0);
                            c.mov(ds, eax);
                            break;
                        case "trap flag of the thread":
                            Or(Flag.Trap);
                            break;
                        case "alignment flag of the thread":
                            Or(Flag.AlignmentCheck);
                            break;
                        case "I/O privilege of the thread":
                            Or(Flag.PrivilegeLevel);
                            break;
                        case "ES of the thread":
                            c.mov(eax, es);
                            break;
                        case "a set of threads":
                            c.jmp(Image.Symbols["add_ready_1"]);
                            break;
                        default:
                            throw new ArgumentOutOfRangeException(nameof(defect), defect, "not planted");
                    }

                    if (defect is "ES of the thread" or "a selector's upper half" or "a bit of a dword 0")
                        c.mov(__dword_ptr[esp + 0x1C], eax);
                    else
                        c.mov(__dword_ptr[esp + 0x1C], 0);

                    void Or(uint flag) =>
                        c.or(__dword_ptr[esp + (int)(Layout.Eflags.Offset - Layout.Edi.Offset)], flag);
                }), "image.id_nearest"), StringComparison.Ordinal);

    // MOV ESP, to row 0, before STI.
    [Theory]
    [InlineData(Flag.NestedTask, "at cut point map EFLAGS.NT is 0h")]
    [InlineData(Flag.PrivilegeLevel, "at cut point map EFLAGS.IOPL is 0h")]
    [InlineData(Flag.Trap, "the kernel does not single-step itself")]
    [InlineData(Flag.VirtualInterrupt, "")]
    public void A_flag_that_the_mapping_loop_leaves_set_is_refuted(uint flag, string what)
    {
        var start = Image.Symbols["map"];
        var image = Planted(start, start + 5, c =>
        {
            c.mov(esp, Image.Layout.Threads.Base + Layout.Esp.Offset);
            c.push((int)(flag | Flag.Reserved));
            c.popfd();
        });
        if (what.Length > 0)
            Assert.Contains(what, Refutation(image, "image.fpage_unmap"), StringComparison.Ordinal);
        else
            Assert.Null(Prove(image, "image.fpage_unmap").Refutation); // POPF does not change VIF (SDM vol. 2)
    }

    [Fact]
    public void Sti_directly_followed_by_cli_is_refuted()
    {
        // STI and NOP change places.
        var nop = Image.Symbols["map_step"] - 1;
        Assert.Equal(
            [0xFB, 0x90],
            Image.Text.Bytes[(int)(nop - 1 - Image.Text.Linear)..(int)(nop + 1 - Image.Text.Linear)]
        );
        Assert.Contains(
            "at cut point map interrupt shadow is 0h",
            Refutation(Image.WithBytes(nop - 1, [0x90, 0xFB]), "image.fpage_unmap"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_segment_register_that_keeps_what_another_thread_loaded_is_refuted()
    {
        // POPAD and IRETD follow MOV GS, EDI, of two bytes.
        var text = Image.Text.Bytes.AsSpan((int)(Image.Symbols["exit_load"] - Image.Text.Linear));
        var at = Image.Symbols["exit_load"] + (uint)text.IndexOf((ReadOnlySpan<byte>)[0x8E, 0xEF, 0x61, 0xCF]);
        Assert.Contains(
            "at cut point user GS",
            Refutation(Image.WithBytes(at, [0x90, 0x90]), "image.exit"),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(0x20, 0xEE, "CD20 in ring 3, INT 20h, does not enter the kernel")]
    [InlineData(0x2E, 0xEE, "CD2E in ring 3, INT 2Eh, does not enter the kernel")]
    [InlineData(0x0D, 0xEE, "CD0D in ring 3, INT Dh, does not enter the kernel")]
    [InlineData(0x31, 0x8E, "INT 31h, enters the kernel: it raises #GP")]
    [InlineData(0x03, 0x8E, "INT 3h, enters the kernel: it raises #GP")]
    [InlineData(0x09, 0x8E, "vector 9h has no gate")]
    [InlineData(0x05, 0x0E, "vector 5h has a gate")]
    [InlineData(0x33, 0xEF, "the gate of vector 33h is an interrupt gate")]
    public void A_wrong_gate_is_refuted(uint vector, byte rights, string what) =>
        Assert.Contains(
            what,
            Refutation(Image.WithBytes(Image.Layout.Idt + vector * 8 + 5, [rights]), "image.vectors"),
            StringComparison.Ordinal
        );

    [Fact]
    public void A_longer_gdt_with_a_call_gate_at_its_end_is_refuted()
    {
        const uint limit = 0x40; // where the operand of LGDT is in the table's page
        byte[] gate = [0, 0, (byte)Layout.KernelCode, 0, 0, 0xEC, 0, 0];
        var image = Image
            .WithBytes(Image.Layout.Gdt + Layout.GdtLimit + 1, gate)
            .WithBytes(Image.Layout.Gdt + limit, [(byte)(Layout.GdtLimit + 8)]);
        Assert.Contains(
            "boot leaves GDTR limit as the contract",
            Refutation(image, "image.boot"),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_weaker_contract_of_a_cut_point_breaks_the_proof_of_what_starts_there()
    {
        var weaker = Theorems.WithContracts(Image, points =>
            points with
            {
                Exit = points.Exit.With("EFLAGS.NT", Holding.Any),
            }
        );
        Assert.NotNull(weaker.Single(theorem => theorem.Name == "image.exit").Prove().Refutation);
    }

    [Theory]
    [InlineData("tick-map")]
    [InlineData("interrupt-7-map")]
    public void Without_the_contract_of_the_window_no_interrupt_is_taken_there(string way)
    {
        var weaker = Theorems.WithContracts(Image, points =>
            points with
            {
                Map = points.Map.With("EFLAGS.IF", Holding.Any),
            }
        );
        Assert.Contains(
            "takes an interrupt at cut point map",
            weaker.Single(theorem => theorem.Name == $"image.{way}").Prove().Refutation?.What,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_stronger_contract_of_a_cut_point_breaks_the_proof_of_what_ends_there()
    {
        var stronger = Theorems.WithContracts(Image, points =>
            points with
            {
                Exit = points.Exit.With("EFLAGS.DF", Holding.Is(0)),
            }
        );
        Assert.Contains(
            "at cut point exit EFLAGS.DF is 0h",
            stronger.Single(theorem => theorem.Name == "image.id_nearest").Prove().Refutation?.What,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Vectors_of_the_image_are_its_ways_in() => Assert.Null(Prove(Image, "image.vectors").Refutation);

    [Fact]
    public void Interrupts_are_taken_only_in_user_mode_between_steps_on_mappings_and_when_idle() =>
        Assert.Equal(
            ["user", "map", "idle"],
            Points.All.Where(point => point.IsInterruptible).Select(point => point.Name)
        );

    /// <summary>
    /// The code between two addresses becomes a jump to other code, in the place of the panic path, and back.
    /// </summary>
    private static KernelImage Planted(uint start, uint end, Action<Assembler> code)
    {
        var cave = Image.Symbols["panic"];
        var planted = Assembled(cave, c =>
        {
            code(c);
            c.jmp(end);
        });
        Assert.True(planted.Length <= 35, "the panic path has room for the planted code");
        return Image.WithBytes(start, Assembled(start, c => c.jmp(cave))).WithBytes(cave, planted);
    }

    private static byte[] Assembled(uint at, Action<Assembler> code)
    {
        var assembler = new Assembler(32);
        code(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), at);
        return stream.ToArray();
    }

    private static string Refutation(KernelImage image, string theorem) =>
        Prove(image, theorem).Refutation?.What ?? "nothing: it is proved";

    private static Verdict Prove(KernelImage image, string name) =>
        Theorems.Of(image).Single(theorem => theorem.Name == name).Prove();
}
