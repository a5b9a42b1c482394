using System.Globalization;
using System.Text.RegularExpressions;
using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Explore;

/// <summary>
/// The goal of a search: parts joined by <c>&amp;&amp;</c>, each of which may begin with <c>not</c>. A part is
/// <c>COLUMN[ROW] OP VALUE</c>, the name of an event that happens sometimes, or the name of an invariant.
/// </summary>
/// <param name="Text">The text that the user wrote.</param>
/// <param name="Parts">Its parts.</param>
public sealed partial record Condition(string Text, IReadOnlyList<ConditionPart> Parts)
{
    private const string Not = "not ";

    // Values have names up to these: statuses, stages, phases, and rows of a model's few threads.
    private const uint MostNamed = 256;

    /// <summary>True if it holds for a step of the kernel and the state after it.</summary>
    public bool Holds(Transition step) => Parts.All(part => part.Holds(step) != part.IsNegated);

    /// <exception cref="ExploreException">The text is not a condition here.</exception>
    public static Condition Parse(string text, ConditionScope scope) =>
        new(text, [.. text.Split("&&", StringSplitOptions.TrimEntries).Select(part => Part(part, scope))]);

    private static ConditionPart Part(string text, ConditionScope scope)
    {
        if (text.StartsWith(Not, StringComparison.Ordinal))
        {
            var positive = Part(text[Not.Length..].Trim(), scope);
            return positive with { IsNegated = !positive.IsNegated };
        }

        if (Sometimes.All.FirstOrDefault(each => each.Name == text) is { } sometimes)
            return new(sometimes.Happens, IsOfState: false);
        if (scope.Invariants.FirstOrDefault(each => each.Name == text) is { } invariant)
            return new(_ => !scope.Violates(invariant), IsOfState: true);
        if (Comparison().Match(text) is { Success: true } match)
            return new(Compare(match, scope), IsOfState: true);
        throw new ExploreException(
            $"'{text}' is not a condition; write COLUMN[ROW] OP VALUE, such as Status[2.0] == sending, "
                + "or a name of the list"
        );
    }

    private static Func<Transition, bool> Compare(Match match, ConditionScope scope)
    {
        var (name, s) = (match.Groups["column"].Value, scope.Tables.State);
        if (s.Columns.Select(each => each.Info).FirstOrDefault(info => info.Name == name) is not { } column)
            throw new ExploreException($"there is no column '{name}'; write its name as the changes of a step show it");
        var row = Row(match.Groups["row"], column, s);
        var cell = scope.Tables.Start(name) + (int)row;
        if (scope.MayDiffer(cell))
            throw new ExploreException(
                $"{name} is not part of this model's states, so no search can wait for a value of it; "
                    + "results have names, such as 'code 20h, receive timeout'"
            );
        var value = Value(match.Groups["value"].Value.Trim(), column, s);
        var tables = scope.Tables;
        return match.Groups["op"].Value switch
        {
            "==" or "=" => _ => tables.Cells[cell] == value,
            "!=" => _ => tables.Cells[cell] != value,
            "<" => _ => tables.Cells[cell] < value,
            "<=" => _ => tables.Cells[cell] <= value,
            ">" => _ => tables.Cells[cell] > value,
            _ => _ => tables.Cells[cell] >= value,
        };
    }

    private static uint Row(Group group, ColumnInfo column, State<Concrete> s)
    {
        var rows = (uint)State<Concrete>.Rows(column.Table, s.Limits);
        if (!group.Success)
            return rows == 1
                ? 0u
                : throw new ExploreException($"{column.Name} has {rows} rows: write {column.Name}[ROW]");
        var text = group.Value.Trim();
        uint? row =
            Thread().Match(text) is { Success: true } thread && column.Table == Table.Thread
                ? Number(thread.Groups["task"].Value) * s.Limits.Lthreads + Number(thread.Groups["lthread"].Value)
                : Number(text);
        return row < rows
            ? row.Value
            : throw new ExploreException($"{column.Name} has no row '{text}'; rows are 0 to {rows - 1}");
    }

    private static uint Value(string text, ColumnInfo column, State<Concrete> s)
    {
        if (Number(text) is { } number)
            return column.Bits >= 32 || number >> (int)column.Bits == 0
                ? number
                : throw new ExploreException($"{column.Name} has {column.Bits} bits, which {text} does not fit into");
        var named = Enumerable
            .Range(0, (int)Math.Min(MostNamed, column.Bits >= 32 ? MostNamed : 1u << (int)column.Bits))
            .Select(value => (uint)value)
            .Concat(Enumerable.Range(1, (int)s.Limits.Threads - 1).Select(thread => s.Id[(uint)thread].Value));
        foreach (var value in named)
            if (Glossary.Value(s, column.Name, value) == text)
                return value;
        throw new ExploreException(
            $"{column.Name} has no value '{text}'; write a number, such as 5 or 1Ah, or a value as the changes show it"
        );
    }

    // Decimal, 1Ah or 0x1A.
    private static uint? Number(string text)
    {
        var digits =
            text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..]
            : text.EndsWith('h') ? text[..^1]
            : null;
        return digits is null
            ? uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                ? value
                : null
            : uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
                ? value
                : null;
    }

    [GeneratedRegex(@"^(?<column>\w+)\s*(\[(?<row>[^\]]*)\])?\s*(?<op>==|!=|<=|>=|=|<|>)\s*(?<value>.+)$")]
    private static partial Regex Comparison();

    [GeneratedRegex(@"^(?<task>\d+)\.(?<lthread>\d+)$")]
    private static partial Regex Thread();
}
