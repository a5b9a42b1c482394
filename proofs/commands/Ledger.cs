using Spectre.Console;
using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Diff;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Oracle;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Commands;

/// <summary>The table of claims, made from the results of one run.</summary>
public static partial class Ledger
{
    public static IEnumerable<Claim> Of(IReadOnlyList<ProofResult> proofs, KernelImage image, Confirmations confirmed)
    {
        // Theorems of one family make one claim: exception-0, exception-1, ...; the set operations; all steps that keep
        // tasks apart.
        foreach (
            var group in proofs.GroupBy(proof =>
                string.Join(
                    '.',
                    proof
                        .Theorem.Split('-')[0]
                        .Split('.')
                        .Take(
                            proof.Theorem.Split('.')[0] is "isolation" or "orders" or "lists" or "meaning" or "latency"
                                ? 1
                                : 2
                        )
                )
            )
        )
        {
            var entry = group.Key.Split('.')[^1];
            var what = group.Key switch
            {
                "spec.pick" or "spec.receive" or "spec.accept" or "spec.leave" =>
                    $"spec: {entry} preserves the invariants, and lowers the rank",
                "isolation" =>
                    "spec: a step changes no thread or space that takes no part in it, and does not depend on its "
                        + "registers",
                "orders" =>
                    "spec: lists of mappings and page tables, and chiefs, have no cycle; a flush leaves no derived "
                        + "mapping, a grant keeps the derivation, and rights never grow",
                "meaning" => $"meaning: each step does what the interface says: {MeaningTheorem.Count} named "
                    + "properties of messages, waits, time, interrupts, calls and unmapping",
                "latency" =>
                    "spec: between windows for interrupts each receive step lowers the number of threads in an ipc, "
                        + "each wake step takes another sleeper; an interrupt goes straight to a handler above all "
                        + "others",
                "lists" =>
                    "spec: a frame's list has all of its mappings, and a derived mapping has no right that its source "
                        + "lacks, except while mappings are being made read-only",
                "image.sets" => "image: the operations on the sets of threads keep their contracts",
                "image.boot" => "image: boot reaches one machine from any register values that the loader leaves",
                "image.vectors" =>
                    "image: INT n of all 256 vectors, and the interrupt lines, take the listed ways and no others",
                ReachTheorem.Title =>
                    "image: through the loaded directory a user reaches the pages of its own space, and no others",
                "image.idle" => "image: the idle processor takes interrupts, and becomes idle again",
                "spec.page" => "spec: a page fault preserves the invariants",
                _ when group.Key.StartsWith("spec.", StringComparison.Ordinal) =>
                    $"spec: {entry} preserves the invariants",
                _ => $"image: the bytes of {entry} do what the spec says",
            };
            var cached = group.Where(proof => proof.Cached).Select(proof => proof.Theorem).ToList();
            if (group.FirstOrDefault(proof => !proof.Proved) is { } failed)
            {
                yield return new(what, Standing.Failed, $"{failed.Theorem}: {ProveVerb.Describe(failed)}")
                {
                    Cached = cached,
                };
                continue;
            }

            var verdicts = group.Select(proof => proof.Verdict!).ToList();
            var worst = verdicts.Select(verdict => verdict.Worst).Aggregate((a, b) => a.Or(b));
            yield return new(
                what,
                Standing.Proved,
                (verdicts.Count > 1 ? $"{verdicts.Count} theorems, " : "")
                    + $"{verdicts.Sum(verdict => verdict.Paths)} paths"
                    + (worst.Instructions > 0 ? $", at most {worst}" : "")
                    + FromCache(cached.Count, verdicts.Count)
                    + confirmed.Of([.. group.Select(proof => proof.Theorem)])
            )
            {
                Cached = cached,
            };
        }

        if (WayGraph.Of(image.Layout, proofs) is { } graph)
            yield return Claim.Of(
                "image: cut points are closed: boot and each way end where the contract is proved that the next way "
                    + "assumes",
                graph.Gaps.Count == 0,
                Standing.Proved,
                graph.Gaps.Count > 0 ? graph.Gaps[0] : $"{graph.Points.Count} cut points, {graph.Edges.Count} ways"
            );
        if (LatencyReport.Claim(image, proofs) is { } bound)
            yield return bound;
        var executed = proofs.Where(proof => proof.Proved).SelectMany(proof => proof.Verdict!.Executed).ToHashSet();
        var coverage = CodeCoverage.Of(image, executed);
        yield return new(
            "code that theorems execute",
            Standing.Proved,
            $"{coverage.Covered} of {coverage.Total} bytes after boot"
        );
        if (coverage.Rest.Count > 0)
            yield return new("code that no theorem executes", Standing.Assumed, string.Join("; ", coverage.Rest));
        yield return BytesListing.Claim(image, BytesListing.Map(image, executed));
    }

    private static string FromCache(int cached, int all) =>
        cached == 0 ? ""
        : all == 1 ? ", from the cache"
        : $", {cached} from the cache";

    public static Claim Of(CheckResult result) =>
        Claim.Of(
            $"model {result.Model.Name}: invariants and meaning hold, required events happen, counts are as expected",
            result.Holds,
            Standing.Bounded,
            (result.Miscount is { } miscount ? $"{miscount}; " : "")
                + $"all {result.States:N0} states of {result.Model.Rows.Count} threads, "
                + $"{ImageSource.Describe(result.Model.Limits)}"
                + (
                    result.Beyond > 0
                        ? $"; {result.Beyond:N0} steps beyond its bound of time slices or versions are not followed"
                        : ""
                )
        );

    public static Claim Of(LivenessResult result) =>
        Claim.Of(
            "meaning: waiting senders are served, and ready threads run",
            result.Violation is null,
            Standing.Bounded,
            $"no fair cycle without progress among all {result.States:N0} states of model {result.Model.Name}"
        );

    public static Claim Of(FuzzResult result, FuzzOptions options) =>
        Claim.Of(
            "spec: invariants and meaning hold in random programs",
            result.Holds,
            Standing.Tested,
            $"{result.Programs:N0} programs, {result.Steps:N0} steps, seed {options.Seed}"
        );

    public static Claim Of(DiffResult result, DiffOptions options) =>
        Claim.Of(
            "image and spec agree on random programs",
            result.Holds,
            Standing.Tested,
            $"{result.Events:N0} events, whole state compared, seed {options.Seed}"
        );

    public static Claim Of(FlowCoverage coverage, KernelImage image) =>
        new(
            "the kernel's code that random programs reach",
            Standing.Tested,
            coverage
                + (coverage.Missed.Count > 0 ? $"; not {string.Join(", ", coverage.Missed.Select(image.Name))}" : "")
        );

    internal static Claim Of(OracleComparison compared) =>
        Claim.Of(
            "Ia32<W> agrees with a real processor",
            compared.Holds,
            Standing.Tested,
            $"{compared.Cases.Cases:N0} random cases of {compared.Cases.Compared.Count(form => form.Value > 0)} "
                + "integer instruction forms in ring 3, "
                + $"{compared.Cases.Faulted:N0} of them trap, "
                + $"{compared.Cases.Differing:N0} as only some processors do, "
                + $"and {compared.Sequences?.Cases ?? 0:N0} sequences, "
                + $"{compared.With}"
        );

    public static Claim Of(CompiledResult result) =>
        Claim.Of(
            "code compiled from Ia32<W> does what Ia32<Concrete> does",
            result.Holds,
            Standing.Tested,
            $"{result.Cases:N0} random sequences"
        );

    /// <summary>The claim that each instruction form of the image is compared with another processor.</summary>
    public static Claim Of(IReadOnlyList<CoveredForm> forms)
    {
        var (image, unseen) = (forms.Where(form => form.InImage).ToList(), forms.Where(form => form.IsUnseen).ToList());
        return Claim.Of(
            "each instruction form of the image is compared natively or in QEMU's transcript",
            unseen.Count == 0,
            Standing.Tested,
            unseen.Count > 0
                ? $"compared by nothing: {string.Join(", ", unseen.Select(form => form.Form))}"
                : $"{image.Count} forms: {image.Count(form => form.Completed > 0)} natively, "
                    + $"{image.Count(form => form.Completed == 0)} by transcript alone"
        );
    }

    public static Claim Of(SymbolicResult result) =>
        Claim.Of(
            "Ia32<Symbolic> evaluates to what Ia32<Concrete> does",
            result.Holds,
            Standing.Tested,
            $"{result.Cases:N0} random cases"
        );

    public static Claim Of(DiffResult result, Model model) =>
        Claim.Of(
            $"image and spec agree on all of model {model.Name}",
            result.Holds,
            Standing.Bounded,
            $"all {result.Events:N0} steps from {result.Programs:N0} states"
        );

    internal static void Print(Display display, IReadOnlyList<Claim> claims, KernelImage image)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("claim", "status", "detail");
        foreach (var claim in claims.OrderBy(claim => Order(claim.Standing)))
            table.AddRow(
                new Text(claim.What),
                new Text(Name(claim.Standing, image), new Style(Colour(claim.Standing))),
                new Text(claim.Detail)
            );
        display.Write(table);
        display.Line(
            string.Join(
                ", ",
                claims
                    .GroupBy(claim => claim.Standing)
                    .OrderBy(group => Order(group.Key))
                    .Select(group => $"{group.Count()} {Name(group.Key, image)}")
            )
        );
        var cached = claims.SelectMany(claim => claim.Cached).ToList();
        display.Line(
            cached.Count == 0
                ? "no theorem came from the cache"
                : $"{cached.Count} theorems came from the cache; --no-cache proves them again"
        );
    }

    private static int Order(Standing standing) => standing == Standing.Failed ? -1 : (int)standing;

    private static string Name(Standing standing, KernelImage image) =>
        standing switch
        {
            Standing.Proved => image.Limits == Spec.Limits.Shipping
                ? "proved at shipping size"
                : $"proved at {ImageSource.Describe(image.Limits)}",
            Standing.Bounded => "checked up to a bound",
            Standing.Failed => "FAILED",
            _ => standing.ToString().ToLowerInvariant(),
        };

    private static Color Colour(Standing standing) =>
        standing switch
        {
            Standing.Proved => Color.Green,
            Standing.Failed => Color.Red,
            Standing.Assumed => Color.Yellow,
            _ => Color.Default,
        };
}
