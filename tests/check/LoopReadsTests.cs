using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Check;

/// <summary>A run that repeats for ever is drawn as whole events, and shows what decides in its loop.</summary>
public sealed class LoopReadsTests
{
    private static readonly FairCycle Starves = Liveness
        .Run(Liveness.Fair, StatementReadsTests.ForgetServed)
        .Violation!;

    [Fact]
    public void The_loop_begins_and_ends_between_events_in_one_state()
    {
        var (first, last) = (After(Starves.Prefix.Events), After([.. Starves.Prefix.Events, .. Starves.Cycle]));
        Assert.True(Narration.IsEnd(first.State, Starves.Prefix.Events[^1].Entry));
        string[] apart = ["Clock", "Time", "TimeHigh", "Fault", "Consumed"];
        foreach (var (info, column) in first.State.Columns.Where(column => !State<Concrete>.IsRegister(column.Info)))
            for (var row = 0u; row < State<Concrete>.Rows(info.Table, Liveness.Fair.Limits); row++)
                if (!apart.Contains(info.Name))
                    Assert.Equal(column[row].Value, last.Cells[last.Start(info.Name) + (int)row]);
    }

    [Fact]
    public void The_step_that_passes_over_the_thread_is_in_the_loop()
    {
        var decides = Starves.Cycle[Starves.Decides];
        Assert.Equal(Entry.Receive, decides.Entry);
        var before = After([.. Starves.Prefix.Events, .. Starves.Cycle.Take(Starves.Decides)]).State;
        Assert.Equal(ThreadStatus.Sending, before.Status[Starves.Waits].Value);
    }

    [Fact]
    public void The_cells_that_decide_say_whether_the_loop_changes_them()
    {
        var run = Starves.Run with { Origin = new(Origin.Check, Model: Liveness.Fair.Name) };
        var reads = LoopReads.Of(
            run,
            run.Loop!.Value + Starves.Decides,
            Starves.Waits,
            StatementReadsTests.ForgetServed
        );
        Assert.Equal("Receive", reads.Method);
        Assert.True(reads.Decides.Single(cell => cell.Cell.Column == "Served").Stays);
        var waits = reads.Decides.Single(cell => (cell.Cell.Column, cell.Cell.Row) == ("Status", Starves.Waits));
        Assert.Equal((true, ThreadStatus.Sending), (waits.Stays, waits.Value));
        var served = reads.Decides.Single(cell => cell.Cell.Column == "Status" && cell.Cell.Row != Starves.Waits);
        Assert.Equal((false, ThreadStatus.Sending), (served.Stays, served.Value));
        Assert.All(reads.Returns, cell => Assert.Equal(cell.Values[0], cell.Values[^1]));
        Assert.Contains("Clock", reads.Counts);
        Assert.DoesNotContain("Status", reads.Counts);
        Assert.Contains("never changes in the loop", reads.Decides.Select(cell => cell.Tell(State())).Last());
    }

    [Fact]
    public void The_thread_that_waits_is_named_as_in_the_chart() =>
        Assert.Contains($"(thread {Words.Thread(State(), Starves.Waits)} waits all the time)", Starves.Why);

    [Fact]
    public void A_loop_is_told_by_the_numbers_of_its_events()
    {
        Assert.Equal("events 7 to 12 repeat for ever", new EventLoop(6, 11).Says);
        Assert.Equal(
            "after event 12 the state is as after event 6; then events 7 to 12 repeat for ever",
            new EventLoop(6, 11).Why
        );
        Assert.Equal("event 3 repeats for ever", new EventLoop(2, 2).Says);
        Assert.Contains("as at the start", new EventLoop(0, 2).Why);
        Assert.Null(EventLoop.Of(Starves.Prefix));
    }

    private static State<Concrete> State() => Liveness.Fair.Initial();

    private static FlatTables After(IReadOnlyList<Event> events)
    {
        var tables = new FlatTables(Liveness.Fair.Limits);
        tables.Fill(State());
        var kernel = new Kernel<Concrete>(tables.State);
        foreach (var e in events)
        {
            Assert.True(e.Fits(tables.State), $"{e.Entry} does not fit");
            e.Apply(kernel, tables.State);
            StatementReadsTests.ForgetServed(tables.State, e.Entry);
        }

        return tables;
    }
}
