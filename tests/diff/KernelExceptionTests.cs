using Iced.Intel;
using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Diff;

/// <summary>Exceptions that the kernel's own code raises: each is named with its instruction.</summary>
public class KernelExceptionTests
{
    private const uint Nowhere = 0xE0000000;

    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    [Theory]
    [InlineData("page fault at address E0000034h by a read", "cmp dword ptr [ecx+34h],0", "ECX = E0000000h")]
    [InlineData("page fault at address E0000034h by a write", "mov [ecx+34h],edx", "ECX = E0000000h")]
    [InlineData("general-protection exception with error code 1F8h", "mov ds,cx", "ECX = 1F8h (504)")]
    [InlineData("invalid-opcode exception", "ud2", null)]
    [InlineData("divide error", "div ecx", "ECX = 0")]
    [InlineData("breakpoint exception", "int 3", null)]
    [InlineData("debug exception", "int1", null)]
    public void An_exception_names_its_instruction_and_its_registers(string exception, string text, string? register)
    {
        var explained = Explained(c => Fault(c, text));
        Assert.Equal((Reason.Raised, "thread_switch"), (explained.Reason, explained.Step?.Name));
        Assert.StartsWith("the kernel raised a", explained.Headline);
        Assert.Contains($" {exception}, at this instruction", explained.Headline);
        Assert.Equal(text, explained.Deviating?.Text);

        // It did nothing, so it has no value.
        Assert.DoesNotContain("=", explained.Deviating!.Values);
        if (register is null)
            Assert.Empty(explained.Registers);
        else
        {
            var read = Assert.Single(explained.Registers, read => read.Text == register);
            Assert.Contains(" ecx,", read.Writer?.Text);
            Assert.True(read.Writer!.IsOrigin);
            Assert.Contains(register, read.Writer.Values);
        }
    }

    [Fact]
    public void A_jump_to_nowhere_names_the_jump_and_where_it_led()
    {
        var explained = Explained(c =>
        {
            c.mov(ecx, Nowhere);
            c.jmp(ecx);
        });
        Assert.Equal("jmp ecx", explained.Deviating?.Text);
        Assert.EndsWith("when it continued at E0000000h, after this instruction", explained.Headline);
        Assert.Contains(explained.Registers, read => read.Text == "ECX = E0000000h");
    }

    // The frame of the exception has no place, and neither has that of the double fault.
    [Fact]
    public void A_triple_fault_names_the_instruction_at_which_the_machine_stopped()
    {
        var explained = Explained(c =>
        {
            c.mov(esp, Nowhere);
            c.ud2();
        });
        Assert.Equal((Reason.Stopped, "ud2"), (explained.Reason, explained.Deviating?.Text));
        Assert.Equal("the machine stopped at this instruction", explained.Headline);
        Assert.Contains("triple fault", explained.Step?.Difference.ToString());
        Assert.Equal("", explained.Deviating!.Values);
    }

    // Otherwise an exception would hide the reason of a difference that it has nothing to do with.
    [Fact]
    public void The_kernel_itself_raises_none()
    {
        var duel = new Duel(new ImageMachine(Image));
        var generator = new Generator(5, Image.Limits);
        Assert.Null(duel.PlaceBooted());
        generator.ChooseInterrupts();
        for (var i = 0; i < 300; i++)
        {
            var e = i < 100 ? generator.Grow(duel.State, duel.Threads) : generator.Next(duel.State, duel.Threads);
            var path = new WatchedPath(duel.Machine, new("", "", ""), null, 10);
            duel.Machine.Pc.Trace = path.Record;
            Assert.Null(duel.Step(e));
            duel.Machine.Pc.Trace = null;
            path.End();
            Assert.Null(path.Exception);
        }
    }

    private static void Fault(Assembler c, string text)
    {
        switch (text)
        {
            case "ud2":
                c.ud2();
                break;
            case "int 3":
                c.int3();
                break;
            case "int1":
                c.int1();
                break;
            case "div ecx":
                c.mov(ecx, 0);
                c.div(ecx);
                break;
            case "mov ds,cx":
                c.mov(ecx, 0x1F8);
                c.mov(ds, cx);
                break;
            case "mov [ecx+34h],edx":
                c.mov(ecx, Nowhere);
                c.mov(__[ecx + 0x34], edx);
                break;
            default:
                c.mov(ecx, Nowhere);
                c.cmp(__dword_ptr[ecx + 0x34], 0);
                break;
        }
    }

    private static Explained Explained(Action<Assembler> planted)
    {
        var image = Image.WithDetour(Image.After(Image.Symbols["thread_switch"]), planted);
        var found = Assert.IsType<Disagreement>(DiffRun.Run(image, new(Events: 300_000)).Disagreement);
        return Explanation.Path(new(new(image)), found);
    }
}
