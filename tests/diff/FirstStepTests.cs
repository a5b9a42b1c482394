using System.Text.RegularExpressions;
using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Diff;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Diff;

/// <summary>The first step of an event that differs, and its place in the source.</summary>
public class FirstStepTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    private static readonly IReadOnlyDictionary<uint, SourceLine> Lines = Image.SourceLines;

    // Image and spec agree after each event, so a step that differs would be a false report.
    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void No_step_of_the_kernel_differs_from_the_spec(int seed)
    {
        var duel = new Duel(new ImageMachine(Image));
        var generator = new Generator(seed, Image.Limits);
        Assert.Null(duel.PlaceBooted());
        generator.ChooseInterrupts();
        for (var i = 0; i < 400; i++)
        {
            var e = i < 100 ? generator.Grow(duel.State, duel.Threads) : generator.Next(duel.State, duel.Threads);
            Assert.Null(duel.FirstDifferent(() => duel.Step(e))?.Difference.ToString());
        }
    }

    [Fact]
    public void No_step_from_generated_tables_differs()
    {
        var duel = new Duel(new ImageMachine(Image));
        for (var seed = 1; seed <= 3; seed++)
        {
            var generator = new Generator(seed, Image.Limits);
            var population = generator.Population();
            Assert.Null(duel.FirstDifferent(() => duel.Place(population))?.Difference.ToString());
            for (var i = 0; i < 100; i++)
            {
                var e = generator.Next(duel.State, duel.Threads);
                Assert.Null(duel.FirstDifferent(() => duel.Step(e))?.Difference.ToString());
            }
        }
    }

    // One of thousands of own steps keeps a link of a mapping that it removes.
    [Fact]
    public void A_missing_write_in_a_long_event_names_its_step_and_the_writes_near_it()
    {
        var missing = InstructionOf("MapStep.cs", "mov(Node(ebx, Maps.Previous), 0)");
        var explained = Explained(Image.WithBytes(missing.Address, Nops(missing.Length)));
        Assert.Equal(Reason.NothingWritten, explained.Reason);
        Assert.Contains(explained.Step?.Name, (string[])["map-flush", "delete-page"]);
        Assert.EndsWith("MapStep.cs", explained.Deviating?.Source?.File);
        Assert.Contains(explained.Last, executed =>
            executed is { IsNear: true, Source.Line: var line } && Math.Abs(line - missing.Line) < 8
        );
        Assert.Equal(explained.Length, explained.Last.Count);
        Assert.True(explained.Step!.Number > 1);
        Assert.Contains(explained.Step.SpecMethod, (string[])["Flush", "UnmapPage"]);

        // No jump is wrong, and the trial of the jumps says so.
        Assert.False(explained.IsMended);
        Assert.True(explained.Turned > 1);
        Assert.Contains("a write is missing", explained.Headline);
        Assert.Contains("still differ", explained.Trial);
    }

    [Fact]
    public void A_wrong_store_names_its_line()
    {
        // The trap address that INT 80h leaves is one byte too low.
        var add = InstructionOf("Traps.cs", "add(eax, LengthOfInt)", last: true);
        var explained = Explained(Image.WithBytes(add.Address + (uint)add.Length - 1, [1]));
        Assert.Equal(Reason.Writes, explained.Reason);
        Assert.Equal("trap", explained.Step?.Name);
        Assert.EndsWith("Traps.cs", explained.Deviating?.Source?.File);
        Assert.InRange(explained.Deviating!.Source!.Line, add.Line, add.Line + 2);
        Assert.Contains(explained.Origins, origin => origin.Source?.Line == add.Line);

        // The value that the instruction stored is the wrong one of the image.
        var stored = explained.Deviating.Values.Split(" = ");
        Assert.StartsWith("trap_address of ", stored[0]);
        Assert.Equal(Number(explained.Step!.Difference.Image), Number(stored[1]));
    }

    // A thread that waits to send is stored as one that sleeps.
    [Fact]
    public void A_stored_status_has_its_name()
    {
        var sleeping = BitConverter.GetBytes(StoredStatus.Sleeping);
        var explained = Explained(Image.WithBytes(Image.Symbols["ipc_block_sending"] + 4, sleeping));
        Assert.Contains(explained.Last, executed =>
            Regex.IsMatch(executed.Values, @"^status of .* = 600h \(sleeping\)")
        );
        Assert.Contains(explained.Last, executed =>
            Regex.IsMatch(executed.Values, @"^EAX = .*, from status of .* \([a-z-]+(, timed)?\)$")
        );
    }

    [Theory]
    [InlineData("mov dr7,eax")]
    [InlineData("clts")]
    [InlineData("popfd")]
    public void A_register_that_the_kernel_must_not_change_names_the_instruction_that_changes_it(string instruction)
    {
        var image = Image.WithDetour(Image.After(Image.Symbols["thread_switch"]), c =>
        {
            switch (instruction)
            {
                case "clts":
                    c.clts();
                    break;
                case "popfd":
                    c.push((int)Flag.NestedTask | 2);
                    c.popfd();
                    break;
                default:
                    c.mov(eax, 0x402);
                    c.mov(dr7, eax);
                    break;
            }
        });
        var explained = Explained(image);
        Assert.Equal(Reason.Writes, explained.Reason);
        Assert.Equal("thread_switch", explained.Step?.Name);
        Assert.Equal(instruction, explained.Deviating?.Text);
    }

    [Fact]
    public void A_segment_register_that_is_not_loaded_is_missing_on_the_way_out()
    {
        var missing = InstructionOf("Exit.cs", "mov(fs, edi)");
        var explained = Explained(Image.WithBytes(missing.Address, Nops(missing.Length)));
        Assert.Equal((SpecStep.Exit, Reason.NothingWritten), (explained.Step?.Name, explained.Reason));
        Assert.EndsWith("Exit.cs", explained.Deviating?.Source?.File);
    }

    [Fact]
    public void An_interrupt_within_a_step_names_where_it_was_taken()
    {
        var explained = Explained(Image.WithDetour(Image.After(Image.Symbols["thread_schedule"]), c =>
            {
                c.sti();
                c.nop();
                c.cli();
            }));
        Assert.Equal(("thread_schedule", Reason.Interrupted), (explained.Step?.Name, explained.Reason));
        Assert.Equal("nop", explained.Deviating?.Text);
    }

    private static uint Number(string text) =>
        Convert.ToUInt32(text.Split(' ')[0] is var digits && digits.EndsWith('h') ? digits[..^1] : digits, 16);

    private static byte[] Nops(int count) => [.. Enumerable.Repeat((byte)0x90, count)];

    private static Explained Explained(KernelImage image)
    {
        var found = Assert.IsType<Disagreement>(DiffRun.Run(image, new(Events: 300_000)).Disagreement);
        return Explanation.Path(new(new(image)), found);
    }

    // The instruction that a line of the kernel's source emits.
    private static (uint Address, int Length, int Line) InstructionOf(string file, string text, bool last = false)
    {
        var found = Listing
            .Of(Image)
            .Where(instruction =>
                Lines.GetValueOrDefault(instruction.Address) is { } line
                && line.File.EndsWith($"/{file}", StringComparison.Ordinal)
                && File.ReadLines(Path.Combine(SourceRoot(), line.File))
                    .ElementAt(line.Line - 1)
                    .Contains(text, StringComparison.Ordinal)
            )
            .ToList();
        var instruction = last ? found[^1] : found[0];
        return (instruction.Address, instruction.Bytes.Length, Lines[instruction.Address].Line);
    }

    private static string SourceRoot([System.Runtime.CompilerServices.CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));
}
