using Verified.Kernel;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;

namespace Verified.Proofs.Prove;

/// <summary>What a refutation shows: the values that spec and image compute in the solver's case.</summary>
public sealed partial class ImageTheorem
{
    /// <summary>The names of the sets of threads in a refutation's sides.</summary>
    public const string ReadySet = "the ready set",
        SenderSet = "the sender set",
        TimerSet = "the timer set";

    private static Func<IReadOnlyList<Side>> Sides(
        ProofContext proof,
        IReadOnlyDictionary<Table, List<Symbolic>> written,
        State<Symbolic> state,
        View<Symbolic> after,
        SymbolicSets sets,
        Membership<Symbolic> members
    )
    {
        List<(string Name, Table Table, Symbolic Row, Symbolic Wanted, Symbolic Found)> pairs = [];
        foreach (var (info, column) in state.Columns)
            Compare(info.Name, info.Table, row => column[row], row => after.Column(info, row));
        Compare(ReadySet, Table.Thread, members.Ready, sets.Ready.Get);
        Compare(SenderSet, Table.Thread, members.Sender, sets.Sender.Get);
        Compare(TimerSet, Table.Thread, members.Timer, sets.Timer.Get);
        var reasoner = proof.Reasoner;
        return () =>
            [
                .. pairs
                    .Select(pair => new Side(
                        pair.Name,
                        pair.Table,
                        reasoner.ValueOf(pair.Row),
                        reasoner.ValueOf(pair.Wanted),
                        reasoner.ValueOf(pair.Found)
                    ))
                    .Where(side => side.Wanted != side.Found)
                    .Distinct(),
            ];

        void Compare(string name, Table table, Func<Symbolic, Symbolic> wanted, Func<Symbolic, Symbolic> found)
        {
            foreach (var row in written.GetValueOrDefault(table, []).Append(proof.Any(table, false)))
            {
                var (expected, actual) = proof.Instances.Quietly(() => (wanted(row), found(row)));
                if (!expected.Equals(actual))
                    pairs.Add((name, table, row, expected, actual));
            }
        }
    }
}
