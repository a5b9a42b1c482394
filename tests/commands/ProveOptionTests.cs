using System.Diagnostics;
using System.Text.RegularExpressions;
using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Proofs.Events;
using Verified.Proofs.Explore;
using Verified.Spec;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Commands;

/// <summary>The output and the files of <c>prove</c>, and its end if it is interrupted.</summary>
public sealed partial class ProveOptionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-prove").FullName;

    private string Cache => Path.Combine(_folder, "cache");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_theorem_that_ran_has_a_line_and_cached_theorems_have_a_count()
    {
        var (exit, output, error) = Prove("id_nearest", "--cache", Cache, "--jobs", "1");
        Assert.Equal(CommandLine.Holds, exit);
        Assert.Empty(error);
        var lines = output.Count(letter => letter == '\n') - 1;
        Assert.Contains("prove image.id_nearest: proved, ", output);
        Assert.Contains($"prove: {lines} of {lines} theorems proved, image built here", output);

        (exit, output, _) = Prove("id_nearest", "--cache", Cache);
        Assert.Equal(CommandLine.Holds, exit);
        Assert.StartsWith($"prove: {lines} of {lines} theorems proved, {lines} of them cached, ", output);
    }

    [Fact]
    public void Only_proves_the_named_theorem_and_quiet_prints_no_line_for_it()
    {
        var (exit, output, _) = Prove("--only", "spec.id_nearest", "--no-cache", "--quiet");
        Assert.Equal(CommandLine.Holds, exit);
        Assert.StartsWith("prove: 1 of 1 theorems proved, ", output);
        Assert.Equal(
            ["image.ipc-slow", "spec.id_nearest"],
            Prove("--names", "--only", "spec.id_nearest", "--only", "image.ipc-slow").Output.Trim().Split('\n').Order()
        );
    }

    [Fact]
    public void Quiet_prints_a_theorem_that_is_refuted()
    {
        var image = KernelImage.Build(Limits.Shipping);
        var file = Path.Combine(_folder, "bad.elf");
        image.WithBytes(image.Symbols["id_nearest"] + 12, [1]).Save(file);
        var (exit, output, _) = Prove("--only", "image.id_nearest", "--no-cache", "-q", "--image", file);
        Assert.Equal(CommandLine.Refuted, exit);
        Assert.Contains("prove image.id_nearest: REFUTED: ", output);
        Assert.Contains("prove: 0 of 1 theorems proved, 1 NOT PROVED, ", output);
    }

    // Nothing can be written below a file, whoever runs the test.
    [Fact]
    public void A_cache_that_cannot_be_written_is_a_warning_and_the_verdict_is_right()
    {
        File.WriteAllText(Cache, "a file");
        var (exit, output, error) = Prove("--only", "spec.id_nearest", "--cache", Path.Combine(Cache, "below"));
        Assert.Equal(CommandLine.Holds, exit);
        Assert.Contains("prove: 1 of 1 theorems proved, ", output);
        Assert.StartsWith("verified: warning: proofs are not cached: ", error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    // Even root can write nothing in /proc.
    [FactWith(Tool.Linux)]
    public void In_a_folder_that_cannot_be_written_failures_are_still_reported()
    {
        var image = KernelImage.Build(Limits.Shipping);
        var file = Path.Combine(_folder, "bad.elf");
        image
            .WithBytes(image.Symbols["ipc_block_sending"] + 4, BitConverter.GetBytes(StoredStatus.Sleeping))
            .Save(file);
        using var process = Start("/proc", "diff", "--image", file, "--events", "100000");
        var (output, error) = Rest(process);
        Assert.Equal(CommandLine.Refuted, process.ExitCode);
        Assert.Contains("what differs: Status of ", output);
        Assert.DoesNotContain("saved:", output);
        Assert.Matches("^verified: warning: .verified/diff.json is not written: .*\n$", error);
    }

    // Whether the solver's state or a search gives the run: the saved trace fails when it is replayed.
    [Fact]
    public void A_refutation_saves_only_a_run_that_reproduces()
    {
        var image = KernelImage.Build(Limits.Shipping);
        var file = Path.Combine(_folder, "bad.elf");
        image
            .WithBytes(image.Symbols["ipc_block_sending"] + 4, BitConverter.GetBytes(StoredStatus.Sleeping))
            .Save(file);
        using var prove = Start(_folder, "prove", "--only", "image.ipc-slow", "--no-cache", "--image", file);
        var (output, _) = Rest(prove);
        Assert.Equal(CommandLine.Refuted, prove.ExitCode);
        Assert.Equal(
            output.Contains("does not reproduce", StringComparison.Ordinal),
            output.Contains("this run was found by the search", StringComparison.Ordinal)
        );
        var saved = Saved(output);
        using var replay = Start(_folder, "replay", saved, "--image", file);
        Assert.Contains("what differs: ", Rest(replay).Output);
        Assert.Equal(CommandLine.Refuted, replay.ExitCode);
        AssertExplored(saved, file);
    }

    private static string Saved(string output) =>
        output
            .Split('\n')
            .Single(line => line.Contains("saved: verified replay ", StringComparison.Ordinal))
            .Split("verified replay ")[1]
            .Split(' ')[0];

    // The explorer shows the failure, and goes back to a state before it.
    private void AssertExplored(string saved, string image)
    {
        var trace = TraceFile.Load(Path.Combine(_folder, saved));
        var session = new Session(new TraceWorld(trace, 1, new(KernelImage.Load(image), image, trace.Origin!.Image!)));
        Assert.Equal((trace.Events.Count, 0), session.Follow());
        var view = session.View();
        Assert.True(view.Page.Fails);
        Assert.NotEmpty(view.Page.Path!.Instructions);
        session.Back();
        Assert.False(session.View().Page.Fails);
    }

    [TheoryWith(Tool.Linux)]
    [InlineData("prove --no-cache --jobs 1", "prove ")]
    [InlineData("prove --no-cache --jobs 2", "")]
    [InlineData("diff --minutes 5 --jobs 1", "")]
    [InlineData("--no-cache --jobs 1", "verified: ")]
    public void An_interrupted_check_reports_what_it_has_done(string arguments, string first)
    {
        using var process = Start(_folder, arguments.Split(' '));
        if (first.Length > 0)
            Assert.StartsWith(first, process.StandardOutput.ReadLine());
        else
            Thread.Sleep(TimeSpan.FromSeconds(5));
        using (var kill = Process.Start("kill", ["-INT", $"{process.Id}"]))
            kill.WaitForExit();
        var (output, error) = Rest(process);
        Assert.Equal(CommandLine.Unusable, process.ExitCode);
        Assert.Matches(Interrupted(), output);
        Assert.Empty(error);
    }

    private static (string Output, string Error) Rest(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(2)), "it did not end");
        return (output, error.Result);
    }

    [GeneratedRegex(
        @"prove: interrupted after \d+ s: \d+ of \d+ theorems proved, \d+ without an answer|"
            + @"diff: [\d,]+ events compared .*: interrupted, no difference so far|"
            + @"verified: interrupted after \d+ s: \d+ of \d+ jobs ended, 0 claims FAILED"
    )]
    private static partial Regex Interrupted();

    private static Process Start(string folder, params string[] arguments) =>
        Process.Start(
            new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, .. arguments])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                WorkingDirectory = folder,
            }
        )!;

    private static (int Exit, string Output, string Error) Prove(params string[] arguments) =>
        InProcess.Run(["prove", .. arguments]);
}
