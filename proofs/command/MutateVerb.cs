using System.CommandLine;
using System.Diagnostics;
using Verified.Kernel;
using Verified.Proofs.Mutation;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Commands;

/// <summary><c>mutate</c>: would the checks notice a damaged image?</summary>
internal static class MutateVerb
{
    private const string Help =
        "Flip every bit of a piece of the image's code, one at a time: diff must notice, or else prove refute it or show it equivalent.\n\n"
        + "Exit code: 0 where each flip is noticed or proved to do the same; 1 where one is without an answer; 2 the command cannot be carried out.";

    private const long FewEvents = 50_000;

    // Results to a line of counts, where there is no status line.
    private const int Stride = 100;

    private static readonly Argument<string> From = new("from")
    {
        Description = "Damage the code from this symbol ...",
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = _ => "ipc",
    };

    private static readonly Argument<string> To = new("to")
    {
        Description = "... up to this one; by default the fast path of ipc",
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = _ => "ipc_slow",
    };

    private static readonly Option<long> Events = CommonOptions.InRange(new Option<long>("--events")
    {
        Description = "Events that random programs get before the proofs",
        HelpName = "N",
        DefaultValueFactory = _ => FewEvents,
    }, 1, 1_000_000_000_000);

    private static readonly Option<int> Some = CommonOptions.InRange(new Option<int>("--sample")
    {
        Description = "How many flips to try, chosen at random; all if there are fewer [default: all]",
        HelpName = "N",
        DefaultValueFactory = _ => int.MaxValue,
    }, 1, int.MaxValue);

    public static Command Make()
    {
        var verb = new Command("mutate", Help) { From, To, Some, Events, CommonOptions.Seed, ImageSource.Size, CommonOptions.Json };
        verb.SetAction(Run);
        verb.Subcommands.Add(MutateSpecVerb.Make());
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        var json = parsed.GetValue(CommonOptions.Json);
        var display = json ? Display.Silent : new Display(parsed);
        var image = ImageSource.Of(parsed);
        var (start, end) = (Symbol(image, parsed.GetValue(From)!), Symbol(image, parsed.GetValue(To)!));
        if (end <= start) throw new CommandException($"'{parsed.GetValue(To)}' is not after '{parsed.GetValue(From)}': 'verified list' shows the order");
        if (ProveVerb.Prove(display, image, Theorems.Of(image), cached: true).Any(result => !result.Proved))
            throw new CommandException("the image itself is not proved: 'verified prove' says why");

        var all = Flips.Between(start, end);
        var (events, seed) = (parsed.GetValue(Events), parsed.GetValue(CommonOptions.Seed));
        var chosen = Sample.Of(all, parsed.GetValue(Some), seed);
        var results = Try(display, image, new Flips(image, Theorems.Of, ProveVerb.Cache(), events, seed), chosen, $"{chosen.Count:N0} of {all.Count:N0} flips, seed {seed}");
        if (json)
            new Display(parsed).Json(new
            {
                Of = all.Count,
                Seed = seed,
                Events = events,
                Flips = results.Select(result => new { result.Flip.Address, result.Flip.Bit, result.Fate, result.By, result.Why, result.Seconds }),
            });
        return results.Any(result => result.Fate == Fate.Unknown) ? CommandLine.Refuted : CommandLine.Holds;
    }

    /// <summary>Tries each, and tells as it goes: what random programs let pass, and how far it is.</summary>
    private static IReadOnlyList<FlipResult> Try(Display display, KernelImage image, Flips flips, IReadOnlyList<Flip> chosen, string what)
    {
        var clock = Stopwatch.StartNew();
        display.Line($"mutate: {what}");
        var results = display.While("mutate", say =>
        {
            List<FlipResult> soFar = [];
            return flips.Run(chosen, Environment.ProcessorCount, result =>
            {
                soFar.Add(result);
                if (result.Fate is not (Fate.Unbootable or Fate.Differs)) display.Line(FlipReport.Line(image, result));
                var left = clock.Elapsed / soFar.Count * (chosen.Count - soFar.Count);
                say($"{soFar.Count:N0} of {chosen.Count:N0}, about {left.TotalMinutes:F0} min left: {FlipReport.Counts(soFar)}");
                if (!display.IsTerminal && soFar.Count % Stride == 0 && soFar.Count < chosen.Count)
                    display.Line($"mutate: {soFar.Count:N0} of {chosen.Count:N0} so far: {FlipReport.Counts(soFar)}");
            });
        });
        display.Line($"mutate: {what}, in {clock.Elapsed.TotalSeconds:F0} s");
        Report.Lines(display, FlipReport.Summary(image, results), "  ");
        return results;
    }

    private static uint Symbol(KernelImage image, string name)
    {
        if (!image.Symbols.TryGetValue(name, out var address)) throw new CommandException($"the image has no symbol '{name}': 'verified list' shows them");
        return address >= image.Code.Start && address <= image.Code.End ? address
            : throw new CommandException($"'{name}' is not in the code that runs after boot: give symbols from 'ipc' to 'boot'");
    }
}
