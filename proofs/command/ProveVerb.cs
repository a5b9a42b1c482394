using System.CommandLine;
using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Prove;

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

    private static readonly Option<bool> Names = new("--names") { Description = "List the theorems' names and stop" };

    // The search takes a few seconds. If a failure is easy to find, it shows within that time.
    private const long EventsOfSearch = 100_000;
    private const int ProgramsOfSearch = 200;

    public static Command Make()
    {
        var verb = new Command(
            "prove",
            "Prove for all states: the spec preserves its invariants, and the image's bytes do what the spec says"
        )
        {
            Name,
            Names,
            CommonOptions.NoCache,
            ImageSource.File,
            ImageSource.Size,
            CommonOptions.Json,
        };
        QuestionChecks.AddTo(verb);
        Reporting.AddTo(verb, Run);
        return verb;
    }

    /// <summary>Proves and prints a line per theorem, and the replayed counterexample of each that fails.</summary>
    /// <exception cref="SolverMissingException">There is no libz3.</exception>
    public static IReadOnlyList<ProofResult> Prove(
        Display display,
        KernelImage image,
        IReadOnlyList<Theorem> theorems,
        bool cached
    )
    {
        RequireSolver();
        return Tell(
            display,
            image,
            display.While("prove", say =>
                Prover.Prove(
                    theorems,
                    Environment.ProcessorCount,
                    cached ? Cache() : null,
                    new Progress(display, say, theorems.Count)
                )
            )
        );
    }

    /// <summary>A run that prints a line per theorem as it ends.</summary>
    public static ProofRun Begin(Display display, IReadOnlyList<Theorem> theorems, bool cached) =>
        new(theorems, cached ? Cache() : null, new Progress(display, _ => { }, theorems.Count));

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

    public static ProofCache Cache() => new(Path.Combine(Report.Folder, "proofs"));

    private static int Run(ParseResult parsed, Display display)
    {
        var image = ImageSource.Of(parsed);
        var all = Theorems.Of(image);
        var name = parsed.GetValue(Name);
        var theorems = name is null ? all : Theorems.Named(all, name);
        if (theorems.Count == 0)
            throw new CommandException(
                $"there is no theorem '{name}': 'verified prove --names' lists them; ipc, spec and image name several"
            );
        if (parsed.GetValue(Names))
        {
            var named = name is null ? all : theorems;
            Report.Lines(display, named.Select(theorem => theorem.Name), "");
            return CommandLine.Holds;
        }

        if (QuestionChecks.Run(parsed, image, theorems) is { } code)
            return code;
        var cached = !parsed.GetValue(CommonOptions.NoCache);
        var results = Prove(display, image, theorems, cached);
        if (parsed.GetValue(CommonOptions.Json))
            display.Json(results.Select(result => Summary(image, result)));
        var proved = results.Count(result => result.Proved);
        display.Line(
            $"prove: {proved} of {results.Count} theorems proved, {ImageSource.Describe(image, parsed)}, "
                + $"{RequireSolver()}"
        );
        return proved == results.Count ? CommandLine.Holds : CommandLine.Refuted;
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
            if (result.Theorem.StartsWith("lists.", StringComparison.Ordinal))
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
            display.Line(
                $"  this counterexample does not reproduce, which is a defect of the prover: {outcome.Defect}"
            );
            if (refutation.Trail.Count > 0)
                display.Line("  its path:");
            Report.Lines(display, refutation.Trail.Select(address => $"{address:X8}  {image.Name(address)}"), "    ");
            Report.Save(display, outcome.Trace with { Origin = new("prove") }, $"prove-{result.Theorem}");
            display.Line("  a search for the same failure:");
            if (result.Theorem.StartsWith("image.", StringComparison.Ordinal))
                SearchImage(display, image);
            else
                SearchSpec(display, image);
        }
    }

    // Random programs first, then small models. Models with mappings come first, because theorems assume least about
    // mapping steps.
    private static void SearchSpec(Display display, KernelImage image)
    {
        if (!FuzzVerb.Fuzz(display, new FuzzOptions(Count: ProgramsOfSearch, Limits: image.Limits)).Holds)
            return;
        foreach (var model in Model.All.OrderByDescending(model => model.Maps))
            if (!CheckVerb.Check(display, model, new()).Holds)
                return;
    }

    private static void SearchImage(Display display, KernelImage image) =>
        DiffVerb.Diff(display, image, new DiffOptions(Events: EventsOfSearch, Workers: Environment.ProcessorCount));

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

    private sealed class Progress(Display display, Action<string> say, int count) : IProofProgress
    {
        private readonly HashSet<string> _running = [];
        private int _ended;

        public void Started(string theorem)
        {
            _running.Add(theorem);
            Say();
        }

        public void Ended(ProofResult result)
        {
            _running.Remove(result.Theorem);
            _ended++;
            display.Line($"prove {result.Theorem}: {Describe(result)}");
            Say();
        }

        private void Say() => say($"{_ended} of {count}, now {string.Join(", ", _running)}");
    }
}
