using System.CommandLine;
using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Commands.Shards;

/// <summary><c>merge</c>: one result of all shards.</summary>
internal static class MergeVerb
{
    private static readonly Argument<string[]> Files = new("files")
    {
        Description = "The files that --result of all shards wrote",
        Arity = ArgumentArity.OneOrMore,
    };

    public static Command Make()
    {
        var verb = new Command(
            "merge",
            "Unite the results of all shards of one command into one verdict, coverage and table of claims. Exit code: "
                + "that of the whole command; 2 if a shard is missing, repeated, or of another command"
        )
        {
            Files,
            ImageSource.File,
            ImageSource.Size,
            CommonOptions.Json,
        };
        Reporting.AddResultsTo(verb, Run);
        return verb;
    }

    private static int Run(ParseResult parsed, Display display)
    {
        var shards = Merging.Read(parsed.GetValue(Files)!);
        var (verb, image) = (shards[0].Verb, shards[0].Image);
        var own = image.Length == 0 ? null : ImageSource.Of(parsed);
        if (own is not null && Images.Hash(own) != image)
            throw new CommandException(
                $"the shards are of image {image[..12]}, and this is image {Images.Hash(own)[..12]}: "
                    + "give theirs by --image"
            );
        display.Checked.AddRange(shards.SelectMany(shard => shard.Checks));
        var (claims, never, incomplete) = (Claims(shards, own), Merging.Never(shards), Merging.Incomplete(shards));
        foreach (var check in display.Checked.Where(check => !check.Holds))
            display.Line($"{check.Name}: FAILED: {check.Detail}");
        if (never.Count > 0)
            display.Line($"never reached: {string.Join("; ", never)}");
        var refuted =
            shards.Any(shard => shard.Exit == CommandLine.Refuted)
            || claims.Any(claim => claim.Standing == Standing.Failed)
            || never.Count > 0;
        var unfinished = incomplete ?? (shards.Any(shard => shard.Exit == CommandLine.Unusable) ? "a limit" : null);
        if (own is not null && claims.Count > 0)
            Ledger.Print(display, claims, own);
        else
            foreach (var claim in claims)
                display.Line($"{claim.What}: {claim.Detail}");
        display.Line(
            $"merge: {verb}, {shards.Count} shards, {shards.Sum(shard => shard.Notes.Done):N0} "
                + $"{shards[0].Notes.Unit}: "
                + (
                    refuted ? "FAILED"
                    : unfinished is null ? "holds"
                    : $"not complete: {unfinished}"
                )
        );
        var code =
            refuted ? CommandLine.Refuted
            : unfinished is null ? CommandLine.Holds
            : CommandLine.Unusable;
        if (parsed.GetValue(CommonOptions.Json))
            display.Json(
                new
                {
                    Verb = verb,
                    Shards = shards.Count,
                    Holds = code == CommandLine.Holds,
                    NotComplete = unfinished,
                    Checks = display.Checked,
                    Counts = shards
                        .SelectMany(shard => shard.Notes.Counts.Keys)
                        .Distinct()
                        .ToDictionary(count => count, count => Merging.Sum(shards, count)),
                    Never = never,
                    Claims = claims,
                }
            );
        return code;
    }

    private static List<Claim> Claims(IReadOnlyList<ShardResult> shards, KernelImage? image)
    {
        var seconds = shards.Sum(shard => shard.Checks.Sum(check => check.Seconds));
        var seed = int.TryParse(shards[0].Given.GetValueOrDefault("--seed"), out var given) ? given : 1;
        return shards[0].Verb switch
        {
            "fuzz" =>
            [
                With(
                    shards,
                    Ledger.Of(new FuzzResult(Sum("programs"), Sum("steps"), seconds, null, null), new FuzzOptions(seed))
                ),
            ],
            "diff" =>
            [
                With(
                    shards,
                    Ledger.Of(
                        new DiffResult(Sum("events"), Sum("programs"), seconds, null, null),
                        new DiffOptions(seed)
                    )
                ),
            ],
            "prove" => [.. Proved(shards, image!)],
            _ => [.. shards.SelectMany(shard => shard.Notes.Claims)],
        };

        long Sum(string count) => Merging.Sum(shards, count);
    }

    private static IEnumerable<Claim> Proved(IReadOnlyList<ShardResult> shards, KernelImage image)
    {
        List<ProofResult> proofs =
        [
            .. shards.SelectMany(shard => shard.Notes.Proofs).Select(proof => proof.ToResult()),
        ];

        // The closed graph of ways and the code that theorems execute are claims about all theorems.
        var all = Theorems.Of(image);
        return proofs.Count == all.Count ? Ledger.Of(proofs, image, Confirmations.Of(all)) : [];
    }

    private static Claim With(IReadOnlyList<ShardResult> shards, Claim claim) =>
        shards.SelectMany(shard => shard.Checks).FirstOrDefault(check => !check.Holds) is { } failed
            ? claim with
            {
                Standing = Standing.Failed,
                Detail = failed.Detail,
            }
            : claim;
}
