using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Fuzz;

/// <summary>
/// Random programs evaluate a statement again only if something that it read has changed. With random statements, the
/// first violation must be the one that is found if nothing is remembered.
/// </summary>
public class RememberedStatementTests
{
    private const int Statements = 24,
        Programs = 60;

    private static readonly Limits Small = new(4, 4, 8);

    [Fact]
    public void Programs_that_remember_judge_states_as_those_that_do_not()
    {
        var random = new Random(5);
        var (failed, options) = (0, new FuzzOptions(Count: Programs, Limits: Small, Properties: [], Shrinks: false));
        for (var number = 0; number < Statements; number++)
        {
            var (first, second, third) = (Atom(random), Atom(random), Atom(random));
            var invariant = new Invariant<State<Concrete>, Concrete>(
                $"random-{number}",
                "columns do not have these values together",
                Table.Thread,
                true,
                (s, i, j) => !(first(s, i) && second(s, j) && third(s, i))
            );
            failed += Compare(options with { Invariants = [invariant] }) ? 1 : 0;
        }

        Assert.InRange(failed, 4, Statements - 2);
    }

    [Fact]
    public void Programs_that_remember_judge_steps_as_those_that_do_not()
    {
        var random = new Random(6);
        var (failed, options) = (0, new FuzzOptions(Count: Programs, Limits: Small, Invariants: [], Shrinks: false));
        for (var number = 0; number < Statements; number++)
        {
            var (before, after, third) = (Atom(random), Atom(random), Atom(random));
            var property = new Property<Concrete>(
                $"random-{number}",
                "0",
                "columns do not change in this way",
                Table.Thread,
                Enum.GetValues<Entry>(),
                (step, i, j) => !(before(step.Before, i) && after(step.After, i) && third(step.After, j))
            )
            {
                Pairs = true,
            };
            failed += Compare(options with { Properties = [property] }) ? 1 : 0;
        }

        Assert.InRange(failed, 4, Statements - 2);
    }

    /// <summary>Whether the statement fails, which must not depend on what is remembered.</summary>
    private static bool Compare(FuzzOptions options)
    {
        var (remembered, afresh) = (FuzzRun.Run(options), FuzzRun.Run(options with { Remembers = false }));
        Assert.Equal(
            (afresh.Seed, afresh.Failure?.Property, afresh.Failure?.Why, afresh.Failure?.Trace.Events.Count),
            (
                remembered.Seed,
                remembered.Failure?.Property,
                remembered.Failure?.Why,
                remembered.Failure?.Trace.Events.Count
            )
        );
        Assert.Equal(afresh.Steps, remembered.Steps);
        return afresh.Failure is not null;
    }

    /// <summary>Whether a thread's column has the value that it has in some thread of some generated state.</summary>
    private static Func<State<Concrete>, Concrete, bool> Atom(Random random)
    {
        var state = new Generator(random.Next(1, 50), Small).Population();
        var columns = state
            .Columns.Select((column, n) => (column.Info, n))
            .Where(each => each.Info.Table == Table.Thread);
        var (_, n) = columns.ElementAt(random.Next(columns.Count()));
        var value = state.Columns[n].Column[(uint)random.Next(1, (int)Small.Threads)].Value;
        return (s, i) => s.Columns[n].Column[i].Value == value;
    }
}
