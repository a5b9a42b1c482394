using System.Reflection;
using System.Text.RegularExpressions;
using Verified.Spec;

namespace Verified.Proofs.Mutation;

/// <summary>
/// Changes a line of the spec by one token or one statement. Each change is a plausible slip. The changes work on the
/// text as it is formatted here: spaces around operators, one statement per line. The compiler rejects impossible
/// results.
/// </summary>
public static partial class SourceMutations
{
    private static readonly Dictionary<string, string> Operators = new()
    {
        ["=="] = "!=",
        ["!="] = "==",
        ["<"] = "<=",
        ["<="] = "<",
        [">"] = ">=",
        [">="] = ">",
        ["&"] = "|",
        ["|"] = "&",
        ["&&"] = "||",
        ["||"] = "&&",
        ["|="] = "=",
        ["-="] = "+=",
        ["+"] = "-",
        ["-"] = "+",
    };

    private const string Symbols = "=<>!&|";

    private static readonly string[] Precedence = ["||", "&&", "|", "&"];

    // Enumerations whose members are easily confused. Each member is replaced by the next one.
    private static readonly Dictionary<string, string> Next = Ring(
            "s.",
            [
                [
                    nameof(State<>.Eax),
                    nameof(State<>.Ecx),
                    nameof(State<>.Edx),
                    nameof(State<>.Ebx),
                    nameof(State<>.Ebp),
                    nameof(State<>.Esi),
                    nameof(State<>.Edi),
                ],
                [nameof(State<>.Slice), nameof(State<>.Quantum)],
                [nameof(State<>.Served), nameof(State<>.Partner)],
            ]
        )
        .Concat(
            new[] { typeof(Code), typeof(ThreadStatus), typeof(Stages) }.SelectMany(type =>
                Ring(
                    type.Name + ".",
                    [
                        [
                            .. type.GetFields(BindingFlags.Public | BindingFlags.Static)
                                .Where(field => field.IsLiteral)
                                .Select(field => field.Name),
                        ],
                    ]
                )
            )
        )
        .ToDictionary();

    /// <summary>Every mutant of a text from an offset on, in order of place.</summary>
    public static IReadOnlyList<Mutant> Of(SourceText source, string file, int from = 0)
    {
        var places = Tokens(source)
            .Concat(Statements(source))
            .Concat(Conditions(source))
            .Concat(Swaps(source))
            .Concat(Operands(source));
        return
        [
            .. places
                .Where(place => place.Start >= from)
                .OrderBy(place => place.Start)
                .ThenBy(place => place.End)
                .Select(place => Mutant.Of(source, file, place.Kind, place.Start, place.End, place.Text)),
        ];
    }

    private static IEnumerable<(string Kind, int Start, int End, string Text)> Tokens(SourceText source)
    {
        foreach (Match match in Operator().Matches(source.Code))
        {
            var token = match.Groups[1];
            yield return ("operator", token.Index, token.Index + token.Length, Operators[token.Value]);
        }

        foreach (Match match in Member().Matches(source.Code))
            if (Next.TryGetValue(match.Value, out var next))
                yield return ("constant", match.Index, match.Index + match.Length, next);

        foreach (Match match in Number().Matches(source.Code))
        {
            var value = uint.Parse(match.Value);
            yield return ("off by one", match.Index, match.Index + match.Length, $"{value + 1}");
            if (value > 0)
                yield return ("off by one", match.Index, match.Index + match.Length, $"{value - 1}");
        }
    }

    private static IEnumerable<(string Kind, int Start, int End, string Text)> Statements(SourceText source)
    {
        foreach (Match match in Statement().Matches(source.Code))
        {
            var statement = match.Groups["statement"];
            if (!NoStatement().IsMatch(statement.Value))
                yield return ("statement dropped", statement.Index, statement.Index + statement.Length, "{ }");
        }
    }

    private static IEnumerable<(string Kind, int Start, int End, string Text)> Conditions(SourceText source)
    {
        foreach (Match match in If().Matches(source.Code))
        {
            var (open, close) = (match.Index + match.Length - 1, source.Closing(match.Index + match.Length - 1));
            yield return ("condition negated", open, close + 1, $"(!{source.Text[open..(close + 1)]})");
        }
    }

    private static IEnumerable<(string Kind, int Start, int End, string Text)> Swaps(SourceText source)
    {
        foreach (Match match in Call().Matches(source.Code))
        {
            var (line, _) = source.Lines(match.Index, match.Index);
            if (Declaration().IsMatch(source.Code[line..(match.Index + match.Length)]))
                continue;
            var arguments = source
                .Arguments(match.Index + match.Length - 1)
                .Select(argument => (argument.Start, argument.End, Code: source.Code[argument.Start..argument.End]))
                .ToList();
            for (var i = 0; i + 1 < arguments.Count; i++)
            {
                var (first, second) = (arguments[i], arguments[i + 1]);
                if (
                    first.Code == second.Code
                    || OfItsOwnType().IsMatch(first.Code)
                    || OfItsOwnType().IsMatch(second.Code)
                )
                    continue;
                yield return (
                    "arguments swapped",
                    first.Start,
                    second.End,
                    second.Code + source.Text[first.End..second.Start] + first.Code
                );
            }
        }
    }

    /// <summary>Drops each operand of a conjunction or disjunction, with one of its operators.</summary>
    private static IEnumerable<(string Kind, int Start, int End, string Text)> Operands(SourceText source)
    {
        foreach (Match match in Logical().Matches(source.Code))
        {
            var token = match.Groups[1];
            var kind = token.Value[0] == '&' ? "conjunct dropped" : "disjunct dropped";
            var start = Reach(source.Code, token.Index - 1, -1, token.Value);
            var end = Reach(source.Code, token.Index + token.Length, 1, token.Value);
            (start, end) = source.Trimmed(start, end);
            yield return (kind, source.Trimmed(start, token.Index).End, end, "");

            // The left operand is the right operand of the operator before it, except for the first.
            if (!source.Code[..start].TrimEnd().EndsWith(token.Value, StringComparison.Ordinal))
                yield return (kind, start, source.Trimmed(token.Index + token.Length, end).Start, "");
        }
    }

    /// <summary>
    /// The end of an operator's operand from <paramref name="at"/>: a bracket, or an operator that binds no more
    /// tightly.
    /// </summary>
    private static int Reach(string code, int at, int step, string op)
    {
        var depth = 0;
        for (var i = at; i >= 0 && i < code.Length; i += step)
        {
            var (opens, closes) = step > 0 ? ("([{", ")]}") : (")]}", "([{");
            if (opens.Contains(code[i]))
                depth++;
            else if (closes.Contains(code[i]) && --depth < 0)
                return step > 0 ? i : i + 1;
            if (depth > 0 || opens.Contains(code[i]) || closes.Contains(code[i]))
                continue;
            if (Bounds(code, i, op))
                return step > 0 ? i : i + 1;
        }

        return step > 0 ? code.Length : 0;
    }

    private static bool Bounds(string code, int i, string op)
    {
        if (code[i] is ',' or ';' or '?' or ':')
            return true;
        if (code[i] == 'n')
            return code.AsSpan(0, i + 1).EndsWith("return");
        if (!Symbols.Contains(code[i]))
            return false;
        var (start, end) = (i, i);
        while (start > 0 && Symbols.Contains(code[start - 1]))
            start--;
        while (end < code.Length && Symbols.Contains(code[end]))
            end++;
        var token = code[start..end];
        return token is "=" or "=>" or "|="
            || Array.IndexOf(Precedence, token) is var other && other >= 0 && other <= Array.IndexOf(Precedence, op);
    }

    private static Dictionary<string, string> Ring(string prefix, IEnumerable<string[]> enumerations) =>
        enumerations
            .SelectMany(names => names.Select((name, i) => (prefix + name, prefix + names[(i + 1) % names.Length])))
            .ToDictionary(pair => pair.Item1, pair => pair.Item2);

    [GeneratedRegex(@"(?<= )(==|!=|<=?|>=?|&&?|\|\|?|\|=|-=|\+|-)(?=\s)")]
    private static partial Regex Operator();

    [GeneratedRegex(@"(?<=[ \n(])(&&?|\|\|?)(?= )")]
    private static partial Regex Logical();

    [GeneratedRegex(@"\b(s|Code|ThreadStatus|Stages)\.\w+")]
    private static partial Regex Member();

    [GeneratedRegex(@"(?<![\w.])\d+(?![\w.])")]
    private static partial Regex Number();

    // A line that is a statement, or that ends in a statement after a condition, else or case label.
    [GeneratedRegex(
        @"(?<=[;{}):]|else|^)\s*\n(?: *case [^:]*: | *(?:else )?(?:if \(.*\) )?)"
            + @"(?<statement>[_a-zA-Z][^;\n]*;)(?= *(?:break;)? *\n)",
        RegexOptions.Multiline
    )]
    private static partial Regex Statement();

    // Declarations and results are left out, because nothing compiles without them.
    [GeneratedRegex(
        @"^(?:var|return [^;]|break|throw|using|namespace|default|if|else|case"
            + @"|public|private|internal|protected|static)\b"
    )]
    private static partial Regex NoStatement();

    [GeneratedRegex(@"\bif \(")]
    private static partial Regex If();

    [GeneratedRegex(@"\b[A-Z]\w*\(")]
    private static partial Regex Call();

    // The state, tables, named constants, lambdas and literals of text. No neighbouring argument has a type that could
    // replace them.
    [GeneratedRegex(@"^(?:s|(?:Table|Code|ThreadStatus|Stages)\.\w+|\s*|.*=>.*)$", RegexOptions.Singleline)]
    private static partial Regex OfItsOwnType();

    [GeneratedRegex(@"^\s*(?:public|private|internal|protected)\b(?!.*(?:=>|=)).*$")]
    private static partial Regex Declaration();
}
