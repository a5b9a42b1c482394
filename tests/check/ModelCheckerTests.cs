using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Check;

public class ModelCheckerTests
{
    public static TheoryData<string> Names => [.. Model.All.Select(model => model.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_state_satisfies_the_invariants(string name)
    {
        var result = Searched.Whole(Searched.Find(name));
        Assert.Null(result.Failure);
        Assert.Equal(result.Model.Pinned, result.Seen);
        Assert.Equal(
            result.Model.Never.Order(StringComparer.Ordinal),
            result.Witnesses.Where(w => w.Trace is null).Select(w => w.Name).Order(StringComparer.Ordinal)
        );
        Assert.True(result.Holds);
    }

    [Fact]
    public void A_changed_spec_that_shows_in_the_counts_alone_fails()
    {
        // The kernel forgets which sender it served last. Every state satisfies the invariants, and every expected
        // event happens.
        void Forget(State<Concrete> s, Entry entry)
        {
            if (entry == Entry.Accept)
                s.Served[s.Current] = 0;
        }

        Assert.Equal("served-is-kept", ModelChecker.Run(Model.Pair, new(Damage: Forget)).Failure?.Property);
        var result = ModelChecker.Run(Model.Pair, new(Damage: Forget, Properties: []));
        Assert.Null(result.Failure);
        Assert.All(result.Witnesses, witness =>
            Assert.Equal(Model.Pair.Never.Contains(witness.Name), witness.Trace is null)
        );
        Assert.Equal($"expected {Model.Pair.Pinned}; seen {result.Seen}", result.Miscount);
        Assert.False(result.Holds);
    }

    [Fact]
    public void A_changed_copy_of_a_model_has_no_expected_counts()
    {
        Assert.All(Model.All, model => Assert.NotNull(model.Pinned));
        Assert.Null((Model.Pair with { SliceBound = 2 }).Pinned);
    }

    [Fact]
    public void The_number_of_workers_changes_nothing()
    {
        var one = ModelChecker.Run(Model.Ranked, new(Workers: 1));
        var three = ModelChecker.Run(Model.Ranked, new(Workers: 3));
        Assert.Equal((one.States, one.Transitions, one.Beyond), (three.States, three.Transitions, three.Beyond));
        Assert.Equal(one.Witnesses.Select(Told), three.Witnesses.Select(Told));

        static string Told((string, Trace? Trace) witness) =>
            witness.Trace is { } trace ? string.Join('\n', Transcript.Of(trace)) : "";
    }

    [Fact]
    public void A_witness_reads_as_system_calls()
    {
        var result = Searched.Whole(Model.Ranked);
        var trace = result.Witnesses.Single(w => w.Name == "hand-off to the partner").Trace!;
        Assert.Equal(
            [
                "kernel picks -> 2.0 runs",
                "2.0 receive from 1.0 timeout never -> receiving-from, kernel picks next",
                "kernel picks -> 1.0 runs",
                "1.0 page fault at 00000000h, reading -> receiving-from, 2.0 runs",
            ],
            Transcript.Of(trace)
        );
    }

    public static TheoryData<string> InvariantNames =>
        [.. Invariants<Concrete>.All.Select(invariant => invariant.Name)];

    [Theory]
    [MemberData(nameof(InvariantNames))]
    public void A_negated_invariant_is_violated(string name)
    {
        Invariant<State<Concrete>, Concrete>[] negated =
        [
            .. from invariant in Invariants<Concrete>.All
            where invariant.Name == name
            select invariant with
            {
                Holds = (s, i, j) => !invariant.Holds(s, i, j),
            },
        ];
        Assert.Equal(name, ModelChecker.Run(Model.Pair, new(negated)).Failure?.Property);
    }

    [Fact]
    public void An_invariant_of_a_register_that_the_key_leaves_out_is_evaluated_in_every_state()
    {
        var invariant = new Invariant<State<Concrete>, Concrete>(
            "no-cut",
            "no ready thread was told that its message was cut",
            Table.Thread,
            false,
            (s, thread, _) => (s.Status[thread] != ThreadStatus.Ready) | (s.Eax[thread] != Code.ReceiveCut)
        );
        var failure = ModelChecker.Run(Model.Pair, new([invariant])).Failure;
        Assert.Equal("no-cut", failure?.Property);
        Assert.Equal(Entry.Receive, failure!.Trace.Events[^1].Entry);
    }
}
