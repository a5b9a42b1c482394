using System.CommandLine;
using Verified.Kernel;
using Verified.Proofs.Commands.Shards;
using Verified.Proofs.Events;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Proofs.Z3;

namespace Verified.Proofs.Commands;

/// <summary><c>prove</c>: the theorems.</summary>
internal static class ProveVerb
{
    private static readonly Argument<string?> Name = new("name")
    {
        Description =
            "A theorem (image.ipc-slow), an entry (ipc, exception), or a kind (spec, image, sets); default: all",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string[]> Only = new("--only")
    {
        Description = "Only the theorem of exactly this name; may be repeated",
        HelpName = "NAME",
        DefaultValueFactory = _ => [],
    };

    public static readonly Option<bool> Quiet = new("--quiet", "-q")
    {
        Description = "Print only the theorems that are not proved, and the count",
    };

    private static readonly Option<bool> Names = new("--names") { Description = "List the theorems' names and stop" };

    public static Command Make()
    {
        var verb = new Command(
            "prove",
            "Prove for all states: the spec preserves its invariants, and the image's bytes do what the spec says"
        )
        {
            Name,
            Only,
            Names,
            Quiet,
            CommonOptions.NoCache,
            CommonOptions.Cache,
            CommonOptions.Jobs,
            ImageSource.File,
            ImageSource.Size,
            CommonOptions.Json,
        };
        QuestionChecks.AddTo(verb);
        ShardOptions.AddTo(verb);
        Reporting.AddTo(verb, Run, stops: _ => true);
        return verb;
    }

    /// <summary>
    /// Proves and prints a line per theorem that is not in the cache, and the replayed counterexample of each that
    /// fails.
    /// </summary>
    /// <exception cref="SolverMissingException">There is no libz3.</exception>
    public static IReadOnlyList<ProofResult> Prove(
        Display display,
        KernelImage image,
        IReadOnlyList<Theorem> theorems,
        ProofCache? cache,
        int jobs,
        CancellationToken? stop = null
    )
    {
        RequireSolver();
        var results = display.While("prove", say =>
            Prover.Prove(
                theorems,
                jobs,
                cache,
                new ProofProgress(display, say, theorems, cache),
                Counterexample.Judge(image),
                stop ?? display.Stop
            )
        );
        WarnOf(display, cache);
        return Tell(display, image, results);
    }

    /// <summary>A run that prints a line per theorem as it ends, if the theorem is not in the cache.</summary>
    public static ProofRun Begin(
        Display display,
        KernelImage image,
        IReadOnlyList<Theorem> theorems,
        ProofCache? cache
    ) =>
        new(
            theorems,
            cache,
            new ProofProgress(display, (_, _) => { }, theorems, null),
            Counterexample.Judge(image),
            display.Stop
        );

    /// <summary>Says if proofs could not be cached.</summary>
    public static void WarnOf(Display display, ProofCache? cache)
    {
        if (cache?.NotKept is { } reason)
            display.Warn($"proofs are not cached: {reason} (--cache DIR names another folder)");
    }

    /// <summary>Prints the replayed counterexample of each theorem that fails.</summary>
    public static IReadOnlyList<ProofResult> Tell(
        Display display,
        KernelImage image,
        IReadOnlyList<ProofResult> results
    )
    {
        display.Checked.AddRange(
            results.Select(result => new Checked(
                result.Theorem,
                result.Proved,
                Describe(result),
                result.Time.TotalSeconds
            ))
        );
        foreach (var result in results)
            RefutationReport.Tell(display, image, result);
        return results;
    }

    /// <summary>Loads libz3 here, where its absence can be reported, and not on a worker.</summary>
    public static string RequireSolver() => Z3.Context.Version;

    private static int Run(ParseResult parsed, Display display)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var image = ImageSource.Of(parsed);
        var theorems = Selected(Theorems.Of(image), parsed.GetValue(Name), parsed.GetValue(Only)!);
        if (parsed.GetValue(Names))
        {
            ShardOptions.Refuse(parsed, Names.Name);
            Report.Lines(display, theorems.Select(theorem => theorem.Name), "");
            return CommandLine.Holds;
        }

        var total = theorems.Count;
        theorems = ShardOptions.Of(parsed).PartOf(theorems, theorem => theorem.Weight);
        if (QuestionChecks.Run(parsed, image, theorems) is { } code)
        {
            (display.Notes.Unit, display.Notes.Done, display.Notes.Total) = ("theorems", theorems.Count, total);
            return code;
        }

        var cache = parsed.GetValue(CommonOptions.NoCache) ? null : CommonOptions.CacheOf(parsed);
        var results = Prove(display, image, theorems, cache, CommonOptions.JobsOf(parsed));
        (display.Notes.Unit, display.Notes.Done, display.Notes.Total) = ("theorems", results.Count, total);
        display.Notes.Proofs.AddRange(results.Select(SharedProof.Of));
        if (parsed.GetValue(CommonOptions.Json))
            display.Json(results.Select(result => Summary(image, result)));
        var (proved, cached) = (results.Count(result => result.Proved), results.Count(result => result.Cached));
        var interrupted = results.Count < theorems.Count;
        display.Line(
            (interrupted ? $"prove: interrupted after {clock.Elapsed.TotalSeconds:F0} s: " : "prove: ")
                + $"{proved} of {theorems.Count} theorems proved"
                + (cached > 0 ? $", {cached} of them cached" : "")
                + (results.Count > proved ? $", {results.Count - proved} NOT PROVED" : "")
                + (interrupted ? $", {theorems.Count - results.Count} without an answer" : "")
                + $", {ImageSource.Describe(image, parsed)}, {RequireSolver()}"
        );
        return proved < results.Count ? CommandLine.Refuted
            : interrupted ? CommandLine.Unusable
            : CommandLine.Holds;
    }

    /// <summary>The theorems that the user names; all if the user names none.</summary>
    /// <exception cref="CommandException">There is no theorem of a name.</exception>
    public static IReadOnlyList<Theorem> Selected(IReadOnlyList<Theorem> all, string? name, string[] only)
    {
        const string how = "'verified prove --names' lists them; ipc, spec and image name several";
        if (name is not null && only.Length > 0)
            throw new CommandException("a name and --only exclude each other: give one of them");
        var names = all.Select(theorem => theorem.Name).ToList();
        if (only.FirstOrDefault(one => !names.Contains(one)) is { } unknown)
            throw new CommandException(
                DidYouMean.Line(
                    "theorem",
                    unknown,
                    names,
                    "--only takes a full name; 'verified prove --names' lists them"
                )
            );
        if (only.Length > 0)
            return [.. all.Where(theorem => only.Contains(theorem.Name))];
        if (name is null)
            return all;
        return Theorems.Named(all, name) is { Count: > 0 } named
            ? named
            : throw new CommandException(
                DidYouMean.Line("theorem", name, [.. names.SelectMany(full => full.Split('.')), .. names], how)
            );
    }

    public static string Describe(ProofResult result) =>
        result switch
        {
            { Failure: { } failure } => $"NOT PROVED: {failure}",
            { Verdict.Refutation: { } refutation } => $"REFUTED: {refutation.What}",
            { Verdict: { } verdict } => $"proved, {verdict.Paths} paths, {verdict.Questions} questions"
                + (verdict.Worst.Instructions > 0 ? $", at most {verdict.Worst}" : "")
                + (result.Cached ? ", cached" : $", {result.Time.TotalSeconds:F1} s"),
            _ => "NOT PROVED",
        };

    private static object Summary(KernelImage image, ProofResult result)
    {
        var outcome =
            result.Verdict?.Refutation is { IsOfProcessor: false } refutation && Counterexample.IsOfStep(result.Theorem)
                ? Counterexample.Of(image, result.Theorem, refutation)
                : null;
        return new
        {
            result.Theorem,
            result.Proved,
            result.Failure,
            Refutation = result.Verdict?.Refutation?.What,
            result.Cached,
            Seconds = result.Time.TotalSeconds,
            result.Verdict?.Paths,
            result.Verdict?.Questions,
            result.Verdict?.Worst,
            Reproduces = outcome is null ? (bool?)null : outcome.Defect is null,
            result.Verdict?.Refutation?.Completed,
            Sides = result.Verdict?.Refutation?.Sides.Select(side => new
            {
                side.Name,
                side.Row,
                Spec = side.Wanted,
                Image = side.Found,
            }),
            Difference = outcome?.Disagreement?.Difference,
            Violation = outcome?.Violation?.Property,
            Run = outcome is null ? null : Transcript.Of(outcome.Trace),
        };
    }
}
