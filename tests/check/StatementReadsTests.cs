using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Check;

/// <summary>A violated statement of any kind shows the cells that it read at the place of the violation.</summary>
public sealed class StatementReadsTests
{
    private static readonly Limits Few = new(4, 4, 4);

    // One property of a step takes part, and no defect affects it. Without any, the histories would not be judged.
    private static readonly IReadOnlyList<Property<Concrete>> Clock = Named("the-clock-counts-ticks");

    // As if the pass over the clan had looked at task 3 before its chief, task 4, was doomed.
    [Fact]
    public void A_task_that_a_deletion_forgets_shows_its_chiefs()
    {
        var limits = new Limits(8, 2, 2);
        var s = Boot.Initial(limits, [Thread(1, chief: 0), Thread(3, chief: 4)]);
        new Kernel<Concrete>(s).Step(Entry.Pick);
        var (m, me) = (s.Mappings, limits.Lthreads);
        Assert.Equal(me, s.Current.Value);
        (m.Chief[3], m.Chief[4], m.Chief[5]) = (4, 5, 1);
        m.Operation = Operations.Delete;
        (m.Owner, m.Target, m.Source, m.Pass, m.Cursor) = (me, 5, 5, Passes.Clan, 4);
        (m.Doomed[5], s.Status[me], s.Stage) = (1, ThreadStatus.Mapping, Stages.Map);
        s.Esi[me] = ThreadId.Make<Concrete>(1, 5, 0, 1);
        var trace = new Trace(Snapshot.Of(s), []);
        void Forgets(State<Concrete> state, Entry entry)
        {
            if (entry == Entry.Map && state.Mappings.Pass == Passes.Clan && state.Mappings.Doomed[4] == 1)
                state.Mappings.Cursor = state.Mappings.Cursor == 0 ? 5 : state.Mappings.Cursor;
        }

        var violation = FuzzRun.Replay(trace, new(Limits: limits, Invariants: [], Properties: Clock, Damage: Forgets));
        Assert.Equal(
            ("a-deletion-leaves-nothing", "after a deletion thread 3.0 is still there"),
            (violation?.Property, violation?.Why)
        );
        var reads = StatementReads.Of(trace, SpaceHistory.Deleted, Forgets);
        Assert.Equal((0, true), (reads.Event, reads.KernelStep > 10));
        Assert.Equal(["ready"], Of(reads, "Status", 3 * limits.Lthreads, s));
        Assert.Equal(["4"], Of(reads, "Chief", 3, s));
        Assert.Equal(["0"], Of(reads, "Doomed", 3, s));
        Assert.Equal(["5", "1"], Of(reads, "Chief", 4, s));
        Assert.Equal(["0", "1", "0"], Of(reads, "Doomed", 4, s));
        Assert.InRange(reads.Cells.Count, 5, 8);
    }

    [Fact]
    public void A_thread_above_all_that_does_not_run_shows_who_competes()
    {
        var reads = Found(DelayHistory.Name, Clock, (s, entry) =>
        {
            // The leaving thread continues even if other threads compete.
            if (entry == Entry.Leave && s.Stage == Stages.Pick && s.Status[s.Current] == ThreadStatus.Ready)
                s.Stage = Stages.User;
        });
        Assert.Superset(new HashSet<string>(["Current", "Status", "Slice", "Priority"]), Columns(reads));
    }

    [Fact]
    public void A_page_that_is_not_the_models_shows_its_mapping()
    {
        var reads = Found(SpaceHistory.Between, Clock, (s, entry) =>
        {
            // The new mapping loses its right to write.
            var m = s.Mappings;
            if (entry != Entry.Map || m.Operation != Operations.Map || m.Phase != Phases.Page || m.TargetPage == 0)
                return;
            var node = s.NodeOf(m.Target, m.TargetPage - 1);
            if (node != 0 && m.Depth[node] != 0)
                m.Level[node] = m.Depth[node];
        });
        Assert.Superset(new HashSet<string>(["NodeAt", "Space", "Page", "Frame", "Depth", "Level"]), Columns(reads));
        Assert.InRange(reads.Cells.Count, 6, 12);
    }

    [Fact]
    public void A_step_that_changes_a_space_shows_the_cell()
    {
        var reads = Found(SpaceHistory.Nothing, Clock, (s, entry) =>
        {
            if (entry == Entry.ThreadSwitch)
                s.Mappings.Page[1] = s.Mappings.Page[1] ^ 1;
        });
        var cell = Assert.Single(reads.Cells);
        Assert.Equal(("Page", 1u, 2), (cell.Column, cell.Row, cell.Values.Count));
    }

    [Fact]
    public void A_step_that_reaches_another_thread_shows_the_cell_and_why_it_may_not()
    {
        var reads = Found("integrity", [], (s, entry) =>
        {
            var other = s.Current == 4 ? 5u : 4u;
            if (entry == Entry.ThreadSwitch && s.Status[other] == ThreadStatus.Ready)
                s.Edx[other] = s.Edx[other] ^ 1;
        });
        Assert.Superset(new HashSet<string>(["Edx", "Current"]), Columns(reads));
    }

    [Fact]
    public void A_property_of_a_step_shows_its_cells()
    {
        var reads = Found("the-clock-counts-ticks", Clock, (s, entry) =>
        {
            if (entry == Entry.Tick)
                s.Clock = s.Clock - 1;
        });
        Assert.Contains("Clock", Columns(reads));
    }

    [Theory]
    [InlineData(Liveness.Senders, TurnHistory.Senders, "Partner")]
    [InlineData(Liveness.Turns, TurnHistory.Threads, "Priority")]
    public void A_thread_that_is_passed_over_twice_shows_its_wait(string endless, string property, string column)
    {
        Action<State<Concrete>, Entry> damage = endless == Liveness.Senders ? ForgetServed : ForgetPicked;
        var found = Liveness.Run(Liveness.Fair, damage).Violation!;
        Assert.Equal(endless, found.Property);
        var trace = found.Prefix with
        {
            Events = [.. found.Prefix.Events, .. found.Cycle, .. found.Cycle, .. found.Cycle],
            Origin = new(Origin.Check, Model: Liveness.Fair.Name),
        };
        var reads = StatementReads.Of(trace, property, damage);
        Assert.Contains(reads.Cells, cell => cell.Row == found.Waits && cell.Column == column);
        Assert.Contains(reads.Cells, cell => cell.Row == found.Waits && cell.Column == "Status");
        Assert.InRange(reads.Cells.Count, 3, 12);
    }

    // The model checker finds the violation before the deletion has ended, so its trace ends before it.
    [Fact]
    public void A_violation_that_the_checker_foresees_is_at_the_end_of_the_operation()
    {
        var found = ModelChecker.Run(Model.Family, new(Damage: Forget, Invariants: [], Properties: Clock)).Failure!;
        Assert.Equal(SpaceHistory.Deleted, found.Property);
        var trace = found.Trace with { Origin = new(Origin.Check, Model: Model.Family.Name) };
        Assert.Equal(StatementReads.Nothing, StatementReads.Of(trace, found.Property, Forget));
        var reads = StatementReads.Of(Unfolding.Finished(trace, settles: true), found.Property, Forget);
        Assert.Contains("Doomed", Columns(reads));

        static void Forget(State<Concrete> s, Entry entry)
        {
            // The task stays doomed after the last step of its deletion.
            if (entry == Entry.Map && s.Stage == Stages.Leave && s.Mappings.Operation == Operations.None)
                s.Mappings.Doomed[s.Mappings.Target] = 1;
        }
    }

    internal static void ForgetServed(State<Concrete> s, Entry entry)
    {
        if (entry == Entry.Receive && s.Stage == Stages.Accept)
            s.Served[s.Current] = State<Concrete>.Nobody;
    }

    internal static void ForgetPicked(State<Concrete> s, Entry entry)
    {
        if (entry == Entry.Pick)
            s.Picked[1] = State<Concrete>.Nobody;
    }

    // Random programs find the violation, and its message names rows as the page's lanes do.
    private static StatementReads Found(
        string statement,
        IReadOnlyList<Property<Concrete>> properties,
        Action<State<Concrete>, Entry> damage
    )
    {
        var result = FuzzRun.Run(new(Count: 400, Limits: Few, Invariants: [], Properties: properties, Damage: damage));
        Assert.Equal(statement, result.Failure?.Property);
        Assert.DoesNotMatch(@"(thread|Thread|row) \d+(?![.\d])", result.Failure!.Why);
        var reads = StatementReads.Of(result.Failure.Trace, statement, damage);
        Assert.NotNull(reads.Event);
        Assert.InRange(reads.KernelStep, 1, 10_000);
        Assert.Empty(StatementReads.Of(result.Failure.Trace, statement).Cells);
        return reads;
    }

    private static IReadOnlyList<Property<Concrete>> Named(string name) =>
        [.. Statements<Concrete>.All.Where(property => property.Name == name)];

    private static HashSet<string> Columns(StatementReads reads) => [.. reads.Cells.Select(cell => cell.Column)];

    private static IReadOnlyList<string> Of(StatementReads reads, string column, uint row, State<Concrete> s) =>
        reads.Cells.Single(cell => (cell.Column, cell.Row) == (column, row)).InWords(s);

    private static BootThread Thread(uint task, uint chief) =>
        new(ThreadId.Make<Concrete>(chief, task, 0, 1).Value, 1, 10, 0x1000, 0x2000);
}
