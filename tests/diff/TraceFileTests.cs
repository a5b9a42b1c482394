using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Diff;

public class TraceFileTests
{
    private static readonly Trace Example = new(
        Snapshot.Of(new Generator(3, new(4, 4, 4)).Population()),
        [new(Entry.Ipc, new Registers(1, 2, 3, 4, 5, 6, 7, 8, 9, Flags.User)),
            new(Entry.Exception, Argument: 13, Code: 7), new(Entry.FpageUnmap, Between: new(2, 6)),
            new(Entry.Protection, Argument: 0xF4, By: UserInstruction.Of(0xF4), Loaded: new(3, 0)),
                new(Entry.Exception, Argument: 17, Injected: true)],
        [new Override(0xF0110000, 7)], "note");

    [Fact]
    public void What_is_written_is_read()
    {
        var read = TraceFile.Read(TraceFile.Write(Example));
        Assert.Equal(Example.Start.Limits, read.Start.Limits);
        Assert.Equal(Example.Start.Cells, read.Start.Cells);
        Assert.Equal(Example.Events, read.Events);
        Assert.Equal(Example.Memory, read.Memory);
        Assert.Equal(Example.Note, read.Note);
    }

    [Fact]
    public void A_trace_from_boot_is_saved_without_its_state()
    {
        var booted = new Trace(BootedState.Snapshot(Limits.Shipping), [new(Entry.Tick)], Booted: true);
        var text = TraceFile.Write(booted);
        Assert.True(text.Length < 1000);
        Assert.Equal(booted.Start.Cells, TraceFile.Read(text).Start.Cells);
        Assert.True(TraceFile.Read(text).Booted);
    }

    [Theory]
    [InlineData("", "not a trace file")]
    [InlineData("{", "not a trace file")]
    [InlineData("null", "not a trace file")]
    [InlineData("{\"version\":5}", "not a trace file")]
    [InlineData("{\"version\":99,\"new\":1}", "newer")]
    [InlineData("{\"version\":4,\"tasks\":4}", "older than 5")]
    [InlineData("{\"version\":5,\"tasks\":4,\"lthreads\":4,\"priorities\":4,\"state\":[],\"events\":[{\"entry\":\"Ipc\",\"by\":\"CD3\"}]}", "not a trace file")]
    [InlineData("{\"version\":5,\"tasks\":3,\"lthreads\":1,\"priorities\":2,\"state\":[],\"events\":[]}",
        "power of two")]
    [InlineData("{\"version\":5,\"tasks\":4,\"lthreads\":1,\"priorities\":2,\"state\":[{\"column\":\"Nose\",\"row\":0,\"value\":1}],\"events\":[]}", "no column Nose")]
    [InlineData("{\"version\":5,\"tasks\":4,\"lthreads\":1,\"priorities\":2,\"state\":[{\"column\":\"Status\",\"row\":9,\"value\":1}],\"events\":[]}", "rows 0..3")]
    [InlineData("{\"version\":5,\"tasks\":4,\"lthreads\":1,\"priorities\":2,\"state\":[{\"column\":\"Status\",\"row\":1,\"value\":16}],\"events\":[]}", "wider than 4 bits")]
    public void A_bad_file_gives_one_clear_line(string text, string says)
    {
        var e = Assert.Throws<TraceFileException>(() => TraceFile.Read(text));
        Assert.Contains(says, e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void A_missing_file_gives_its_path() =>
        Assert.StartsWith("/nowhere/x.json: ", Assert.Throws<TraceFileException>(() => TraceFile.Load("/nowhere/x.json"))
            .Message);
}
