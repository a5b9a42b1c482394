using System.Diagnostics;
using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Proofs.Host;
using Verified.Spec;
using Verified.Tests.Host;
using Xunit;
using static Verified.Tests.Commands.InProcess;

namespace Verified.Tests.Commands;

/// <summary><c>prove --smt</c>, <c>--second</c> and <c>--certify</c>: their output, files and exit codes.</summary>
public sealed class QuestionChecksTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("verified-questions").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("prove --certify --second cvc5", "give one of them")]
    [InlineData("prove --sample 3", "--sample is about")]
    [InlineData("prove --certify --sample 0", "--sample 0 is out of range")]
    [InlineData("prove --second frobnicate", "--second frobnicate: give one of cvc5, z3")]
    public void What_cannot_be_carried_out_is_told_in_one_line(string arguments, string says)
    {
        var (exit, _, error) = Run(arguments.Split(' '));
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Equal(CommandLine.Unusable, exit);
    }

    [Theory]
    [InlineData("--second", "cvc5")]
    [InlineData("--certify", "cadical")]
    public void A_program_that_is_not_installed_is_told_in_one_line(string option, string program)
    {
        string[] arguments = option == "--second" ? [option, program] : [option];
        var dotnet =
            Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet"
                ? host
                : OtherProgram.Run("which", ["dotnet"], Patience).Output.Trim();
        var assembly = typeof(CommandLine).Assembly.Location;
        var start = new ProcessStartInfo(dotnet, [assembly, "prove", "id_nearest", .. arguments])
        {
            RedirectStandardError = true,
            Environment = { ["PATH"] = _folder },
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.StartsWith($"verified: {program} is not installed: install it", error, StringComparison.Ordinal);
        Assert.Equal(CommandLine.Unusable, process.ExitCode);
    }

    [Fact]
    public void Every_question_is_written_and_stands_in_the_index()
    {
        var (exit, output, _) = Run("prove", "spec.id_nearest", "--smt", _folder);
        Assert.Equal(CommandLine.Holds, exit);
        Assert.Contains("smt: 1 of 1 theorems written to", output, StringComparison.Ordinal);
        var lines = File.ReadAllLines(Path.Combine(_folder, "index.tsv")).Select(line => line.Split('\t')).ToList();
        Assert.Equal(["file", "theorem", "path", "goal", "expected", "by", "bytes"], lines[0]);
        var asked = lines.Skip(1).Where(line => line[5] == "solver").ToList();
        Assert.Contains(asked, line => line[4] == "sat");
        Assert.Contains(asked, line => line[4] == "unsat");
        Assert.Contains(lines, line => line[5] == "rules" && line[4] == "unsat");
        Assert.Equal(
            asked.Select(line => line[0]).Order(StringComparer.Ordinal),
            Directory
                .GetFiles(_folder, "*.smt2", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(_folder, file))
                .Order(StringComparer.Ordinal)
        );
        Assert.All(asked, line =>
            Assert.StartsWith($"; theorem spec.id_nearest, path {line[2]}\n", Text(line), StringComparison.Ordinal)
        );

        string Text(string[] line) => File.ReadAllText(Path.Combine(_folder, line[0]));
    }

    [FactWith(Tool.Cvc5)]
    public void A_second_solver_confirms_a_theorem_and_a_sample()
    {
        var (exit, output, _) = Run("prove", "spec.id_nearest", "--second", "cvc5", "--no-cache");
        Assert.Equal(CommandLine.Holds, exit);
        Assert.Matches("second cvc5: 1 of 1 theorems confirmed by .*1\\.[0-9.]+: ([0-9]+) of \\1 questions", output);
        (exit, output, _) = Run("prove", "id_nearest", "--second", "cvc5", "--sample", "3", "--seed", "2");
        Assert.Equal(CommandLine.Holds, exit);
        Assert.Contains("3 of 3 questions", output, StringComparison.Ordinal);
        Assert.Contains("a sample with seed 2", output, StringComparison.Ordinal);
    }

    [FactWith(Tool.Cadical)]
    public void A_theorem_is_certified()
    {
        var (exit, output, _) = Run("prove", "spec.id_nearest", "--certify", "--no-cache");
        Assert.Equal(CommandLine.Holds, exit);
        Assert.Matches(
            "certify: 1 of 1 theorems certified by proofs of cadical [^:]*: ([0-9]+) of \\1 questions",
            output
        );
        Assert.Contains(
            "1 theorems by an earlier run",
            Run("prove", "spec.id_nearest", "--certify").Output,
            StringComparison.Ordinal
        );
        (exit, output, _) = Run("prove", "spec.id_nearest", "--certify", "--json", "--sample", "5");
        Assert.Equal(CommandLine.Holds, exit);
        Assert.Contains("\"agreed\": 5", output, StringComparison.Ordinal);
    }

    [FactWith(Tool.Cadical)]
    public void A_theorem_that_does_not_hold_is_not_certified()
    {
        var image = KernelImage.Build(Limits.Shipping);
        var elf = image.ToElf();
        var text = elf.AsSpan().IndexOf(image.Text.Bytes.AsSpan(0, 512));
        const byte nop = 0x90;
        elf[text + (int)(image.Symbols["id_nearest"] - image.Text.Linear)] = nop;
        var file = Path.Combine(_folder, "damaged.elf");
        File.WriteAllBytes(file, elf);
        var (exit, output, _) = Run("prove", "image.id_nearest", "--certify", "--image", file);
        Assert.Equal(CommandLine.Refuted, exit);
        Assert.Contains("certify image.id_nearest: REFUTED", output, StringComparison.Ordinal);
        Assert.Contains("certify: 0 of 1 theorems", output, StringComparison.Ordinal);
    }
}
