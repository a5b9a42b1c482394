using System.Text.Json;
using System.Text.RegularExpressions;
using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Diff;

public class TraceFileTests
{
    private static readonly Trace Example = new(
        Snapshot.Of(new Generator(3, new(4, 4, 4)).Population()),
        [
            new(Entry.Ipc, new Registers(1, 2, 3, 4, 5, 6, 7, 8, 9, Flags.User)),
            new(Entry.Exception, Argument: 13, Code: 7),
            new(Entry.FpageUnmap, Between: new(2, 6)),
            new(Entry.Protection, Argument: 0xF4, By: UserInstruction.Of(0xF4), Loaded: new(3, 0)),
            new(Entry.Exception, Argument: 17, Injected: true),
        ],
        [new Override(0xF0110000, 7)],
        "note",
        Origin: new("diff", 7, Image: new(new('A', 64), "a.elf"))
    );

    [Fact]
    public void What_is_written_is_read()
    {
        var read = TraceFile.Read(TraceFile.Write(Example));
        Assert.Equal(Example.Start.Limits, read.Start.Limits);
        Assert.Equal(Example.Start.Cells, read.Start.Cells);
        Assert.Equal(Example.Events, read.Events);
        Assert.Equal(Example.Memory, read.Memory);
        Assert.Equal(Example.Note, read.Note);
        Assert.Equal(Example.Origin, read.Origin);
        Assert.Equal(TraceFile.Write(Example), TraceFile.Write(read));
    }

    [Fact]
    public void A_file_has_the_fields_of_the_Informal_Trace_Format()
    {
        using var file = JsonDocument.Parse(TraceFile.Write(Example));
        var root = file.RootElement;
        Assert.Equal("ITF", root.GetProperty("#meta").GetProperty("format").GetString());
        var vars = root.GetProperty("vars").EnumerateArray().Select(name => name.GetString()!).Order().ToList();
        Assert.Contains("Status", vars);
        var states = root.GetProperty("states").EnumerateArray().ToList();
        Assert.True(states.Count > 1);
        foreach (var (index, state) in states.Index())
        {
            Assert.Equal(index, state.GetProperty("#meta").GetProperty("index").GetInt32());
            var fields = state.EnumerateObject().Select(field => field.Name).Where(name => name != "#meta").Order();
            Assert.Equal(vars, fields);
        }
    }

    [Fact]
    public void The_states_are_those_of_the_spec_and_follow_from_what_each_step_changed()
    {
        var trace = Example with { Events = [new(Entry.Tick), new(Entry.Tick)], Memory = null };
        using var file = JsonDocument.Parse(TraceFile.Write(trace));
        var states = file.RootElement.GetProperty("states").EnumerateArray().ToList();
        var values = Values(states[0]);
        var (spec, blank) = (After(trace), Boot.Initial(trace.Start.Limits, []));
        var empty = blank.Columns.ToDictionary(column => column.Info.Name, column => column.Column);
        foreach (var state in states[1..])
        {
            foreach (var change in state.GetProperty("#meta").GetProperty("changed").EnumerateArray())
            {
                var cell = (change.GetProperty("column").GetString()!, change.GetProperty("row").GetUInt32());
                var old = values.GetValueOrDefault(cell, empty[cell.Item1][cell.Item2].Value);
                Assert.Equal(old, change.GetProperty("old").GetUInt32());
                values[cell] = change.GetProperty("new").GetUInt32();
            }

            Assert.Equal(values.OrderBy(cell => cell.Key), Values(state).OrderBy(cell => cell.Key));
        }

        foreach (var ((info, column), start) in spec.Columns.Zip(blank.Columns))
            for (var row = 0u; row < State<Concrete>.Rows(info.Table, spec.Limits); row++)
                Assert.Equal(column[row].Value, values.GetValueOrDefault((info.Name, row), start.Column[row].Value));
    }

    // The start has all mappings of σ0, so that each state would have more than 100,000 values.
    [Fact]
    public void A_large_trace_has_its_first_state_and_the_changes_of_each_step()
    {
        var start = BootedState.Snapshot(Limits.Shipping);
        var trace = new Trace(start, [.. Enumerable.Repeat(new Event(Entry.Tick), 3)]);
        var text = TraceFile.Write(trace);
        using var file = JsonDocument.Parse(text);
        Assert.StartsWith(
            "a state after the first has only what its step changed",
            file.RootElement.GetProperty("#meta").GetProperty("states").GetString()
        );
        var states = file.RootElement.GetProperty("states").EnumerateArray().ToList();
        Assert.Equal(start.Cells.Count, Values(states[0]).Count);
        var values = start.Cells.ToDictionary(cell => (cell.Column, cell.Row), cell => cell.Value);
        foreach (var state in states[1..])
        {
            Assert.Equal("#meta", Assert.Single(state.EnumerateObject()).Name);
            foreach (var change in state.GetProperty("#meta").GetProperty("changed").EnumerateArray())
                values[(change.GetProperty("column").GetString()!, change.GetProperty("row").GetUInt32())] = change
                    .GetProperty("new")
                    .GetUInt32();
        }

        var after = Snapshot.Of(After(trace)).Cells;
        Assert.All(after, cell => Assert.Equal(cell.Value, values[(cell.Column, cell.Row)]));
        Assert.Equal(trace.Start.Cells.ToHashSet(), TraceFile.Read(text).Start.Cells.ToHashSet());
        Assert.Equal(trace.Events, TraceFile.Read(text).Events);
    }

    private static Dictionary<(string Column, uint Row), uint> Values(JsonElement state) =>
        state
            .EnumerateObject()
            .Where(column => column.Name != "#meta")
            .SelectMany(column =>
                column
                    .Value.GetProperty("#map")
                    .EnumerateArray()
                    .Select(pair => (Cell: (column.Name, pair[0].GetUInt32()), Value: pair[1].GetUInt32()))
            )
            .ToDictionary(pair => pair.Cell, pair => pair.Value);

    // The spec after all events and its own steps.
    private static State<Concrete> After(Trace trace)
    {
        var state = trace.Start.ToState();
        var kernel = new Kernel<Concrete>(state);
        foreach (var (own, argument) in Event.OwnSteps(state))
            kernel.Step(own, argument);
        foreach (var e in trace.Events)
        {
            e.Apply(kernel, state);
            foreach (var (own, argument) in Event.OwnSteps(state))
                kernel.Step(own, argument);
        }

        return state;
    }

    [Fact]
    public void A_model_with_page_tables_of_its_own_size_is_saved()
    {
        var limits = Model.Interrupted.Limits;
        Assert.NotEqual(new Limits(limits.Tasks, limits.Lthreads, limits.Priorities), limits);
        var trace = new Trace(Snapshot.Of(Model.Interrupted.Initial()), [new(Entry.Tick)]);
        Assert.Equal(limits, TraceFile.Read(TraceFile.Write(trace)).Start.Limits);
    }

    [Fact]
    public void A_trace_from_boot_is_saved_without_its_state()
    {
        var booted = new Trace(BootedState.Snapshot(Limits.Shipping), [new(Entry.Tick)], Booted: true);
        var text = TraceFile.Write(booted);
        Assert.True(text.Length < 2000);
        Assert.Equal(booted.Start.Cells, TraceFile.Read(text).Start.Cells);
        Assert.True(TraceFile.Read(text).Booted);
    }

    [Theory]
    [InlineData("", "not a trace file")]
    [InlineData("{", "not a trace file")]
    [InlineData("null", "not a trace file")]
    [InlineData("[]", "not a trace file")]
    [InlineData("{\"version\":99,\"new\":1}", "newer")]
    [InlineData("{\"version\":6,\"tasks\":4}", "older than 7")]
    [InlineData("{\"#meta\":{\"format\":\"ITF\"},\"vars\":[],\"states\":[]}", "not a trace file")]
    [InlineData("{\"#meta\":{\"verified\":{\"version\":7}},\"vars\":[],\"states\":[]}", "not a trace file")]
    [InlineData("{\"#meta\":{\"verified\":{\"version\":8,\"x\":1}},\"y\":[]}", "newer")]
    public void A_file_that_is_no_trace_gives_one_clear_line(string text, string says) => Refuses(text, says);

    [Theory]
    [InlineData("\"tasks\":4", "\"tasks\":3", "power of two")]
    [InlineData("\"Status\":{", "\"Nose\":{", "no column Nose")]
    [InlineData(
        "\"Status\":{\"#map\":[[",
        "\"Status\":{\"#map\":[[9999,1],[",
        "rows 0..15 at the size that the file says"
    )]
    [InlineData("\"Status\":{\"#map\":[[", "\"Status\":{\"#map\":[[1,16],[", "wider than 4 bits")]
    [InlineData(
        "\"Status\":{\"#map\":[[",
        "\"Status\":{\"#map\":[[0,12],[",
        "the kernel's: id-names-row is violated at thread 0.0: an active thread"
    )]
    [InlineData("\"Current\":{\"#map\":[]", "\"Current\":{\"#map\":[[0,999]]", "is none of the kernel's")]
    [InlineData("\"eflags\":514", "\"eflags\":12802", "event 1 (Ipc): no user can have EFLAGS 00003202h")]
    [InlineData("\"sha256\":\"AAA", "\"sha256\":\"A-A", "is not the SHA-256 of an image")]
    [InlineData("\"entry\":\"Ipc\"", "\"entry\":99", "not a trace file at line 2")]
    [InlineData("\"Status\":{\"#map\":[[", "\"Status\":{\"#map\":[[1],[", "not a trace file")]
    [InlineData("\"Status\":{\"#map\":", "\"Status\":{\"map\":", "not a trace file")]
    [InlineData("\"by\":\"F4\"", "\"by\":\"CD3\"", "not a trace file")]
    [InlineData("\"entry\":\"Ipc\"", "\"entry\":\"Ipx\"", "not a trace file at line 2")]
    [InlineData("\"version\":7", "\"version\":7,\"more\":1", "not a trace file")]
    public void A_file_with_a_wrong_part_gives_one_clear_line(string part, string wrong, string says)
    {
        var text = TraceFile.Write(Example);
        Assert.Contains(part, text);
        Refuses(text.Replace(part, wrong, StringComparison.Ordinal), says);
    }

    private static void Refuses(string text, string says)
    {
        var e = Assert.Throws<TraceFileException>(() => TraceFile.Read(text));
        Assert.Contains(says, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void A_state_with_a_cycle_in_a_list_is_refused_and_its_steps_end()
    {
        var s = Boot.Initial(new(4, 4, 4), []);
        (s.Stage, s.Mappings.Operation, s.Mappings.Phase) = (Stages.Map, Operations.Unmap, Phases.Reduce);
        (s.Mappings.Root, s.Mappings.At, s.Mappings.Depth[2]) = (1, 1, 1);
        (s.Mappings.Next[1], s.Mappings.Next[2]) = (2, 2);
        Refuses(TraceFile.Write(new(Snapshot.Of(s), [])), "its first state is none of the kernel's: ");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_run_that_repeats_itself_is_read_with_the_event_from_which_it_does(int loop)
    {
        var trace = Example with { Events = [new(Entry.Tick), new(Entry.Tick), new(Entry.Tick)], Loop = loop };
        var text = TraceFile.Write(trace);
        Assert.Equal(loop, TraceFile.Read(text).Loop);
        Refuses(Regex.Replace(text, "\"loop\": [0-9]+", "\"loop\": 99"), "not a trace file");
    }

    [Fact]
    public void A_missing_file_gives_its_path() =>
        Assert.StartsWith(
            "/nowhere/x.json: ",
            Assert.Throws<TraceFileException>(() => TraceFile.Load("/nowhere/x.json")).Message
        );
}
