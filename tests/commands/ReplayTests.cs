using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Proofs.Events;
using Verified.Proofs.Mutation;
using Verified.Spec.Values;
using Verified.Tests.Explore;
using Xunit;
using static Verified.Tests.Commands.InProcess;

namespace Verified.Tests.Commands;

/// <summary>The image that <c>replay</c> runs a trace on, and traces that cannot fail.</summary>
public sealed class ReplayTests(PlantedTrace planted) : IClassFixture<PlantedTrace>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-replay").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_trace_without_events_is_refused_because_it_cannot_fail()
    {
        var empty = Saved(planted.Trace with { Events = [] });
        AssertUnusable("has no events", "replay", empty);
        AssertUnusable("has no events", "replay", empty, "--image", planted.BadFile);
        AssertUnusable("has no events", "replay", Saved(RandomRun.Of(1, events: 0)));
    }

    // The kernel picks a thread before the first event. The machine has another EAX in each thread's row.
    [Fact]
    public void A_trace_without_events_fails_if_its_start_differs()
    {
        var threads = planted.Image.Layout.Threads;
        var start = RandomRun.Of(1, events: 0) with
        {
            Memory =
            [
                .. Enumerable
                    .Range(0, (int)threads.Rows)
                    .Select(row => new Override(threads.Address<Concrete>((uint)row, Layout.Eax).Value, 7)),
            ],
            Origin = new("prove"),
        };
        var (exit, output, error) = Run("replay", Saved(start));
        Assert.Equal("", error);
        Assert.Contains("what differs: Eax of ", output);
        Assert.Equal(CommandLine.Refuted, exit);
    }

    [Fact]
    public void A_trace_of_mutate_is_repeated_as_printed_even_if_the_damaged_image_is_gone()
    {
        var file = OfMutate(out var flip);
        var (exit, output, error) = Run("replay", file);
        Assert.Equal("", error);
        Assert.Contains($"it runs on the image in which {flip}", output);
        Assert.Contains($"what differs: {flip}: ", output);
        Assert.Equal(CommandLine.Refuted, exit);
        AssertUnusable("no column 'Nothing'", "explore", "--trace", file, "--until", "Nothing == 1");

        // The user may ask for another image, and it says nothing about the flip.
        (exit, output, _) = Run("replay", file, "--image", planted.WholeFile);
        Assert.Contains("nothing is wrong", output);
        Assert.Equal(CommandLine.Holds, exit);
    }

    [Fact]
    public void A_trace_of_mutate_on_another_kernel_asks_for_the_image_in_one_line()
    {
        var trace = TraceFile.Load(OfMutate(out var flip));
        var other = Saved(Of(trace, new(new string('0', 64), null, flip)));
        AssertUnusable("give it with --image", "replay", other);
        AssertUnusable("give it with --image", "replay", Saved(Of(trace, new(new string('0', 64), null, new(~0u, 0)))));
        AssertUnusable("no bit 8", "replay", Saved(Of(trace, new(new string('0', 64), null, flip with { Bit = 8 }))));
    }

    private static Trace Of(Trace trace, ImageOrigin image) =>
        trace with
        {
            Origin = trace.Origin! with { Image = image },
        };

    // The trace that mutate draws, without the image that it keeps.
    private string OfMutate(out Flip flip)
    {
        var address = planted.Image.Symbols["ipc_block_sending"] + 4;
        flip = Flips.Between(planted.Image, address, address + 1)[0];
        using var output = new StringWriter();
        MutateVerb.Draw(new(output), planted.Image, [new(flip, "code", Fate.Differs, "", "", 0)], 100_000, 1);
        var file = Path.Combine(_folder, "mutate.json");
        File.Copy(output.ToString().Split("verified replay ")[1].Trim(), file);
        var trace = TraceFile.Load(file);
        File.Delete(trace.Origin!.Image!.Path!);
        return file;
    }

    private string Saved(Trace trace)
    {
        var file = Path.Combine(_folder, $"{Guid.NewGuid()}.json");
        TraceFile.Save(file, trace);
        return file;
    }
}
