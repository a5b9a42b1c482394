using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Explore;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Diff;

/// <summary>Entries into the kernel, recorded while an image runs, and run on the spec.</summary>
public class EntryRecorderTests
{
    private const int Most = 10_000;

    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    [Theory]
    [InlineData("hello")]
    [InlineData("pager")]
    public void Ticks_in_user_code_in_idle_and_between_steps_on_mappings_are_recorded(string root)
    {
        // A tick comes every 1,000 instructions.
        var recorder = Run(Image, root, clockRate: 1_000_000);
        var trace = recorder.Recorded()!;
        Assert.Equal(recorder.Count, trace.Events.Count);
        Assert.Contains(trace.Events, e => e is { Entry: Entry.Tick });
        Assert.Contains(trace.Events, e => e.Between is { Id: 0 });
    }

    // The recording is compared with the image again, interrupt by interrupt, after it was saved and read.
    [Fact]
    public void Several_interrupts_within_one_event_are_recorded_and_repeated_on_the_image()
    {
        var recorder = Run(Image, "memory", clockRate: 1_000_000);
        var trace = TraceFile.Read(TraceFile.Write(recorder.Recorded()!));
        Assert.Equal(recorder.Count, trace.Events.Count);
        var duel = new Duel(new ImageMachine(Image));
        Assert.Null(DiffRun.Replay(duel, trace));
        var several = trace.Events.ToList().FindIndex(e => e.Between?.Then is not null);
        Assert.True(several >= 0);

        // With one tick less, both sides count one less.
        var e = trace.Events[several];
        var fewer = e with { Between = InterruptBetweenSteps.Of(InterruptBetweenSteps.Each(e.Between).SkipLast(1)) };
        var (whole, less) = (Clock(trace.Events.Take(several + 1)), Clock(trace.Events.Take(several).Append(fewer)));
        Assert.Equal(whole - 1, less);

        uint Clock(IEnumerable<Event> events)
        {
            Assert.Null(DiffRun.Replay(duel, trace with { Events = [.. events] }));
            return duel.State.Clock.Value;
        }
    }

    [Fact]
    public void A_fault_before_the_first_instruction_of_a_thread_is_an_entry()
    {
        var trace = Run(Image, "memory").Recorded()!;
        var faults = trace.Events.Where(e => e.Entry == Entry.PageFault).ToList();
        Assert.Contains(faults, fault => fault.Argument == fault.Registers!.Value.Eip);
        Assert.Contains(trace.Events, e => e is { Entry: Entry.Protection, By: not null });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(16)]
    public void Any_number_of_last_events_is_the_end_of_the_whole_recording(int most)
    {
        var (whole, end) = (Run(Image, "memory").Recorded()!, Run(Image, "memory", most: most).Recorded()!);
        Assert.Equal(whole.Events.TakeLast(most), end.Events);
        Assert.Equal(Transcript.Of(whole)[^1], Transcript.Of(end)[^1]);
    }

    [Fact]
    public void A_recorded_run_is_explored_from_its_start()
    {
        var trace = Run(Image, "pager", most: 8).Recorded()! with { Origin = new("run") };
        var session = new Session(new TraceWorld(TraceFile.Read(TraceFile.Write(trace)), 1));
        Assert.Equal((8, 0), session.Follow());
        Assert.False(session.View().Page.Fails);
        Assert.Equal(Transcript.Of(trace), session.View().Page.Steps.Select(step => step.Text));
    }

    [Fact]
    public void A_kernel_that_does_not_count_its_ticks_is_found()
    {
        // INC dword [clock], the first of its kind behind the gate.
        var (at, inc) = (Image.Symbols["tick"], (byte[])[0xFF, 0x05]);
        var code = Image.Text.Bytes.AsSpan((int)(at - Image.Text.Linear));
        var bad = Image.WithBytes(at + (uint)code.IndexOf(inc), [0x90, 0x90, 0x90, 0x90, 0x90, 0x90]);
        var thrown = Assert.Throws<RecordingException>(() => Run(bad, "pager", clockRate: 1_000_000).Recorded());
        Assert.Contains(" Clock is ", thrown.Message);
    }

    [Fact]
    public void An_image_without_the_symbols_of_its_gates_is_refused()
    {
        Assert.Null(EntryRecorder.Missing(Image.Symbols));
        Assert.Equal("exception_0", EntryRecorder.Missing(new Dictionary<string, uint>()));
    }

    private static EntryRecorder Run(KernelImage image, string root, long clockRate = 100_000_000, int most = Most)
    {
        var pc = new Pc { ClockRate = clockRate };
        ServerProgram[] servers = [ServerPrograms.Sigma0, ServerPrograms.Roots.Single(each => each.Name == root)];
        Multiboot.Load(pc, image.ToElf(), "", [.. servers.Select(server => new BootModule(server.Name, server.File))]);
        var recorder = new EntryRecorder(image, pc, most);
        Assert.Equal(StopReason.Exited, pc.Run(3_000_000));
        return recorder;
    }
}
