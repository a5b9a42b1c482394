using Verified.Proofs.Check;
using Verified.Proofs.Commands;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Explore;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Traces;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Explore;

/// <summary>Walks from the start of traces that belong to no model.</summary>
public sealed class TraceWorldTests(PlantedTrace planted) : IClassFixture<PlantedTrace>
{
    [Fact]
    public void The_next_event_of_the_trace_leads_along_it()
    {
        var trace = RandomRun.Of(1, events: 12);
        var session = new Session(new TraceWorld(trace, 1));
        for (var n = 0; n < trace.Events.Count; n++)
        {
            Assert.True(session.View().Choices[0].IsOfTrace);
            session.Take(0, n, follows: true);
        }

        Assert.Equal(trace.Events, session.Trace.Events);
        Assert.DoesNotContain(session.View().Choices, choice => choice.IsOfTrace);
        Assert.Equal(Transcript.Of(trace), session.View().Page.Steps.Select(step => step.Text));
        Assert.Contains("all events", Assert.Throws<ExploreException>(() => session.Follow()).Message);
    }

    [Fact]
    public void The_whole_trace_can_be_taken_from_any_of_its_events()
    {
        var trace = RandomRun.Of(1, events: 12);
        var session = new Session(new TraceWorld(trace, 1));
        session.Take(0, 0, follows: true);
        Assert.Equal((trace.Events.Count - 1, 0), session.Follow());
        Assert.Equal((trace.Events.Count, 0), (session.Count, session.View().Rest));
        session.Back();
        Assert.Equal((trace.Events.Count - 1, 1), (session.Count, session.View().Rest));
    }

    [Fact]
    public void Events_of_the_trace_that_cannot_come_are_counted_apart()
    {
        // No thread may handle the interrupt of the second controller.
        var run = RandomRun.Of(1, events: 12);
        Event never = new(Entry.Interrupt, null, Interrupts.Cascade + 1);
        var session = new Session(
            new TraceWorld(run with { Events = [.. run.Events.Take(3), never, .. run.Events.Skip(3), never] }, 1)
        );
        Assert.Equal((12, 2), session.Follow());
        Assert.Equal(Transcript.Of(run), session.View().Page.Steps.Select(step => step.Text));
        Assert.Equal(0, session.View().Rest);
    }

    [Fact]
    public void An_event_off_the_trace_is_taken_and_the_trace_may_go_on_after_it()
    {
        var session = new Session(new TraceWorld(RandomRun.Of(1, events: 12), 1));
        session.Take(0, 0, follows: true);
        var tick = session.View().Choices.Select((choice, n) => (choice, n)).First(each => each.choice.Group == "Tick");
        session.Take(tick.n, 1, follows: true);
        Assert.Equal((2, 11), (session.Count, session.View().Rest));
        Assert.Contains(session.View().Page.Steps, step => step.Mark == "tick");
        Assert.Null(FuzzRun.Replay(session.Trace));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_event_that_is_offered_happens(bool onImage)
    {
        var trace = RandomRun.Of(3, events: 8, arises: onImage);
        var image = onImage ? planted.Whole : null;
        var session = new Session(new TraceWorld(trace, 1, image));
        var duel = onImage ? new Duel(new ImageMachine(planted.Image)) : null;
        HashSet<Entry> entries = [];
        for (; session.Count < trace.Events.Count; session.Take(0, session.Count, follows: true))
        for (var n = 0; n < session.Enabled.Count; n++)
        {
            var e = session.Enabled[n];
            Assert.NotEmpty(Unfolding.Of(e, session.State).Take(1));
            entries.Add(e.Entry);
            if (duel is null)
                continue;
            DiffRun.Replay(duel, session.Trace);
            var before = duel.Events;
            Assert.Null(duel.Step(e));
            Assert.True(duel.Events > before, $"{e} does not happen on the image");
        }

        Assert.True(entries.Count > 8, string.Join(", ", entries));
    }

    [Fact]
    public void The_seed_selects_the_events()
    {
        var trace = RandomRun.Of(1, events: 12);
        string[] Offered(int seed) =>
            [.. new Session(new TraceWorld(trace, seed)).View().Choices.Select(choice => choice.Text)];
        Assert.Equal(Offered(1), Offered(1));
        Assert.NotEqual(Offered(1), Offered(2));
        Assert.Contains("seed 2", new TraceWorld(trace, 2).Says);
    }

    [Fact]
    public void A_search_first_goes_along_the_trace()
    {
        var trace = RandomRun.Of(1, events: 12);
        var session = new Session(new TraceWorld(trace, 1));
        session.Follow();
        var condition = $"Current == {session.State.Current.Value} && Clock == {session.State.Clock.Value}";
        session.Restart();
        Assert.Contains("events of the trace", session.RunUntil(condition));
        Assert.Equal(trace.Events.Take(session.Count), session.Trace.Events);
    }

    [Theory]
    [InlineData("entry ThreadSchedule")]
    [InlineData("Stage == idle")]
    [InlineData("code 20h, receive timeout")]
    [InlineData("entry Tick && not Stage == idle")]
    public void A_search_among_random_events_ends_where_the_condition_holds(string condition)
    {
        var session = new Session(new TraceWorld(RandomRun.Of(1, events: 0), 1));
        Assert.Contains("random events lead to", session.RunUntil(condition));
        Assert.InRange(session.Count, 1, 32);
        Assert.Equal(condition == "Stage == idle", session.State.Stage.Value == Stages.Idle);
        Assert.Null(FuzzRun.Replay(session.Trace));
    }

    [Fact]
    public void A_search_that_finds_nothing_says_so_and_can_be_stopped()
    {
        var session = new Session(new TraceWorld(RandomRun.Of(1, events: 2), 1));
        Assert.Contains("does not come", Refused(() => session.RunUntil("not status-known")));
        Assert.Contains("no column 'Nothing'", Refused(() => session.RunUntil("Nothing == 1")));
        Assert.Throws<OperationCanceledException>(() => session.RunUntil("not status-known", new(canceled: true)));
        Assert.Equal(0, session.Count);
    }

    [Fact]
    public void A_difference_of_the_image_is_shown_with_its_instruction_and_stays_in_its_place()
    {
        var session = new Session(new TraceWorld(planted.Trace, 1, planted.Bad));
        Assert.False(session.View().Page.Fails);
        Assert.Contains("equal to the spec", session.View().Compared);
        session.Follow();
        var view = session.View();
        Assert.True(view.Page.Fails);
        Assert.Equal(planted.Difference, view.Page.Title.Split(',')[0]);
        Assert.Contains(view.Page.Path!.Instructions, instruction => instruction.Deviates);
        Assert.Equal(view.Page.Steps.Count - 1, view.Page.Wrong);
        var wrong = view.Page.Wrong;
        session.Take(0, session.Count, follows: true);
        Assert.Equal(wrong, session.View().Page.Wrong);
        Assert.True(session.View().Page.Steps.Count - 1 > wrong);
    }

    [Fact]
    public void The_image_without_the_fault_is_equal_to_the_spec_on_the_same_run()
    {
        var session = new Session(new TraceWorld(planted.Trace, 1, planted.Whole));
        session.Follow();
        Assert.False(session.View().Page.Fails);
        Assert.Contains("equal to the spec", session.View().Compared);
    }

    [Fact]
    public void A_violated_invariant_is_shown()
    {
        var trace = RandomRun.Of(1, events: 0);
        var state = trace.Start.ToState();
        var row = RandomRun.Threads(state)[0];
        state.Partner[row] = row;
        var view = new Session(new TraceWorld(trace with { Start = Snapshot.Of(state) }, 1)).View();
        Assert.True(view.Page.Fails);
        Assert.StartsWith("the spec violates", view.Page.Title);
        Assert.Contains(view.Invariants, invariant => invariant.Violated is not null);
    }

    [Fact]
    public void A_saved_run_is_replayed_and_opened_again()
    {
        var folder = Directory.CreateTempSubdirectory("verified-explore").FullName;
        var file = Path.Combine(folder, "run.json");
        try
        {
            var session = new Session(new TraceWorld(planted.Trace, 1, planted.Whole));
            session.Follow();
            session.Take(0, session.Count, follows: true);
            session.Save(file);
            using var output = new StringWriter();
            Assert.Equal(
                CommandLine.Holds,
                CommandLine.Run(["replay", file, "--image", planted.WholeFile], output, output)
            );
            Assert.Contains("found by explore", output.ToString());
            Assert.Equal(
                CommandLine.Refuted,
                CommandLine.Run(["replay", file, "--image", planted.BadFile], output, output)
            );
            var again = new Session(new TraceWorld(TraceFile.Load(file), 1, planted.Whole));
            Assert.Equal((session.Count, 0), again.Follow());
            Assert.Equal(
                session.View().Page.Steps.Select(step => step.Text),
                again.View().Page.Steps.Select(step => step.Text)
            );
            Assert.Equal(planted.Whole.Origin, again.Trace.Origin?.Image);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_state_between_steps_as_the_prover_finds_it_goes_on_to_a_user_state()
    {
        var state = RandomRun.Population(1);
        var trace = new Trace(Snapshot.Of(state), [new(Entry.Pick)], Origin: new("prove"));
        var session = new Session(new TraceWorld(trace, 1));
        Assert.Equal(Stages.User, session.State.Stage.Value);
        Assert.Single(session.View().Page.Steps);
        Assert.NotEmpty(session.View().Properties);
        session.BackToStep(0);
        Assert.Single(session.View().Page.Steps);
    }

    [Fact]
    public void A_trace_of_a_model_or_of_another_size_is_refused_and_nothing_is_lost()
    {
        var session = new Session(new TraceWorld(planted.Trace, 1, planted.Whole));
        session.Follow();
        var (text, count) = (TraceFile.Write(session.Trace), session.Count);
        (Trace Trace, string Says)[] bad =
        [
            (new Session(new ModelWorld(Model.Pair)).Trace, "is of model pair: verified explore pair"),
            (new(Snapshot.Of(Boot.Initial(new(8, 1, 2), [])), []), "is of size 8x1x2"),
        ];
        foreach (var (trace, says) in bad)
        {
            var line = Assert.Throws<TraceFileException>(() => session.Load(trace)).Message;
            Assert.Contains(says, line);
            Assert.DoesNotContain('\n', line);
            Assert.Equal((text, count), (TraceFile.Write(session.Trace), session.Count));
        }

        session.Load(session.Trace);
        Assert.Equal((0, count), (session.Count, session.View().Rest));
    }

    private static string Refused(Action action) => Assert.Throws<ExploreException>(action).Message;
}
