using System.CommandLine;
using System.Diagnostics;
using Verified.Kernel;
using Verified.Proofs.Commands.Shards;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.First;
using Verified.Proofs.Mutation;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Commands;

/// <summary><c>mutate</c>: would the checks notice a damaged image?</summary>
internal static class MutateVerb
{
    private const string Help =
        "Flip bits of the image file, one at a time: reader, boot checks, diff, a run or a theorem must notice, "
        + "or there is a reason why the bit has no effect. Without symbols: a sample of each region of the file. "
        + "With symbols: the bits of that code.\n\n"
        + "Exit code: 0 if each flip is noticed, proved to do the same, or without effect; 1 if one has no answer; "
        + "2 if the command cannot be carried out.";

    private const long FewEvents = 50_000;

    private const int FewOfRegion = 8;

    // The number of results per line of counts, if there is no status line.
    private const int Stride = 100;

    private static readonly Argument<string?> From = new("from")
    {
        Description = "Damage the code from this symbol ...",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Argument<string?> To = new("to")
    {
        Description = "... up to this one",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> Region = new("--region")
    {
        Description = "Only this region, such as 'fast path', boot, idt; 'verified list --bytes' shows all",
        HelpName = "NAME",
    };

    private static readonly Option<long> Events = CommonOptions.InRange(
        new Option<long>("--events")
        {
            Description = "Events in random programs before the proofs",
            HelpName = "N",
            DefaultValueFactory = _ => FewEvents,
        },
        1,
        1_000_000_000_000
    );

    private static readonly Option<int?> Some = CommonOptions.InRange(
        new Option<int?>("--sample")
        {
            Description =
                "The number of flips to try, in each region or in the code, chosen at random "
                + $"[default: {FewOfRegion} of each region, all of the code]",
            HelpName = "N",
        },
        1,
        int.MaxValue
    );

    public static Command Make()
    {
        var verb = new Command("mutate", Help)
        {
            From,
            To,
            Region,
            Some,
            Events,
            CommonOptions.Seed,
            CommonOptions.Cache,
            CommonOptions.Jobs,
            ImageSource.Size,
            CommonOptions.Json,
        };
        ShardOptions.AddTo(verb);
        Reporting.AddTo(verb, Run, stops: _ => true);
        verb.Subcommands.Add(MutateSpecVerb.Make());
        return verb;
    }

    private static int Run(ParseResult parsed, Display display)
    {
        var image = ImageSource.Of(parsed);
        var piece = parsed.GetValue(From) is { } from
            ? Piece(image, from, parsed.GetValue(To) ?? Next(image, from))
            : null;
        if (piece is not null && parsed.GetValue(Region) is not null)
            throw new CommandException("--region and symbols exclude each other: give one of them");
        var regions = ByteMap
            .Of(image, new HashSet<uint>(), new HashSet<uint>())
            .Ranges.Select(range => range.Region)
            .Distinct()
            .ToList();
        if (parsed.GetValue(Region) is { } name && !regions.Contains(name))
            throw new CommandException(
                DidYouMean.Line("region", name, regions, $"give one of {string.Join(", ", regions)}")
            );
        var proofs = ProveVerb.Prove(
            display,
            image,
            About(piece is null ? parsed.GetValue(Region) : ByteMap.Code, image),
            CommonOptions.CacheOf(parsed),
            CommonOptions.JobsOf(parsed)
        );
        if (proofs.Any(result => !result.Proved))
            throw new CommandException("the image itself is not proved: 'verified prove' says why");

        var map = BytesListing.Map(image, proofs.SelectMany(result => result.Verdict!.Executed).ToHashSet());
        var (events, seed) = (parsed.GetValue(Events), parsed.GetValue(CommonOptions.Seed));
        var chosen = piece is not null
            ? Sample.Of(piece, parsed.GetValue(Some) ?? int.MaxValue, seed)
            : Chosen(map, parsed.GetValue(Region), parsed.GetValue(Some) ?? FewOfRegion, seed);
        var total = chosen.Count;
        chosen = ShardOptions.Of(parsed).PartOf(chosen, _ => 1);
        var flips = new Flips(image, map, Theorems.Of, CommonOptions.CacheOf(parsed), events, seed);
        var jobs = CommonOptions.JobsOf(parsed);
        var results = Try(display, Place, flips, chosen, $"{chosen.Count:N0} flips, seed {seed}", jobs);
        (display.Notes.Unit, display.Notes.Done, display.Notes.Total) = ("flips", results.Count, total);
        if (parsed.GetValue(CommonOptions.Json))
            display.Json(
                new
                {
                    Seed = seed,
                    Events = events,
                    Regions = results
                        .GroupBy(result => result.Region)
                        .Select(group => new
                        {
                            Region = group.Key,
                            Score = FlipReport.Score([.. group]),
                            Fates = group
                                .GroupBy(result => result.Fate)
                                .ToDictionary(fate => fate.Key.ToString(), fate => fate.Count()),
                        }),
                    Flips = results.Select(result => new
                    {
                        result.Region,
                        result.Flip.Offset,
                        Address = flips.Linear(result.Flip),
                        result.Flip.Bit,
                        result.Fate,
                        result.By,
                        result.Why,
                        result.Seconds,
                    }),
                }
            );
        display.Checked.AddRange(
            results.Select(result => new Checked(
                $"{Place(result.Flip)} bit {result.Flip.Bit}",
                result.Fate != Fate.Unknown,
                FlipReport.Line(result, Place(result.Flip)),
                result.Seconds
            ))
        );
        if (parsed.GetValue(Reporting.Html) is not null)
            Draw(display, image, results, events, seed);
        return results.Any(result => result.Fate == Fate.Unknown) ? CommandLine.Refuted
            : results.Count < chosen.Count ? CommandLine.Unusable
            : CommandLine.Holds;

        string Place(Flip flip) => FlipReport.Place(image, flips.Linear(flip), flip);
    }

    // The page shows the first flip that random programs notice. Its trace is saved with the damaged image.
    internal static void Draw(
        Display display,
        KernelImage image,
        IReadOnlyList<FlipResult> results,
        long events,
        int seed
    )
    {
        if (results.FirstOrDefault(result => result.Fate == Fate.Differs) is not { Flip: var flip })
            return;
        var damaged = flip.Damage(image);
        if (DiffRun.Run(damaged, new(seed, events, Workers: 1)).Disagreement is not { } found)
            return;
        var kept = Path.Combine(Report.Folder, "mutate.elf");
        var path = Reporting.Keep(display, kept, () => damaged.Save(kept)) ? kept : null;
        var trace = found.Trace with
        {
            Note = $"{flip}: {found.Difference}",
            Origin = new("mutate", seed, Image: new(Images.Hash(damaged), path, flip)),
        };
        display.Findings.Add(Report.Of(damaged, found with { Trace = trace }));
        Report.Save(display, trace, "mutate");
    }

    /// <summary>The theorems that a flip in a region may refute; null means every region.</summary>
    private static IReadOnlyList<Theorem> About(string? region, KernelImage image) =>
        region switch
        {
            null or ByteMap.FastPath or ByteMap.Code or FilePiece.Symbols or FilePiece.Names => Theorems.Of(image),
            ByteMap.Boot or ByteMap.Panic or ByteMap.Constants => [.. Theorems.Of(image).OfType<BootTheorem>()],
            _ => [],
        };

    /// <summary>
    /// A random sample of the bits of each region, or of one region. The same seed gives the same sample.
    /// </summary>
    private static IReadOnlyList<Flip> Chosen(ByteMap map, string? only, int count, int seed) =>
        [
            .. map
                .Ranges.GroupBy(range => range.Region)
                .Where(region => only is null || region.Key == only)
                .SelectMany(region =>
                    Sample.Of([.. region.SelectMany(range => Flips.Of(range.Offset, range.Length))], count, seed)
                ),
        ];

    /// <summary>Tries each bit, and prints progress and every bit that no cheap check noticed.</summary>
    private static IReadOnlyList<FlipResult> Try(
        Display display,
        Func<Flip, string> place,
        Flips flips,
        IReadOnlyList<Flip> chosen,
        string what,
        int jobs
    )
    {
        var clock = Stopwatch.StartNew();
        display.Line($"mutate: {what}");
        var results = display.While("mutate", say =>
        {
            List<FlipResult> soFar = [];
            return flips.Run(
                chosen,
                jobs,
                result =>
                {
                    soFar.Add(result);
                    if (result.Fate is Fate.Refuted or Fate.Equivalent or Fate.NoEffect or Fate.Unknown)
                        display.Line(FlipReport.Line(result, place(result.Flip)));
                    var counts = $"{soFar.Count:N0} of {chosen.Count:N0}";
                    say($"{counts}: {FlipReport.Counts(soFar)}", (double)soFar.Count / chosen.Count);
                    if (!display.IsTerminal && soFar.Count % Stride == 0 && soFar.Count < chosen.Count)
                        display.Line($"mutate: {counts} so far: {FlipReport.Counts(soFar)}");
                },
                display.Stop
            );
        });
        var interrupted = results.Count < chosen.Count ? $"interrupted after {results.Count:N0}, " : "";
        display.Line($"mutate: {what}, {interrupted}in {clock.Elapsed.TotalSeconds:F0} s: {FlipReport.Score(results)}");
        Report.Lines(display, FlipReport.Summary(results, place), "  ");
        display.Line("by region:");
        Report.Lines(display, FlipReport.ByRegion(results), "  ");
        return results;
    }

    private static IReadOnlyList<Flip> Piece(KernelImage image, string from, string to)
    {
        var (start, end) = (Symbol(image, from), Symbol(image, to));
        return end > start
            ? Flips.Between(image, start, end)
            : throw new CommandException($"'{to}' is not after '{from}': 'verified list' shows the order");
    }

    private static string Next(KernelImage image, string from) =>
        image
            .Symbols.Where(symbol => symbol.Value > Symbol(image, from))
            .OrderBy(symbol => symbol.Value)
            .Select(symbol => symbol.Key)
            .First();

    private static uint Symbol(KernelImage image, string name)
    {
        if (!image.Symbols.TryGetValue(name, out var address))
            throw new CommandException(
                DidYouMean.Line("symbol", name, image.Symbols.Keys, "'verified list' shows those of the image")
            );
        return address >= image.Code.Start && address <= image.Boot.End
            ? address
            : throw new CommandException($"'{name}' is not in the code: give symbols from 'ipc' on, or --region");
    }
}
