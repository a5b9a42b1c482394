using System.CommandLine;
using System.Numerics;

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
