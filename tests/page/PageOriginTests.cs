using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Page;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Page;

/// <summary>The page names the command as it was typed, how the trace was found, and whether it was shrunk.</summary>
public sealed class PageOriginTests
{
    [Theory]
    [InlineData("check fair --html x.html", "verified check fair --html x.html", "check", null, "fair")]
    [InlineData("check --html x.html", "verified check --html x.html: found in model fair", "check", null, "fair")]
    [InlineData("fuzz --html x.html", "verified fuzz --html x.html: found with seed 7", "fuzz", 7, null)]
    [InlineData("--html x.html", "verified --html x.html: found by fuzz, seed 7", "fuzz", 7, null)]
    [InlineData("replay a.json", "verified replay a.json: found by check fair", "check", null, "fair")]
    [InlineData(null, "verified check fair", "check", null, "fair")]
    public void The_line_names_the_command_and_what_it_does_not_say(
        string? command,
        string line,
        string verb,
        int? seed,
        string? model
    ) => Assert.Equal(line, PageOrigin.Line(command, new(verb, seed, model)));

    [Fact]
    public void A_trace_that_a_search_found_says_so()
    {
        var origin = new Origin("diff", 7) { For = "a search for a run, because image.receive was refuted" };
        Assert.Equal(
            "verified prove image.receive --html x.html: found by diff, seed 7; a search for a run, because "
                + "image.receive was refuted",
            PageOrigin.Line("prove image.receive --html x.html", origin)
        );
        Assert.Equal("", PageOrigin.Line(null, null));
    }

    [Fact]
    public void A_shrunk_run_needs_each_of_its_events()
    {
        var limits = new Limits(4, 4, 4);
        var options = new FuzzOptions(Limits: limits, Damage: SlowClock);
        var found = FuzzRun.Run(options).Failure!;
        Assert.True(found.IsMinimal);
        for (var i = 0; i < found.Trace.Events.Count; i++)
            Assert.Null(
                FuzzRun.Replay(
                    found.Trace with
                    {
                        Events = [.. found.Trace.Events.Take(i), .. found.Trace.Events.Skip(i + 1)],
                    },
                    options
                )
            );
        Assert.Null(FuzzRun.Run(options with { Shrinks = false }).Failure!.IsMinimal);
    }

    [Fact]
    public void A_shortest_run_is_called_shortest_and_a_random_one_is_not()
    {
        Assert.Contains("shortest", new Origin(Origin.Check, Model: "pair", IsMinimal: true).Shortness);
        Assert.Contains("shrunk", new Origin("fuzz", 7, IsMinimal: true).Shortness);
        Assert.Null(new Origin("fuzz", 7).Shortness);
        var model = Proofs.Check.Model.All[0];
        Assert.True(ModelChecker.Run(model, new(Damage: SlowClock)).Failure!.IsMinimal);
        Assert.Null(Simulation.Run(model, new(), new(Damage: SlowClock)).Failure!.IsMinimal);
    }

    // A trace of an earlier version does not say whether it was shrunk.
    [Fact]
    public void A_trace_keeps_whether_it_was_shrunk_and_an_earlier_one_loads()
    {
        var state = Boot.Initial(new Limits(4, 2, 2), []);
        var trace = new Trace(Snapshot.Of(state), [new(Entry.Tick)], Origin: new("fuzz", 7, IsMinimal: true));
        var text = TraceFile.Write(trace);
        Assert.True(TraceFile.Read(text).Origin!.IsMinimal);
        var earlier = text.Replace(",\"isMinimal\":true", "", StringComparison.OrdinalIgnoreCase);
        Assert.NotEqual(text, earlier);
        Assert.Null(TraceFile.Read(earlier).Origin!.IsMinimal);
    }

    // The model checker looks ahead, so the trace's last event may be unfinished.
    [Fact]
    public void The_last_event_of_a_models_trace_is_finished()
    {
        var witness = ModelChecker
            .Run(Proofs.Check.Model.Interrupted)
            .Witnesses.Select(each => each.Trace)
            .First(IsOpen)!;
        var whole = Unfolding.Finished(witness with { Origin = new(Origin.Check, Model: "interrupted") });
        Assert.Equal(witness.Events, whole.Events.Take(witness.Events.Count));
        Assert.False(IsOpen(whole));
        Assert.True(IsOpen(Unfolding.Finished(witness)));
        var settled = Unfolding.Finished(whole, settles: true);
        Assert.Equal(whole.Events, settled.Events.Take(whole.Events.Count));
        Assert.Contains(Stage(settled), (uint[])[Stages.User, Stages.Idle]);

        static bool IsOpen(Trace? trace)
        {
            return trace is not null && Stage(trace) is Stages.Map or Stages.Receive or Stages.Accept or Stages.Leave;
        }

        static uint Stage(Trace trace)
        {
            var s = trace.Start.ToState();
            var kernel = new Kernel<Concrete>(s);
            foreach (var e in trace.Events)
                e.Apply(kernel, s);
            return s.Stage.Value;
        }
    }

    private static void SlowClock(State<Concrete> s, Entry entry)
    {
        if (entry == Entry.ThreadSwitch)
            s.Time = s.Time + 1;
        if (entry == Entry.Ipc)
            s.Partner[0] = 1;
    }
}
