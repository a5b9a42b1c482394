using Verified.Proofs.Checker;
using Verified.Proofs.Commands;
using Verified.Proofs.Paths;
using Verified.Proofs.Subjects;
using Verified.Proofs.Tutorial;
using Xunit;

namespace Verified.Tests.Tutorial;

/// <summary>The kernel in one file: what the command prints, and that each kind of check finds a planted bug.</summary>
public sealed class TutorialTests
{
    private static readonly string[] Expected =
    [
        "mailbox: a kernel of two threads and 40 instructions",
        "prove spec.yield: proved, 2 paths",
        "prove spec.put: proved, 3 paths",
        "prove spec.get: proved, 3 paths",
        "prove code.yield: proved, 2 paths",
        "prove code.put: proved, 3 paths",
        "prove code.get: proved, 3 paths",
        "check: 120 states, 720 steps, every invariant holds",
        "liveness: yield-is-fair holds",
        "diff: 20000 events, no difference",
        "the same kernel with a bug: the code of yield does not look whether the other thread waits",
        "prove code.yield: refuted: current is what the spec says",
        "  in the state: ",
        "  on the machine: current is ",
        "diff: event 19: yield: current is 00000000h in the machine, and 00000001h in the spec",
        "  the shortest program found: get; yield",
        "  verified replay .verified/tutorial.json runs it again",
    ];

    [Fact]
    public void The_command_proves_checks_and_diffs_and_finds_the_planted_bug()
    {
        using var output = new StringWriter();
        Assert.Equal(0, CommandLine.Run(["tutorial"], output, output));
        var lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Expected.Length, lines.Length);
        Assert.All(Expected.Zip(lines), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
        Assert.Contains(lines, line =>
            line.StartsWith("  in the state: ", StringComparison.Ordinal)
            && line.Contains("waits of thread", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void The_program_that_shows_the_planted_bug_is_replayed()
    {
        var buggy = new MailboxKernel(yieldsToWaiters: true);
        var found = TutorialRun.Diff(buggy, 2_000);
        Assert.NotNull(found);
        var smallest = found.Smallest(buggy);
        Assert.Equal("get; yield", string.Join("; ", smallest.Program));
        Assert.Null(SubjectDiff.Replay(new MailboxKernel(), smallest.Program));
        Assert.False(Replayed("mailbox-with-a-bug", smallest));
        Assert.True(Replayed("mailbox", smallest));
        Assert.Null(Replayed("another kernel", smallest));
        Assert.Throws<ModelException>(() => SubjectDiff.Replay(buggy, [new("jump", new Dictionary<string, uint>())]));

        bool? Replayed(string kernel, SubjectDifference program) =>
            TutorialRun.Replay(SubjectTrace.Write(kernel, buggy, program), _ => { });
    }

    [Fact]
    public void A_yield_that_keeps_the_processor_is_unfair_though_every_invariant_holds()
    {
        var spec = new StubbornSpec();
        var model = TutorialRun.Model(spec);
        Assert.Null(model.Of("stubborn").Check().Violated);
        Assert.Equal(
            "yield-is-fair is violated for thread 0, in a cycle of 1 steps after 2",
            SpecFairness.Violated(spec, model, TutorialRun.Fair)
        );
    }

    [Fact]
    public void The_file_has_at_most_300_lines()
    {
        var file = Path.Combine(Meaning.Sources.Root, "proofs", "tutorial", "Mailbox.cs");
        Assert.InRange(File.ReadLines(file).Count(), 100, 300);
        Assert.InRange(new MailboxKernel().Instructions, 30, 60);
    }

    [Theory]
    [InlineData("61CF", "9061", "PUSHAD's registers are not restored in time")]
    [InlineData("36A310310000", "909090909090", "the row of the other thread is not stored")]
    [InlineData("36C7050031000001000000", "36C7050031000003000000", "a full mailbox is marked by another value")]
    [InlineData("36891D04310000", "90909090909090", "put stores no word")]
    [InlineData("36C7050431000000000000", "9090909090909090909090", "get leaves the word in the mailbox")]
    public void Damaged_code_is_refuted(string bytes, string by, string what)
    {
        var kernel = new DamagedKernel(Convert.FromHexString(bytes), Convert.FromHexString(by));
        Assert.Contains(
            Prover.Prove([.. kernel.Ways.Select(way => new RefinementTheorem(kernel, way))], 1, null),
            result => result.Verdict is { Refutation: not null }
        );
        Assert.True(TutorialRun.Diff(kernel, 2_000) is not null, what);
    }

    [Fact]
    public void A_value_that_is_wider_than_its_column_is_refuted() =>
        Assert.Equal(
            "what the step writes to full fits its 1 bits",
            new PreservationTheorem(new HastySpec(), "overflow").Prove().Refutation?.What
        );

    [Fact]
    public void A_step_that_breaks_an_invariant_is_refuted_and_found_in_the_model()
    {
        var spec = new HastySpec();
        var refutation = new PreservationTheorem(spec, "get").Prove().Refutation;
        Assert.NotNull(refutation);
        Assert.StartsWith("somebody-runs holds again", refutation.What, StringComparison.Ordinal);
        Assert.Equal("somebody-runs", Without(TutorialRun.Model(spec).Of("hasty"), step: 3).Check().Violated);
        Assert.Null(new PreservationTheorem(spec, "put").Prove().Refutation);
    }

    [Fact]
    public void An_invariant_about_pairs_of_rows_is_refused_by_every_check()
    {
        var spec = new PairsSpec();
        Assert.Throws<ModelException>(() => new PreservationTheorem(spec, "put").Prove());
        Assert.Throws<ModelException>(() => TutorialRun.Model(spec).Of("pairs"));
        Assert.Throws<ModelException>(() => spec.Violated(spec.First()));
    }

    /// <summary>
    /// The key of such a theorem does not describe the kernel, so another kernel's proof may not count.
    /// </summary>
    [Fact]
    public void A_cache_keeps_no_theorem_about_a_subject()
    {
        var folder = Directory.CreateTempSubdirectory("verified-tutorial").FullName;
        try
        {
            var cache = new ProofCache(folder);
            var theorems = TutorialRun.Theorems(new MailboxKernel());
            Assert.All(Prover.Prove(theorems, 1, cache), result => Assert.True(result.Proved));
            Assert.Empty(Directory.EnumerateFiles(folder));
            Assert.All(theorems, theorem => Assert.Null(cache.Find(theorem)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static CellSystem Without(CellSystem system, int step) =>
        system with
        {
            Steps = [.. system.Steps.Where((_, number) => number != step)],
        };
}
