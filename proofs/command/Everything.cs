using System.CommandLine;
using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Diff;
using Verified.Proofs.First;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Oracle;
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
        Reporting.AddTo(root, Run);
    }

    private static int Run(ParseResult parsed, Display display)
    {
        var image = ImageSource.Of(parsed);
        var claims = Check(
            display,
            image,
            ImageSource.Describe(image, parsed),
            parsed.GetValue(CommonOptions.Seed),
            !parsed.GetValue(CommonOptions.NoCache)
        );
        display.Checked.Clear();
        display.Checked.AddRange(
            claims
                .Where(claim => claim.Standing != Standing.Assumed)
                .Select(claim => new Checked(claim.What, claim.Standing != Standing.Failed, claim.Detail))
        );
        Ledger.Print(display, claims, image);
        return Verdict(claims);
    }

    public static int Verdict(IReadOnlyList<Claim> claims) =>
        claims.Any(claim => claim.Standing == Standing.Failed) ? CommandLine.Refuted : CommandLine.Holds;

    /// <summary>Runs every check, and keeps the claims for <c>claims</c>.</summary>
    public static IReadOnlyList<Claim> Check(Display display, KernelImage image, string name, int seed, bool cached)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var solver = ProveVerb.RequireSolver();
        display.Line($"verified: {name}, {solver}, seed {seed}, {Environment.ProcessorCount} processors");
        var theorems = Theorems.Of(image);
        var confirmed = Confirmations.Of(theorems);
        var parts = new Parts(display);
        Add(parts, image, seed, theorems, confirmed, cached);
        List<Claim> claims =
        [
            .. parts.Run(Environment.ProcessorCount),
            .. Assumptions.All(confirmed.Assumption(theorems.Count)),
        ];
        display.Line($"verified: done in {clock.Elapsed.TotalSeconds:F0} s");
        Ledger.Save(image, claims);
        return claims;
    }

    // Adds the parts in the order in which they are printed. The weights are seconds on one core, roughly.
    private static void Add(
        Parts parts,
        KernelImage image,
        int seed,
        IReadOnlyList<Theorem> theorems,
        Confirmations confirmed,
        bool cached
    )
    {
        // The parts share the cores, so a part takes few of them for itself.
        var workers = Math.Max(1, Environment.ProcessorCount / 2);
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
                proofs = ProveVerb.Begin(display, theorems, cached);
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
        var diff = new DiffOptions(seed, Workers: workers);
        parts.Add("diff", 30, display => [Ledger.Of(DiffVerb.Diff(display, image, diff), diff)]);
        parts.Add("coverage", 25, display => [Ledger.Of(DiffVerb.Cover(display, image, seed), image)]);
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
