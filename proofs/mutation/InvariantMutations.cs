using System.Text.RegularExpressions;

namespace Verified.Proofs.Mutation;

/// <summary>Each invariant dropped from the list, and each negated.</summary>
public static partial class InvariantMutations
{
    public static IReadOnlyList<Mutant> Of(SourceText source, string file)
    {
        List<Mutant> mutants = [];
        foreach (Match match in Entry().Matches(source.Text))
        {
            var name = match.Groups["name"].Value;
            var open = match.Groups["open"].Index;
            var close = source.Closing(open);
            var property = source.Arguments(open)[^1];
            var body = source.Trimmed(
                source.Code.IndexOf("=>", property.Start, StringComparison.Ordinal) + 2,
                property.End
            );
            var start = match.Groups["maker"].Index;
            var comma = source.Code[close + 1] == ',' ? 1 : 0;
            mutants.Add(Mutant.Of(source, file, $"{name} dropped", start, close + 1 + comma, ""));
            mutants.Add(
                Mutant.Of(
                    source,
                    file,
                    $"{name} negated",
                    body.Start,
                    body.End,
                    $"!({source.Text[body.Start..body.End]})"
                )
            );
        }

        return mutants;
    }

    [GeneratedRegex(
        """^ +(?<maker>Each|Both|One|Node|PageTable|Task|Thread|new)(?<open>\()\s*"(?<name>[\w-]+)",""",
        RegexOptions.Multiline
    )]
    private static partial Regex Entry();
}
