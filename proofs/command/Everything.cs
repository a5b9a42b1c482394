using System.CommandLine;
using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Proofs.Check;
using Verified.Proofs.Diff;
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
        List<Claim> claims = [.. BootChecks.Of(image)];
        foreach (var claim in claims)
            display.Line($"{claim.What}: {(claim.Standing == Standing.Failed ? "FAILED, " : "")}{claim.Detail}");
        if (Demonstration(display, image) is { } demonstration)
            claims.Add(demonstration);

        foreach (var model in Model.All)
            claims.Add(Ledger.Of(CheckVerb.Check(display, model, new CheckOptions().MostStates)));
        claims.Add(Ledger.Of(CheckVerb.CheckFair(display)));
        var theorems = Theorems.Of(image);
        var confirmed = Confirmations.Of(theorems);
        claims.AddRange(Ledger.Of(ProveVerb.Prove(display, image, theorems, cached), image, confirmed));
        claims.AddRange(confirmed.Claims(theorems.Count));
        claims.Add(Ledger.Of(OracleVerb.CompareReadings(display, seed)));
        claims.Add(Ledger.Of(OracleVerb.CompareCompiled(display, seed)));
        claims.AddRange(Oracle(display, image, seed));
        var fuzz = new FuzzOptions(seed, Limits: image.Limits);
        claims.Add(Ledger.Of(FuzzVerb.Fuzz(display, fuzz), fuzz));
        var diff = new DiffOptions(seed, Workers: Environment.ProcessorCount);
        claims.Add(Ledger.Of(DiffVerb.Diff(display, image, diff), diff));
        claims.Add(Ledger.Of(DiffVerb.Cover(display, image, seed), image));
        claims.Add(Ledger.Of(DiffVerb.DiffAll(display, Model.Ranked), Model.Ranked));
        claims.AddRange(Assumptions.All(confirmed.Assumption(theorems.Count)));
        display.Line($"verified: done in {clock.Elapsed.TotalSeconds:F0} s");
        Ledger.Save(image, claims);
        return claims;
    }

    private static IEnumerable<Claim> Oracle(Display display, KernelImage image, int seed)
    {
        var compared = OracleVerb.Compare(display, new OracleOptions(seed));
        return [Ledger.Of(compared), Ledger.Of(FormCoverage.Of(image, compared.Cases))];
    }

    private static Claim? Demonstration(Display display, KernelImage image)
    {
        if (!image.Symbols.ContainsKey("boot") || image.Limits != Spec.Limits.Shipping)
            return null;
        var lines = new System.Text.StringBuilder();
        var (reason, pc) = display.While("run", _ =>
            RunVerb.Boot(image, DemonstrationBudget, sent => lines.Append((char)sent))
        );
        var content = reason == StopReason.Exited && pc.ExitStatus == RunVerb.Content;
        var last = lines.ToString().TrimEnd().Split('\n')[^1].Trim();
        display.Line($"run: {pc.Instructions:N0} instructions, last line '{last}': {(content ? "holds" : "FAILED")}");
        return Claim.Of(
            "image: boots, its programs talk and end content",
            content,
            Standing.Tested,
            $"{pc.Instructions:N0} instructions on the machine"
        );
    }
}
