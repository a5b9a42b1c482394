using Verified.Proofs.Check;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Check;

/// <summary>
/// The checker evaluates a statement once for all states that agree in what it reads. Here random statements are also
/// evaluated at every row of every state and step. The verdicts must be the same.
/// </summary>
public class RememberedJudgementTests
{
    private const int Statements = 32;

    [Theory]
    [InlineData("pair", 1)]
    [InlineData("sleepers", 2)]
    [InlineData("ports", 3)]
    [InlineData("interrupted", 4)]
    public void A_search_that_remembers_judges_as_one_that_does_not(string name, int seed)
    {
        var model = Searched.Find(name);
        var states = ModelChecker.Reachable(model);
        var walker = new Walker(model, null);
        var random = new RandomStatements(seed, walker, states);
        var invariants = Enumerable.Range(0, Statements).Select(random.Invariant).ToArray();
        var properties = Enumerable.Range(0, Statements).Select(random.Property).ToArray();

        var (violatedInvariants, violatedProperties) = Violated(walker, states, invariants, properties);

        Assert.InRange(violatedInvariants.Count, 4, Statements - 1);
        Assert.InRange(violatedProperties.Count, 4, Statements - 1);
        var held = ModelChecker.Run(
            model,
            new([.. invariants.Except(violatedInvariants)], Properties: [.. properties.Except(violatedProperties)])
        );
        Assert.Null(held.Failure);
        foreach (var invariant in violatedInvariants)
            Assert.Equal(invariant.Name, ModelChecker.Run(model, new([invariant], Properties: [])).Failure?.Property);
        foreach (var property in violatedProperties)
            Assert.Equal(property.Name, ModelChecker.Run(model, new([], Properties: [property])).Failure?.Property);
    }

    /// <summary>
    /// The invariants and properties that some state or step violates, in a search that remembers nothing.
    /// </summary>
    private static (
        HashSet<Invariant<State<Concrete>, Concrete>> Invariants,
        HashSet<Property<Concrete>> Properties
    ) Violated(
        Walker walker,
        KeySet states,
        Invariant<State<Concrete>, Concrete>[] invariants,
        Property<Concrete>[] properties
    )
    {
        var (ofStates, ofSteps) = (
            new HashSet<Invariant<State<Concrete>, Concrete>>(),
            new HashSet<Property<Concrete>>()
        );
        var judge = new MeaningJudge(walker.Tables, properties) { LooksEverywhere = true };
        uint[] threads = [State<Concrete>.Nobody, .. walker.Codec.Rows];
        for (var number = 0; number < states.Count; number++)
            walker.Expand(states[number], (step, key) =>
            {
                judge.Begin(step.Entry, step.Argument, 0);
                foreach (var property in judge.Of(step.Entry))
                    if (!ofSteps.Contains(property) && judge.Violated(property, threads, walker.RowsOf) is not null)
                        ofSteps.Add(property);
                foreach (var invariant in invariants)
                    if (key is not null && !ofStates.Contains(invariant) && walker.Violated([invariant]) is not null)
                        ofStates.Add(invariant);
                return true;
            });
        return (ofStates, ofSteps);
    }

    /// <summary>Statements that two or three cells do not have certain values that they have had somewhere.</summary>
    private sealed class RandomStatements(int seed, Walker walker, KeySet states)
    {
        private static readonly Table[] Tables = [Table.Thread, Table.Thread, Table.Processor, Table.Node, Table.Task];

        private static string[] Registers => ["Eax", "Ecx", "Edx", "Ebx", "Esp", "Ebp", "Esi", "Edi", "Eip", "Eflags"];

        // Cells that mean something only in some states. A statement about them must ask for these states first.
        private static readonly HashSet<string> Conditional =
        [
            .. Registers,
            .. (string[])["Owner", "Item", "Source", "SourcePage", "Target", "TargetPage"],
            .. (string[])["Left", "Failed", "Pass", "Cursor"],
        ];

        private readonly Random _random = new(seed);

        public Invariant<State<Concrete>, Concrete> Invariant(int number)
        {
            var over = Over();
            var (first, second, third) = (Atom(over, null), Atom(Any(), over), Atom(Any(), over));
            return new($"random-{number}", "cells do not have these values together", over, false, (s, i, _) =>
                !(first(s, i) && second(s, i) && (number % 3 == 0 || third(s, i)))
            );
        }

        public Property<Concrete> Property(int number)
        {
            var over = Over();
            var (before, after, more) = (Atom(over, null), Atom(over, null), Atom(Any(), over));
            return new(
                $"random-{number}",
                "0",
                "cells do not change in this way",
                over,
                Enum.GetValues<Entry>(),
                (step, i, _) =>
                    !(before(step.Before, i) && after(step.After, i) && (number % 3 == 0 || more(step.After, i)))
            );
        }

        private Table Any() => Tables[_random.Next(Tables.Length)];

        // Only models with mappings have rows in the tables of mappings.
        private Table Over() => Any() is var table && walker.RowsOf(table).Length > 0 ? table : Table.Thread;

        /// <summary>Whether a cell has the value that it has in some state, in the row or in a fixed row.</summary>
        private Func<State<Concrete>, Concrete, bool> Atom(Table table, Table? over)
        {
            if (walker.RowsOf(table) is not { Length: > 0 } rows)
                return Atom(Table.Thread, over);
            var columns = walker.State.Columns.Select((column, n) => (column.Info, n)).ToArray();
            var ofTable = columns
                .Where(column => column.Info.Table == table && !Conditional.Contains(column.Info.Name))
                .ToArray();
            var (row, n, value) = (0u, 0, 0u);
            // A value that the cell did not have at first is rarer, so that some statements hold.
            for (var (tries, first) = (0, 0u); tries < 50 && value == first; tries++)
            {
                (row, n) = (rows[_random.Next(rows.Length)], ofTable[_random.Next(ofTable.Length)].n);
                walker.Codec.Unpack(states[0]);
                first = walker.State.Columns[n].Column[row].Value;
                walker.Codec.Unpack(states[_random.Next(states.Count)]);
                value = walker.State.Columns[n].Column[row].Value;
            }

            var isFixed = over is not null && over != table;
            return (s, i) =>
            {
                var at = isFixed ? row : i.Value;
                return (table != Table.Node || (at != 0 && s.Mappings.Space[at].Value != 0))
                    && s.Columns[n].Column[at].Value == value;
            };
        }
    }
}
