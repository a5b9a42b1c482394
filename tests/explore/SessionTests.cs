using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.Explore;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Verified.Tests.Check;
using Xunit;

namespace Verified.Tests.Explore;

/// <summary>Walks through models: possible next events, searches, and verdicts.</summary>
public class SessionTests
{
    public static TheoryData<string> Models => [.. Model.All.Select(model => model.Name)];

    [Theory]
    [MemberData(nameof(Models))]
    public void The_events_that_may_come_are_the_model_checkers(string name)
    {
        var model = Named(name);
        var session = Of(model);
        var walker = new Walker(model, null);
        var random = new Random(1);
        for (var step = 0; step < 12; step++)
        {
            // The keys to which the checker expands the present state, and the keys to which the session's events lead.
            HashSet<Key> expected = [];
            walker.Expand(Key(session)!.Value, (_, key) =>
            {
                if (key is { } inside)
                    expected.Add(inside);
                return true;
            });
            HashSet<Key> reached = [];
            List<int> inside = [];
            for (var n = 0; n < session.Enabled.Count; n++)
            {
                session.Take(n, session.Count, follows: false);
                if (Key(session) is { } key)
                {
                    reached.Add(key);
                    inside.Add(n);
                }

                session.Back(single: true);
            }

            Assert.Subset(expected, reached);
            Assert.Subset(reached, expected);
            if (inside.Count == 0)
            {
                Assert.Contains("Nothing can come", session.View().Ended);
                session.Restart();
                continue;
            }

            session.Take(inside[random.Next(inside.Count)], session.Count, follows: false);
        }
    }

    [Fact]
    public void Back_undoes_an_event_with_the_kernels_own_steps()
    {
        var session = Of(Model.Pair);
        session.Take(0, 0, follows: true);
        var (key, count) = (Key(session), session.Count);
        session.Take(Find(session, "call"), session.Count, follows: true);
        Assert.True(session.Count > count + 1);
        session.Back();
        Assert.Equal((key, count), (Key(session), session.Count));
        session.Back();
        Assert.Equal(0, session.Count);
        Assert.Throws<ExploreException>(() => session.Back());
    }

    [Fact]
    public void A_step_of_the_chart_can_be_gone_back_to()
    {
        var session = Of(Model.Pair);
        session.RunUntil("code 00h, done");
        var steps = session.View().Page.Steps;
        session.BackToStep(1);
        Assert.Equal(steps[0].Text, Assert.Single(session.View().Page.Steps).Text);
        Assert.Throws<ExploreException>(() => session.BackToStep(2));
    }

    [Fact]
    public void A_choice_made_on_an_older_run_is_refused()
    {
        var session = Of(Model.Pair);
        session.Take(0, 0, follows: true);
        Assert.Throws<ExploreException>(() => session.Take(0, 0, follows: true));
        Assert.Throws<ExploreException>(() => session.Take(session.Enabled.Count, session.Count, follows: true));
    }

    [Fact]
    public void A_search_for_a_witness_is_as_short_as_the_checkers()
    {
        var session = Of(Model.Pair);
        foreach (var (name, trace) in Searched.Whole(Model.Pair).Witnesses)
        {
            session.Restart();
            if (trace is not null)
            {
                session.RunUntil(name);
                Assert.Equal((name, trace.Events.Count), (name, session.Count));
            }
            else
                Assert.Contains("never comes", Refused(() => session.RunUntil(name)));
        }
    }

    [Theory]
    [InlineData("Status[1.0] == sending")]
    [InlineData("Status[2.0]=receiving-any && Status[1.0] != ready")]
    [InlineData("Stage == idle")]
    [InlineData("Slice[1.0] >= 3 && not entry Tick")]
    [InlineData("Partner[1.0] == 2.0")]
    [InlineData("Partner[1] == 0x2")]
    public void A_search_ends_in_a_state_with_the_values(string condition)
    {
        var session = Of(Model.Pair);
        session.RunUntil(condition);
        var (s, one, two) = (session.State, 1u, 2u);
        Assert.True(
            condition[0] switch
            {
                'S' when condition.StartsWith("Status[1", StringComparison.Ordinal) => s.Status[one].Value
                    == ThreadStatus.Sending,
                'S' when condition.StartsWith("Status[2", StringComparison.Ordinal) => s.Status[two].Value
                    == ThreadStatus.ReceivingAny
                    && s.Status[one].Value != ThreadStatus.Ready,
                'S' when condition.StartsWith("Stage", StringComparison.Ordinal) => s.Stage.Value == Stages.Idle,
                'S' => s.Slice[one].Value >= 3 && session.Trace.Events[^1].Entry != Entry.Tick,
                _ => s.Partner[one].Value == two,
            }
        );
        Assert.Null(FuzzRun.Replay(session.Trace));
    }

    [Theory]
    [InlineData("Nothing[0] == 1", "no column 'Nothing'")]
    [InlineData("Status == 1", "write Status[ROW]")]
    [InlineData("Status[9.0] == 1", "no row '9.0'")]
    [InlineData("Status[x] == 1", "no row 'x'")]
    [InlineData("Status[99999999999] == 1", "no row")]
    [InlineData("Status[1.0] == asleep", "no value 'asleep'")]
    [InlineData("Status[1.0] == 100h", "does not fit")]
    [InlineData("Clock == 3", "not part of this model's states")]
    [InlineData("Eax[1.0] == 0", "not part of this model's states")]
    [InlineData("", "is not a condition")]
    [InlineData("Stage == idle && ", "is not a condition")]
    [InlineData("not not-a-name", "is not a condition")]
    public void A_wrong_condition_gets_a_line(string condition, string says)
    {
        var session = Of(Model.Pair);
        Assert.Contains(says, Refused(() => session.RunUntil(condition)));
        Assert.Equal(0, session.Count);
    }

    [Fact]
    public void A_search_gives_up_at_its_bound_and_when_nobody_waits()
    {
        var session = new Session(new ModelWorld(Model.Trio, new(Limits: new() { States = 50 })));
        Assert.Contains("50 states", Refused(() => session.RunUntil("not status-known")));
        Assert.Throws<OperationCanceledException>(() => session.RunUntil("not status-known", new(canceled: true)));
        Assert.Equal(0, session.Count);
    }

    [Fact]
    public void A_violated_invariant_is_shown_and_searched_for()
    {
        Invariant<State<Concrete>, Concrete> never = new(
            "nobody-sends",
            "nobody waits to send",
            Table.Thread,
            false,
            (s, i, _) => s.Status[i] != ThreadStatus.Sending
        );
        var session = new Session(new ModelWorld(Model.Pair, new(Invariants: [never])));
        Assert.Null(Assert.Single(session.View().Invariants).Violated);
        session.RunUntil("not nobody-sends");
        var view = session.View();
        Assert.Equal("violated at thread 1.0", Assert.Single(view.Invariants).Violated);
        Assert.True(view.Page.Fails);
        Assert.StartsWith("nobody-sends", view.Page.Title);
    }

    [Fact]
    public void A_violated_property_is_shown_after_the_step_that_violates_it()
    {
        var planted = new Verified.Spec.Meaning.Property<Concrete>(
            "no-tick",
            "",
            "the clock stands still",
            Table.Processor,
            [Entry.Tick],
            (step, _, _) => step.Before.Clock == step.After.Clock
        );
        var session = new Session(new ModelWorld(Model.Pair, new(Properties: [planted])));
        session.Take(0, 0, follows: true);
        Assert.Empty(session.View().Properties);
        session.Take(Find(session, "tick"), session.Count, follows: true);
        Assert.NotNull(Assert.Single(session.View().Properties).Violated);
        session.Take(Find(session, "id_nearest"), session.Count, follows: true);
        Assert.Empty(session.View().Properties);
    }

    [Fact]
    public void A_state_that_violates_an_invariant_can_be_loaded_and_is_shown()
    {
        var state = Model.Pair.Initial();
        state.Partner[1] = 2;
        var session = Of(Model.Pair);
        session.Load(new(Snapshot.Of(state), []));
        Assert.Contains(session.View().Invariants, invariant => invariant.Violated is not null);
        Assert.True(session.View().Page.Fails);
    }

    [Fact]
    public void A_trace_of_another_model_size_or_kernel_is_refused_and_nothing_is_lost()
    {
        var session = Of(Model.Pair);
        session.RunUntil("Status[1.0] == sending");
        var (key, count) = (Key(session), session.Count);
        var other = Of(Model.Trio);
        Trace[] bad =
        [
            other.Trace,
            other.Trace with
            {
                Origin = null,
            },
            session.Trace with
            {
                Events = [new(Entry.Leave)],
            },
            session.Trace with
            {
                Start = Snapshot.Of(Outside()),
            },
        ];
        string[] says = ["is of model trio", "is of size", "cannot come", "does not have"];
        for (var n = 0; n < bad.Length; n++)
        {
            var line = Assert.Throws<TraceFileException>(() => session.Load(bad[n])).Message;
            Assert.Contains(says[n], line);
            Assert.DoesNotContain('\n', line);
            Assert.Equal((key, count, true), (Key(session), session.Count, session.IsUnsaved));
        }

        static State<Concrete> Outside()
        {
            var state = Model.Pair.Initial();
            state.Priority[1] = 0;
            return state;
        }
    }

    [Fact]
    public void A_trace_that_is_read_again_leads_to_the_same_state()
    {
        var session = Of(Model.Drivers);
        session.RunUntil("an interrupt that is pending");
        var again = Of(Model.Drivers);
        again.Load(TraceFile.Read(TraceFile.Write(session.Trace)));
        Assert.Equal((Key(session), session.Count, false), (Key(again), again.Count, again.IsUnsaved));
        Assert.Equal(session.View().Page.Steps.Select(step => step.Text), again.View().Page.Steps.Select(s => s.Text));
    }

    private static Session Of(Model model) => new(new ModelWorld(model));

    private static Key? Key(Session session) => ((ModelWorld)session.World).KeyOf(session.Tables.Cells);

    private static string Refused(Action action) => Assert.Throws<ExploreException>(action).Message;

    private static Model Named(string name) => Model.All.Single(model => model.Name == name);

    private static int Find(Session session, string text) =>
        session.View().Choices.Select((choice, n) => (choice, n)).First(each => each.choice.Text.Contains(text)).n;
}
