using System.CommandLine;
using System.Numerics;
using Verified.Proofs.Paths;

namespace Verified.Proofs.Commands;

/// <summary>Options that several verbs share.</summary>
internal static class CommonOptions
{
    public static readonly Option<int> Seed = InRange(
        new Option<int>("--seed")
        {
            Description = "Seed of all random choices",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        },
        0,
        int.MaxValue
    );

    public static readonly Option<bool> Json = new("--json") { Description = "Print the result as JSON" };

    public static readonly Option<bool> NoCache = new("--no-cache") { Description = "Prove everything again" };

    public static readonly Option<string> Cache = new("--cache")
    {
        Description = "Folder of the cached proofs",
        HelpName = "DIR",
        DefaultValueFactory = _ => Path.Combine(Report.Folder, "proofs"),
    };

    public static readonly Option<int?> Jobs = InRange(
        new Option<int?>("--jobs", "-j")
        {
            Description = "The number of threads that work at once [default: one for each processor]",
            HelpName = "N",
        },
        1,
        1024
    );

    /// <summary>The cache of proofs that a verb reads and fills.</summary>
    public static ProofCache CacheOf(ParseResult parsed) => new(parsed.GetValue(Cache)!);

    /// <summary>The number of threads that work at once.</summary>
    public static int JobsOf(ParseResult parsed) => parsed.GetValue(Jobs) ?? Environment.ProcessorCount;

    /// <summary>A number, refused outside <paramref name="least"/> to <paramref name="most"/>.</summary>
    public static Option<T> InRange<T>(Option<T> option, T least, T most)
        where T : struct, IBinaryInteger<T>
    {
        Limit(option, BigInteger.CreateChecked(least), BigInteger.CreateChecked(most));
        return option;
    }

    /// <summary>The same for an optional number.</summary>
    public static Option<int?> InRange(Option<int?> option, int least, int most)
    {
        Limit(option, least, most);
        return option;
    }

    private static void Limit(Option option, BigInteger least, BigInteger most) =>
        option.Validators.Add(result =>
        {
            // The parser itself reports arguments that are not numbers.
            if (
                result.Tokens.Count == 1
                && BigInteger.TryParse(result.Tokens[0].Value, out var value)
                && (value < least || value > most)
            )
                result.AddError($"{option.Name} {value} is out of range: give {least} to {most}.");
        });
}
