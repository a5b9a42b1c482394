using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Commands;

/// <summary>Finds the rows of a state that violate an invariant.</summary>
internal static class PossibleState
{
    // One wrong link may make thousands of rows wrong. If these are right, most others are, too.
    private const int MostRows = 4;

    /// <summary>Some rows of each table, each once; empty if the state satisfies all invariants.</summary>
    /// <param name="s">The state.</param>
    /// <param name="named">Rows whose values are not those of a state without threads and mappings.</param>
    public static IReadOnlyList<(Table Table, uint Row)> Violated(
        State<Concrete> s,
        IEnumerable<(Table Table, uint Row)> named
    )
    {
        List<(Table, uint)> rows = [];
        List<uint> threads =
        [
            .. named
                .Where(row => row.Table == Table.Thread)
                .Select(row => row.Row)
                .Concat(ThreadsInUse.Of(s))
                .Append(State<Concrete>.Nobody)
                .Distinct(),
        ];
        foreach (var invariant in Invariants<Concrete>.All)
            if (!invariant.Pairs)
            {
                for (var i = 0u; i < State<Concrete>.Rows(invariant.Over, s.Limits); i++)
                    if (!WholeState.Holds(s, invariant, i, 0))
                        Add(invariant.Over, i);
            }
            else
                foreach (var i in threads)
                foreach (var j in threads)
                    if (!WholeState.Holds(s, invariant, i, j))
                    {
                        Add(invariant.Over, i);
                        Add(Table.Thread, j);
                    }

        return [.. rows.Distinct().GroupBy(row => row.Item1).SelectMany(rows => rows.Take(MostRows))];

        void Add(Table table, uint row) => rows.Add((table, row));
    }
}
