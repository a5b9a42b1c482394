using System.CommandLine.Parsing;
using Verified.Machine.Processor;
using Verified.Machine.Timing;

namespace Verified.Proofs.Commands;

/// <summary>
/// The names of processors, the same in all options and results. <c>--cpu</c> chooses the instructions and flags that
/// the machine has, and <c>--cycles</c> the cycles that they take.
/// </summary>
internal static class Processors
{
    private sealed record Processor(string Name, ProcessorModel? Model, Timings? Timings);

    private static readonly Processor[] All =
    [
        new("386", ProcessorModel.I386, null),
        new("486", ProcessorModel.I486, Timings.I486),
        new(Timings.P5.Name, ProcessorModel.Pentium, Timings.P5),
        new(Timings.TaggedP5.Name, null, Timings.TaggedP5),
        new("PentiumII", ProcessorModel.PentiumII, null),
    ];

    /// <summary>The names that <c>--cpu</c> takes.</summary>
    public static string Models => Listed(processor => processor.Model is not null);

    /// <summary>The names that <c>--cycles</c> takes.</summary>
    public static string Timed => Listed(processor => processor.Timings is not null);

    /// <summary>The argument of <c>--cpu</c>.</summary>
    public static ProcessorModel ModelOf(ArgumentResult result) =>
        Find(result, "--cpu", processor => processor.Model is not null)?.Model ?? default;

    /// <summary>The argument of <c>--cycles</c>.</summary>
    public static Timings? TimingsOf(ArgumentResult result) =>
        Find(result, "--cycles", processor => processor.Timings is not null)?.Timings;

    private static Processor? Find(ArgumentResult result, string option, Func<Processor, bool> takes)
    {
        var name = result.Tokens[0].Value;
        var found = All.FirstOrDefault(other => other.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (found is not null && takes(found))
            return found;
        result.AddError(
            found is not null
                ? $"{option} {name}: {Lacks(option)}; give {Listed(takes)}"
                : $"{option} {name}: "
                    + DidYouMean.Line(
                        "processor",
                        name,
                        All.Where(takes).Select(other => other.Name),
                        $"give {Listed(takes)}"
                    )
        );
        return null;
    }

    private static string Lacks(string option) =>
        option == "--cycles" ? "the cycles of this processor are not known" : "this is a timing model only";

    private static string Listed(Func<Processor, bool> takes) =>
        string.Join(", ", All.Where(takes).Select(processor => processor.Name));
}
