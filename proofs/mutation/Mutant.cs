using System.Text.RegularExpressions;

namespace Verified.Proofs.Mutation;

/// <summary>One change of a source file.</summary>
/// <param name="File">Path below the folder of sources.</param>
/// <param name="Line">The line of the change, counted from 1.</param>
/// <param name="Kind">The kind of change, in one or two words.</param>
/// <param name="Before">The original lines, joined into one.</param>
/// <param name="After">The same lines after the change, joined into one.</param>
/// <param name="Text">The whole text of the file after the change.</param>
public sealed partial record Mutant(string File, int Line, string Kind, string Before, string After, string Text)
{
    /// <summary>Replaces a range of <paramref name="source"/>.</summary>
    public static Mutant Of(SourceText source, string file, string kind, int start, int end, string replacement)
    {
        var (from, to) = source.Lines(start, end);
        return new(
            file,
            source.LineOf(start),
            kind,
            OneLine(source.Text[from..to]),
            OneLine(source.Text[from..start] + replacement + source.Text[end..to]),
            source.Text[..start] + replacement + source.Text[end..]
        );
    }

    public override string ToString() =>
        $"{File}:{Line} {Kind}: {Before}  ->  {(After.Length > 0 ? After : "(nothing)")}";

    private static string OneLine(string text) => Space().Replace(text, " ").Trim();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
