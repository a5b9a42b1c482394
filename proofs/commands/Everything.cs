using System.CommandLine;
using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Diff;
using Verified.Proofs.First;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Oracle;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Commands;

/// <summary>No verb: every check at its default budget, then the ledger.</summary>
internal static class Everything
{
    private const long DemonstrationBudget = 10_000_000_000;

    public static void AddTo(Command root)
    {
        root.Add(ImageSource.File);
        root.Add(ImageSource.Size);
        root.Add(CommonOptions.Seed);
        root.Add(CommonOptions.NoCache);
        root.Add(CommonOptions.Cache);
        root.Add(CommonOptions.Jobs);
        Reporting.AddTo(root, Run, stops: _ => true);
    }

    private static int Run(ParseResult parsed, Display display)
    {
        var image = ImageSource.Of(parsed);
        var claims = Check(parsed, display, image, cached: !parsed.GetValue(CommonOptions.NoCache));
        display.Checked.Clear();
        display.Checked.AddRange(
            claims
                .Where(claim => claim.Standing != Standing.Assumed)
                .Select(claim => new Checked(claim.What, claim.Standing != Standing.Failed, claim.Detail))
        );
        if (display.Stop.IsCancellationRequested)
            return Verdict(claims) == CommandLine.Holds ? CommandLine.Unusable : CommandLine.Refuted;
        Ledger.Print(display, claims, image);
        return Verdict(claims);
    }

    public static int Verdict(IReadOnlyList<Claim> claims) =>
        claims.Any(claim => claim.Standing == Standing.Failed) ? CommandLine.Refuted : CommandLine.Holds;

    /// <summary>
    /// Runs every check, and keeps the claims for <c>claims</c>. If the user asks it to stop, only the claims of
    /// finished checks are returned, and none is kept.
    /// </summary>
    public static IReadOnlyList<Claim> Check(ParseResult parsed, Display display, KernelImage image, bool cached)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (solver, seed, jobs) = (
            ProveVerb.RequireSolver(),
            parsed.GetValue(CommonOptions.Seed),
            CommonOptions.JobsOf(parsed)
        );
        display.Line(
            $"verified: {ImageSource.Describe(image, parsed)}, {solver}, seed {seed}, {jobs} "
                + (jobs == 1 ? "job at a time" : "jobs at a time")
        );
        var theorems = Theorems.Of(image);
        var confirmed = Confirmations.Of(theorems);
        var parts = new Parts(display);
        var cache = cached ? CommonOptions.CacheOf(parsed) : null;
        Add(parts, image, seed, theorems, confirmed, cache, jobs);
        List<Claim> claims = [.. parts.Run(jobs)];
        ProveVerb.WarnOf(display, cache);
        if (display.Stop.IsCancellationRequested)
        {
            display.Line(
                $"verified: interrupted after {clock.Elapsed.TotalSeconds:F0} s: {parts.Ended} of {parts.Jobs} jobs "
                    + $"ended, {claims.Count(claim => claim.Standing == Standing.Failed)} claims FAILED; "
                    + (cache is null ? "nothing is cached" : "the proofs so far are cached")
            );
            return claims;
        }

        claims.AddRange(Assumptions.All(confirmed.Assumption(theorems.Count)));
        display.Line($"verified: done in {clock.Elapsed.TotalSeconds:F0} s");
        Ledger.Save(display, image, claims);
        return claims;
    }

    // Adds the parts in the order in which they are printed. The weights are seconds on one core, roughly.
    private static void Add(
        Parts parts,
        KernelImage image,
        int seed,
        IReadOnlyList<Theorem> theorems,
        Confirmations confirmed,
        ProofCache? cache,
        int jobs
    )
    {
        // The parts share the cores, so a part takes few of them for itself.
        var workers = Math.Max(1, jobs / 2);
        parts.Add("boot", 100, display => Booted(display, image));
        parts.Add("run", 100, display => Demonstration(display, image) is { } claim ? [claim] : []);
        foreach (var model in Model.All)
            parts.Add($"model {model.Name}", model.Maps ? 10 : 5, display =>
                [Ledger.Of(CheckVerb.Check(display, model, new(), workers))]
            );
        parts.Add("model fair", 5, display => [Ledger.Of(CheckVerb.CheckFair(display))]);
        ProofRun? proofs = null;
        parts.Add(
            display =>
            {
                proofs = ProveVerb.Begin(display, image, theorems, cache);
                return theorems.Select(theorem =>
                    (theorem.Name, theorem.Weight, (Action)(() => proofs.Prove(theorem)))
                );
            },
            display =>
                [
                    .. Ledger.Of(ProveVerb.Tell(display, image, proofs!.Results), image, confirmed),
                    .. confirmed.Claims(theorems.Count),
                ]
        );
        parts.Add("readings", 5, display => [Ledger.Of(OracleVerb.CompareReadings(display, seed))]);
        parts.Add("compiled readings", 5, display => [Ledger.Of(OracleVerb.CompareCompiled(display, seed))]);
        parts.Add("oracle", 10, display => Oracle(display, image, seed));
        var fuzz = new FuzzOptions(seed, Limits: image.Limits);
        parts.Add("fuzz", 30, display => [Ledger.Of(FuzzVerb.Fuzz(display, fuzz, workers), fuzz)]);
        var diff = new DiffOptions(seed, Workers: workers, Covered: DiffVerb.CoveragePopulations);
        parts.Add("diff", 30, display =>
        {
            var result = DiffVerb.Diff(display, image, diff);
            return [Ledger.Of(result, diff), Ledger.Of(result.Coverage!, image)];
        });
        parts.Add($"diff {Model.Ranked.Name}", 10, display =>
            [Ledger.Of(DiffVerb.DiffAll(display, Model.Ranked), Model.Ranked)]
        );
    }

    private static List<Claim> Booted(Display display, KernelImage image)
    {
        List<Claim> claims = [.. BootChecks.Of(image)];
        foreach (var claim in claims)
            display.Line($"{claim.What}: {(claim.Standing == Standing.Failed ? "FAILED, " : "")}{claim.Detail}");
        return claims;
    }

    private static IReadOnlyList<Claim> Oracle(Display display, KernelImage image, int seed)
    {
        var compared = OracleVerb.Compare(display, new OracleOptions(seed));
        return [Ledger.Of(compared), Ledger.Of(FormCoverage.Of(image, compared.Cases))];
    }

    private static Claim? Demonstration(Display display, KernelImage image)
    {
        if (!image.Symbols.ContainsKey("boot") || image.Limits != Spec.Limits.Shipping)
            return null;
        var run = display.While("run", _ => DemonstrationRun.Of(image, DemonstrationBudget));
        var last = run.Printed.TrimEnd().Split('\n')[^1].Trim();
        display.Line(
            $"run: {run.Instructions:N0} instructions, last line '{last}': {(run.IsContent ? "holds" : "FAILED")}"
        );
        return Claim.Of(
            "image: boots, its programs talk and end content",
            run.IsContent,
            Standing.Tested,
            $"{run.Instructions:N0} instructions on the machine"
        );
    }
}
