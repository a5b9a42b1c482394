using System.CommandLine;
using Verified.Kernel;
using Verified.Proofs.Commands.Shards;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Proofs.Z3;
using Model = Verified.Proofs.Check.Model;

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

    // The search takes a few seconds. If a failure is easy to find, it shows within that time.
    private const long EventsOfSearch = 100_000;
    private const int ProgramsOfSearch = 200;

    private const int LastOfTrail = 8;

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
                stop ?? display.Stop,
                Counterexample.Judge(image)
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
            display.Stop,
            Counterexample.Judge(image)
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
            Explain(display, image, result);
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

    private static void Explain(Display display, KernelImage image, ProofResult result)
    {
        if (result.Verdict?.Refutation is not { } refutation)
            return;
        display.Line();
        display.Line($"{result.Theorem} is refuted: {refutation.What}");
        if (!Counterexample.IsOfStep(result.Theorem) || refutation.IsOfProcessor)
        {
            Piece(display, image, refutation);
            if (refutation.IsOfProcessor)
                return;
            if (result.Theorem.Split('.')[0] is "lists" or "latency")
                SearchSpec(display, image);
            else
                SearchImage(display, image);
            return;
        }

        var outcome = Counterexample.Of(image, result.Theorem, refutation);
        if (outcome.Disagreement is { } disagreement)
            Report.Disagreement(display, image, disagreement, $"prove-{result.Theorem}", new("prove"));
        else if (outcome.Violation is { } violation)
            Report.Violation(display, violation, $"prove-{result.Theorem}", new("prove"));
        else
        {
            // Such a trace would fail for no one, so it is not saved.
            display.Line($"  the solver's state does not reproduce the failure: {outcome.Defect}");
            var last = refutation.Trail.TakeLast(LastOfTrail).ToList();
            if (last.Count > 0)
                display.Line($"  the last of the {refutation.Trail.Count:N0} instructions of its path:");
            Report.Lines(display, last.Select(address => $"{address:X8}  {image.Name(address)}"), "    ");
            display.Line("  random programs and small models search for a run that fails:");
            var found = result.Theorem.StartsWith("image.", StringComparison.Ordinal)
                ? SearchImage(display, image)
                : SearchSpec(display, image);
            display.Line(
                found
                    ? "  this run was found by the search, and is not the solver's"
                    : "  no run was found: the theorem may need more invariants (Case.Needs), or a longer search"
            );
        }
    }

    // Random programs first, then small models. Models with mappings come first, because theorems assume least about
    // mapping steps.
    private static bool SearchSpec(Display display, KernelImage image) =>
        !FuzzVerb.Fuzz(display, new FuzzOptions(Count: ProgramsOfSearch, Limits: image.Limits)).Holds
        || Model.All.OrderByDescending(model => model.Maps).Any(model => CheckVerb.Check(display, model, new()).Fails);

    private static bool SearchImage(Display display, KernelImage image) =>
        !DiffVerb.Diff(display, image, new(Events: EventsOfSearch, Workers: Environment.ProcessorCount)).Holds;

    /// <summary>A counterexample that is not a whole step: its values and, for a piece of code, its path.</summary>
    private static void Piece(Display display, KernelImage image, Refutation refutation)
    {
        display.Line("  values at its start:");
        Report.Lines(display, refutation.Registers.Select(register => $"{register.Key} = {register.Value:X}h"), "    ");
        Report.Lines(
            display,
            refutation
                .Fields.Where(field => field.Value != 0)
                .Select(field => $"{field.Column}[{field.Row}] = {field.Value:X}h"),
            "    "
        );
        if (refutation.Trail.Count == 0)
            return;
        var most = refutation.Trail.Count > Explanation.Most ? $", the last {Explanation.Most} of them" : "";
        display.Line($"  its path, {refutation.Trail.Count:N0} instructions{most}:");
        Report.Lines(
            display,
            refutation
                .Trail.TakeLast(Explanation.Most)
                .SelectMany(address => Listing.Lines(image, address, address + 1))
                .Select(line => line.ToString()),
            "    "
        );
    }

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
            Difference = outcome?.Disagreement?.Difference,
            Violation = outcome?.Violation?.Property,
            Run = outcome is null ? null : Transcript.Of(outcome.Trace),
        };
    }
}
