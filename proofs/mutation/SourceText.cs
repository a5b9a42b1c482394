using System.Text.RegularExpressions;

namespace Verified.Proofs.Mutation;

/// <summary>
/// A C# source text, with only its code visible: comments and literals of text are blanked, and offsets stay.
/// </summary>
public sealed partial class SourceText
{
    public SourceText(string text)
    {
        Text = text;
        Code = NotCode().Replace(text, match => new string(' ', match.Length));
    }

    public string Text { get; }

    /// <summary>The text with comments, strings and characters blanked.</summary>
    public string Code { get; }

    /// <summary>Counted from 1.</summary>
    public int LineOf(int offset) => Text.AsSpan(0, offset).Count('\n') + 1;

    /// <summary>The whole lines that a range touches.</summary>
    public (int Start, int End) Lines(int start, int end)
    {
        var after = Text.IndexOf('\n', Math.Max(start, end - 1));
        return (start == 0 ? 0 : Text.LastIndexOf('\n', start - 1) + 1, after < 0 ? Text.Length : after);
    }

    /// <summary>The bracket that closes the one at <paramref name="open"/>.</summary>
    public int Closing(int open)
    {
        var depth = 0;
        for (var i = open; i < Code.Length; i++)
            if (Code[i] is '(' or '[' or '{')
                depth++;
            else if (Code[i] is ')' or ']' or '}' && --depth == 0)
                return i;
        throw new FormatException($"line {LineOf(open)}: '{Code[open]}' is never closed");
    }

    /// <summary>
    /// Ranges of the arguments between the parenthesis at <paramref name="open"/> and the one that closes it, trimmed.
    /// </summary>
    public IReadOnlyList<(int Start, int End)> Arguments(int open)
    {
        var close = Closing(open);
        List<(int, int)> arguments = [];
        var start = open + 1;
        for (var i = open + 1; i <= close; i++)
        {
            if (i == close || Code[i] == ',')
            {
                if (Text.AsSpan(start, i - start).Trim().Length > 0)
                    arguments.Add(Trimmed(start, i));
                start = i + 1;
            }
            else if (Code[i] is '(' or '[' or '{')
                i = Closing(i);
        }

        return arguments;
    }

    public (int Start, int End) Trimmed(int start, int end)
    {
        while (start < end && char.IsWhiteSpace(Text[start]))
            start++;
        while (end > start && char.IsWhiteSpace(Text[end - 1]))
            end--;
        return (start, end);
    }

    [GeneratedRegex("""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'""", RegexOptions.Singleline)]
    private static partial Regex NotCode();
}
