using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Spec;
using Xunit;
using static Verified.Tests.Commands.InProcess;

namespace Verified.Tests.Commands;

/// <summary>Output and exit codes of the command.</summary>
public sealed class CommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-command").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_verb_has_help()
    {
        Assert.Contains("Exit code: 0 everything holds", Run("--help").Output);
        foreach (
            var verb in (string[])
                [
                    "check",
                    "prove",
                    "fuzz",
                    "diff",
                    "run",
                    "replay",
                    "image",
                    "list",
                    "mutate",
                    "bench",
                    "ways",
                    "claims",
                ]
        )
        {
            var (exit, output, _) = Run(verb, "--help");
            Assert.Equal(CommandLine.Holds, exit);
            Assert.Contains($"verified {verb}", output);
        }
    }

    [Fact]
    public void An_image_written_here_runs_lists_and_agrees_with_the_spec()
    {
        var file = Path.Combine(_folder, "image.elf");
        Assert.Equal(CommandLine.Holds, Run("image", "-o", file, "--round-trips", "20").Exit);
        var run = Run("run", "--image", file);
        Assert.Equal(CommandLine.Holds, run.Exit);
        Assert.Contains("ping: 20 round trips to pong, every answer right", run.Output);
        Assert.Contains("iret", Run("list", "ipc", "--image", file).Output);
        Assert.Equal(CommandLine.Holds, Run("diff", "--image", file, "--events", "1000", "--seed", "3").Exit);
        AssertUnusable("--minutes 0 is out of range", "diff", "--minutes", "0");
    }

    [Fact]
    public void A_damaged_image_differs_and_is_refuted()
    {
        var image = KernelImage.Build(Limits.Shipping);
        var elf = image.ToElf();
        var text = elf.AsSpan().IndexOf(image.Text.Bytes.AsSpan(0, 512));
        const byte pusha = 0x60,
            nop = 0x90;
        var at = text + (int)(image.Symbols["id_nearest"] - image.Text.Linear);
        Assert.Equal(pusha, elf[at]);
        elf[at] = nop;
        var file = Path.Combine(_folder, "damaged.elf");
        File.WriteAllBytes(file, elf);

        var (exit, output, _) = Run("diff", "--json", "--image", file, "--events", "50000");
        Assert.Equal(CommandLine.Refuted, exit);
        Assert.Contains("\"holds\": false", output);
        (exit, output, _) = Run("prove", "--json", "--no-cache", "--image", file, "image.id_nearest");
        Assert.Equal(CommandLine.Refuted, exit);
        Assert.Contains("\"proved\": false", output);
    }

    // The solver names ids and statuses of threads that the path has not read. The case is completed around them, or,
    // if it is not a possible state, a search finds a run.
    [Fact]
    public void A_system_call_that_leaks_a_selector_is_refuted_by_a_run()
    {
        var image = KernelImage.Build(Limits.Shipping);
        var at = image.Symbols["id_nearest"] + 8;
        Assert.Equal([0xC7, 0x44, 0x24, 0x1C], image.Text.Bytes.AsSpan((int)(at - image.Text.Linear), 4).ToArray());

        // MOV of 0 to the caller's EAX becomes MOV AX,ES and MOV of EAX. With MOV EAX,ES a Pentium leaves the upper
        // half undefined.
        var file = Path.Combine(_folder, "leak.elf");
        image.WithBytes(at, [0x66, 0x8C, 0xC0, 0x89, 0x44, 0x24, 0x1C, 0x90]).Save(file);
        var (exit, output, _) = Run("prove", "--no-cache", "--image", file, "image.id_nearest");
        Assert.Equal(CommandLine.Refuted, exit);
        Assert.Equal(
            output.Contains("does not reproduce", StringComparison.Ordinal),
            output.Contains("this run was found by the search, and is not the solver's", StringComparison.Ordinal)
        );
        Assert.Contains("user register EAX", output);
    }

    [Fact]
    public void A_theorem_is_proved()
    {
        var (exit, output, _) = Run("prove", "--json", "--no-cache", "image.id_nearest");
        Assert.Equal(CommandLine.Holds, exit);
        Assert.Contains("\"proved\": true", output);
    }

    [Theory]
    [InlineData("check pair")]
    [InlineData("fuzz --programs 20 --json")]
    [InlineData("bench ipc --repeats 1")]
    public void Small_runs_hold(string arguments) => Assert.Equal(CommandLine.Holds, Run(arguments.Split(' ')).Exit);
}
