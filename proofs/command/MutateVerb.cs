using System.CommandLine;
using Verified.Kernel;
using Verified.Proofs.Mutation;

namespace Verified.Proofs.Commands;

/// <summary><c>mutate</c>: would the checks notice a damaged image?</summary>
internal static class MutateVerb
{
    private const long FewEvents = 50_000;

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

    public static Command Make()
    {
        var verb = new Command("mutate", "Flip every bit of a piece of the image's code, one at a time: diff must notice, or else prove refute it or show it equivalent")
        {
            From, To, Events, ImageSource.Size, CommonOptions.Json,
        };
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
        if (ProveVerb.Prove(display, image, Prove.Theorems.Of(image), cached: true).Any(result => !result.Proved))
            throw new CommandException("the image itself is not proved: 'verified prove' says why");

        var count = 0;
        var results = display.While("mutate", say => Flips.Run(
            image, start, end, parsed.GetValue(Events), Environment.ProcessorCount, ProveVerb.Cache(),
            _ => say($"{++count} of {(end - start) * 8} flips")));
        if (json) new Display(parsed).Json(results);
        foreach (var result in results.Where(result => result.Fate is not Fate.Differs))
            display.Line($"{image.Name(result.Address)} bit {result.Bit}: {result.Fate switch
            {
                Fate.Refuted => "refuted, ",
                Fate.Equivalent => "equivalent, ",
                _ => "NO ANSWER, ",
            }}{result.Why}, {result.Seconds:F1} s");
        foreach (var fate in results.GroupBy(result => result.Fate).OrderBy(group => group.Key))
            display.Line($"mutate: {fate.Count()} of {results.Count} flips {Name(fate.Key)}, the slowest in {fate.Max(result => result.Seconds):F1} s");
        return results.Any(result => result.Fate == Fate.Unknown) ? CommandLine.Refuted : CommandLine.Holds;
    }

    private static uint Symbol(KernelImage image, string name) => image.Symbols.TryGetValue(name, out var address) ? address
        : throw new CommandException($"the image has no symbol '{name}': 'verified list' shows them");

    private static string Name(Fate fate) => fate switch
    {
        Fate.Differs => "do not boot or differ from the spec in random programs",
        Fate.Refuted => "are refuted by a proof",
        Fate.Equivalent => "are proved to do the same",
        _ => "have no answer",
    };
}
