using System.Text.Json;
using System.Text.RegularExpressions;
using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.Page;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Page;

/// <summary>The data that the page draws, for runs of small models with known meaning.</summary>
public class PageDataTests
{
    [Fact]
    public void A_message_to_a_thread_that_waits_is_an_arrow_with_its_words()
    {
        // 2.0 waits for anyone; then 2.1 sends to it.
        var (state, first, second) = Two();
        var page = Of(state, Ipc(state, first, Descriptor.None, 1), Ipc(state, second, 0, Descriptor.None));
        var arrow = Assert.Single(page.Steps[2].Messages);
        Assert.Equal((second, first, "11 12 13", "done"), (arrow.From, arrow.To, arrow.Text, arrow.Result));
        Assert.Empty(page.Steps[0].Messages);
    }

    [Fact]
    public void A_thread_that_waits_has_a_bar_until_its_message_comes()
    {
        var (state, first, second) = Two();
        var page = Of(state, Ipc(state, first, Descriptor.None, 1), Ipc(state, second, 0, Descriptor.None));
        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(step => Doing(page, step, first).Waits));
        Assert.Equal("waits for a message from anyone", Doing(page, 0, first).Text);
        Assert.Single(page.Steps[1].Threads, place => page.Doings[place].Runs);
        Assert.Equal([first, second], page.Lanes.Select(lane => lane.Row));
    }

    [Fact]
    public void A_message_that_waits_for_its_receiver_is_an_arrow_when_it_is_taken()
    {
        var (state, first, second) = Two();
        var page = Of(
            state,
            Ipc(state, first, 0, Descriptor.None, partner: second),
            Ipc(state, second, Descriptor.None, 1)
        );
        Assert.Empty(page.Steps[0].Messages);
        Assert.Contains(page.Steps.SelectMany(step => step.Messages), arrow =>
            arrow.From == first && arrow.To == second
        );
    }

    // The sender calls with a receive timeout of zero, and its partner does not answer.
    [Fact]
    public void A_message_whose_sender_ends_with_an_error_is_an_arrow()
    {
        var (state, first, second) = Two();
        var call = Ipc(state, first, 0, 0, partner: second);
        call = call with { Registers = call.Registers!.Value with { Ecx = 1 } };
        var page = Of(state, call, Ipc(state, second, Descriptor.None, 1));
        var after = Run(state, call, Ipc(state, second, Descriptor.None, 1));
        Assert.Equal(Code.ReceiveTimeout, after.Eax[first].Value);
        var arrow = Assert.Single(page.Steps.SelectMany(step => step.Messages));
        Assert.Equal((first, second, "11 12 13", "done"), (arrow.From, arrow.To, arrow.Text, arrow.Result));
    }

    [Fact]
    public void A_send_that_fails_is_no_arrow()
    {
        var (state, first, second) = Two();
        var send = Ipc(state, first, 0, Descriptor.None, partner: second);
        send = send with { Registers = send.Registers!.Value with { Ecx = 1u << 4 } };
        Assert.Equal(Code.SendTimeout, Run(state, send).Eax[first].Value);
        Assert.Empty(Of(state, send).Steps.SelectMany(step => step.Messages));
    }

    [Fact]
    public void The_kernel_steps_of_the_last_event_are_shown_and_of_a_loop_all()
    {
        var (state, first, second) = Two();
        Event[] events = [Ipc(state, first, Descriptor.None, 1), Ipc(state, second, 0, Descriptor.None)];
        var page = PageData.Of("", true, [], new(Snapshot.Of(state), events));
        Assert.Equal(page.Steps.Count - 1, page.Wrong);
        Assert.All(page.Steps.SkipLast(1), step => Assert.Empty(step.KernelSteps));
        Assert.NotEmpty(page.Steps[^1].KernelSteps);

        var loop = PageData.Of("", true, [], new(Snapshot.Of(state), events, Loop: 0));
        Assert.Equal((0, null), (loop.Loop?.First, loop.Wrong));
        Assert.All(loop.Steps, step => Assert.NotEmpty(step.KernelSteps));
        Assert.Contains("as at the start", loop.Loop!.Says);
        Assert.Null(page.Loop);
    }

    [Fact]
    public void The_kernel_step_that_violates_the_statement_is_marked()
    {
        var (state, first, _) = Two();
        var trace = new Trace(Snapshot.Of(state), [Ipc(state, first, Descriptor.None, 1), new(Entry.Tick)]);
        var page = PageData.Of("", true, [], trace, reads: new([new("Status", first, [1, 6])], 0, 2));
        Assert.Equal(0, page.Wrong);
        var fails = Assert.Single(page.Steps[0].KernelSteps, step => step.Fails);
        Assert.Equal((2, 2, "receive", "Receive"), (fails.First, fails.Last, fails.Name, fails.Method));
        Assert.Equal(["ready", "receiving-any"], Assert.Single(page.Read).Values);
    }

    [Fact]
    public void A_tick_is_a_mark()
    {
        var (state, _, _) = Two();
        var page = Of(state, new Event(Entry.Tick));
        Assert.Equal("tick", page.Steps[0].Mark);
        Assert.Null(page.Lanes[0].Row);
    }

    [Fact]
    public void The_mappings_of_a_frame_are_shown_before_and_after_they_change()
    {
        var witness = ModelChecker
            .Run(Model.Interrupted)
            .Witnesses.Where(witness => witness.Trace is not null)
            .Select(witness => PageData.Of("", false, [], witness.Trace!));
        var trees = witness.SelectMany(page => page.Steps).SelectMany(step => step.Trees).ToList();
        Assert.Contains(trees, tree => tree.After.Count > tree.Before.Count);
        Assert.Contains(trees, tree => tree.After.Count < tree.Before.Count);
        Assert.All(trees, tree => Assert.NotEqual(0, tree.Before.Count + tree.After.Count));

        // A mapping that stays as it is, is shown only as an origin of a changed one.
        Assert.All(trees, tree =>
        {
            var same = tree.Before.Intersect(tree.After).ToList();
            var changed = tree.Before.Concat(tree.After).Except(same).ToList();
            Assert.NotEmpty(changed);
            Assert.All(same, line => Assert.Contains(changed, other => other.Depth > line.Depth));
        });
    }

    [Fact]
    public void The_changes_of_a_step_are_in_words()
    {
        var (state, first, _) = Two();
        var page = Of(state, Ipc(state, first, Descriptor.None, 1));
        var change = Assert.Single(page.Steps[0].Changes, change => change.Column == "Status");
        Assert.Equal($"thread {Words.Thread(state, first)}", change.Row);
        Assert.Equal(("ready", "receiving-any"), (change.Old, change.New));
    }

    // The id is wrong from the start, and no step writes it.
    [Fact]
    public void A_violated_statement_shows_the_cells_that_it_read()
    {
        var (state, first, second) = Two();
        state.Id[second] = state.Id[first];
        var trace = new Trace(Snapshot.Of(state), [Ipc(state, first, Descriptor.None, 1)]);
        var reads = StatementReads.Of(trace, "id-names-row");
        Assert.Contains(reads.Cells, cell =>
            (cell.Column, cell.Row) == ("Id", second) && cell.Values.SequenceEqual([state.Id[first].Value])
        );
        Assert.Null(reads.Event);
        Assert.Empty(StatementReads.Of(trace, "no statement has this name").Cells);
        var page = PageData.Of("", true, [], trace, reads: reads);
        var shown = Assert.Single(page.Read, change => change.Column == "Id");
        Assert.Equal($"thread {Words.Thread(state, second)}", shown.Row);
        Assert.Single(shown.Values);
        Assert.Contains("Id", page.Meanings.Keys);
    }

    // The first event sets the status, and only the second one reads it. No event writes the id.
    [Fact]
    public void A_cell_that_the_statement_read_names_the_event_that_wrote_it_last()
    {
        var (state, first, second) = Two();
        Event[] events = [Ipc(state, first, Descriptor.None, 1), new(Entry.Tick), new(Entry.Tick)];
        ReadCell[] cells = [new("Status", first, [6]), new("Id", second, [state.Id[second].Value])];
        var page = PageData.Of("", true, [], new(Snapshot.Of(state), events), reads: new(cells, 2, 1));
        Assert.Equal(2, page.Wrong);
        Assert.Equal([0, null], page.Read.Select(cell => cell.Writer));

        // The event that the statement fails after is not one that wrote it before.
        var early = PageData.Of("", true, [], new(Snapshot.Of(state), events), reads: new(cells, 0, 1));
        Assert.Equal([null, null], early.Read.Select(cell => cell.Writer));

        // Nothing has written the cells of the first state.
        var start = PageData.Of("", true, [], new(Snapshot.Of(state), events), reads: new(cells, null, 0));
        Assert.Equal([null, null], start.Read.Select(cell => cell.Writer));
    }

    [Fact]
    public void Registers_that_the_program_loaded_are_apart_from_what_the_kernel_changed()
    {
        var (state, first, _) = Two();
        var e = Ipc(state, first, Descriptor.None, 1);
        var step = new Narration(new(Snapshot.Of(state), [e])).Steps().First();
        Assert.Contains(step.Loaded, change => change.Column == "Ebp");
        Assert.DoesNotContain(step.Made, change => change.Column == "Ebp");
        Assert.Contains(step.Made, change => change.Column == "Status");
        Assert.DoesNotContain(step.Loaded, change => change.Column == "Status");
        var page = Of(state, e);
        Assert.DoesNotContain(page.Steps[0].Changes, change => change.Column == "Ebp");
        Assert.Contains(page.Steps[0].Loaded, change => change.Column == "Ebp");
    }

    [Fact]
    public void The_page_needs_nothing_else_and_no_text_ends_its_script()
    {
        var (state, first, _) = Two();
        var trace = new Trace(Snapshot.Of(state), [Ipc(state, first, Descriptor.None, 1)]);
        var html = HtmlPage.Of(PageData.Of("</script><b>", true, ["<img src=x>"], trace));
        Assert.DoesNotContain("</script><b>", html);
        Assert.DoesNotMatch(new Regex("(src|href)=\"(http|//|/)"), html);
        Assert.DoesNotContain("@", Regex.Match(html, "<style>(?s).*?</style>").Value.Replace("@media", ""));
        var data = Regex.Match(html, "<script id=\"data\" type=\"application/json\">(?<data>.*?)</script>");
        using var json = JsonDocument.Parse(data.Groups["data"].Value);
        Assert.Equal("</script><b>", json.RootElement.GetProperty("title").GetString());
    }

    private static Doing Doing(PageData page, int step, uint row) =>
        page.Steps[step].Threads.Select(place => page.Doings[place]).Single(doing => doing.Row == row);

    private static PageData Of(State<Concrete> state, params Event[] events) =>
        PageData.Of("a run", false, [], new(Snapshot.Of(state), events));

    private static State<Concrete> Run(State<Concrete> state, params Event[] events)
    {
        var narration = new Narration(new(Snapshot.Of(state), events));
        Assert.NotEmpty(narration.Steps().ToList());
        return narration.After;
    }

    // Two threads of task 2; the first one runs.
    internal static (State<Concrete> State, uint First, uint Second) Two()
    {
        var limits = new Limits(4, 2, 2);
        var state = Boot.Initial(limits, [Thread(0), Thread(1)]);
        new Kernel<Concrete>(state).Step(Entry.Pick);
        var first = state.Current.Value;
        return (state, first, first ^ 1);
    }

    private static BootThread Thread(uint lthread) =>
        new(ThreadId.Make<Concrete>(0, 2, lthread, 1).Value, 1, 10, 0x1000, 0x2000);

    internal static Event Ipc(State<Concrete> state, uint row, uint send, uint receive, uint? partner = null)
    {
        var other = partner ?? (receive == Descriptor.None ? row ^ 1 : State<Concrete>.Nobody);
        return new(
            Entry.Ipc,
            Registers.Of(state, row) with
            {
                Eax = send,
                Ebp = receive,
                Ecx = Timeouts.Infinite,
                Edx = 0x11,
                Ebx = 0x12,
                Edi = 0x13,
                Esi = other == State<Concrete>.Nobody ? 0 : state.Id[other].Value,
            }
        );
    }
}
