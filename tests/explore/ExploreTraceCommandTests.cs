using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Commands;
using Verified.Proofs.Events;
using Verified.Proofs.Explore;
using Verified.Proofs.Mutation;
using Verified.Proofs.Subjects;
using Verified.Proofs.Tutorial;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Explore;

/// <summary><c>explore --trace</c> with files and images that do not fit: one line each.</summary>
public sealed class ExploreTraceCommandTests(PlantedTrace planted) : IClassFixture<PlantedTrace>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-explore").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_that_is_no_trace_of_this_version_is_refused()
    {
        AssertRefused("not a trace file", "--trace", Write("no JSON"));
        AssertRefused("trace version 99 is newer", "--trace", Write("{\"#meta\":{\"verified\":{\"version\":99}}}"));
        AssertRefused("trace version 1 is older", "--trace", Write("{\"#meta\":{\"verified\":{\"version\":1}}}"));
        AssertRefused(
            "is of mailbox, a kernel of the tutorial",
            "--trace",
            Write(SubjectTrace.Write("mailbox", new MailboxKernel(), new([], "")))
        );
        AssertRefused("nowhere.json", "--trace", Path.Combine(_folder, "nowhere.json"));
    }

    [Fact]
    public void An_image_of_another_size_or_none_is_refused()
    {
        var other = Path.Combine(_folder, "other.elf");
        KernelImage.Build(new Limits(4, 2, 4)).Save(other);
        AssertRefused("is of size 8x4x4, ", "--trace", planted.TraceFile, "--image", other);
        AssertRefused(".json: ", "--trace", planted.TraceFile, "--image", Write("no ELF"));
        AssertRefused("a model has no image", "pair", "--image", planted.WholeFile);
    }

    [Fact]
    public void A_trace_and_a_model_that_do_not_belong_together_are_refused()
    {
        AssertRefused("is of diff, not of model pair", "pair", "--trace", planted.TraceFile);
        var trio = Write(TraceFile.Write(new Session(new ModelWorld(Model.Trio)).Trace));
        AssertRefused("is of model trio, not pair", "pair", "--trace", trio);
        var unknown = new Session(new ModelWorld(Model.Pair)).Trace with { Origin = new("check", Model: "frobnicate") };
        AssertRefused("there is no model 'frobnicate'", "--trace", Write(TraceFile.Write(unknown)));
    }

    [Fact]
    public void A_condition_that_is_none_ends_the_command_before_it_serves()
    {
        AssertRefused("no column 'Nothing'", "--trace", planted.TraceFile, "--until", "Nothing == 1");
        AssertRefused("does not come", "--trace", planted.TraceFile, "--until", "not status-known");
    }

    [Fact]
    public void A_flip_that_mutate_draws_is_saved_and_explored_with_the_damaged_image()
    {
        using var output = new StringWriter();
        var address = planted.Image.Symbols["ipc_block_sending"] + 4;
        var flip = Flips.Between(planted.Image, address, address + 1)[0];
        MutateVerb.Draw(new(output), planted.Image, [new(flip, "code", Fate.Differs, "", "", 0)], 100_000, 1);
        var file = output.ToString().Split("verified replay ")[1].Trim();
        var trace = TraceFile.Load(file);
        Assert.StartsWith($"bit {flip.Bit} of byte {flip.Offset:X}h is flipped: ", trace.Note);
        var damaged = KernelImage.Load(trace.Origin!.Image!.Path!);
        var session = new Session(new TraceWorld(trace, 1, new(damaged, "damaged", trace.Origin.Image)));
        Assert.Equal((trace.Events.Count, 0), session.Follow());
        Assert.NotEmpty(session.View().Page.Path!.Instructions);
        AssertRefused("no column 'Nothing'", "--trace", file, "--until", "Nothing == 1");
        Assert.Equal(
            CommandLine.Refuted,
            CommandLine.Run(["replay", file, "--image", trace.Origin.Image.Path!], TextWriter.Null, TextWriter.Null)
        );
    }

    private string Write(string content)
    {
        var file = Path.Combine(_folder, $"{Guid.NewGuid()}.json");
        File.WriteAllText(file, content);
        return file;
    }

    private static void AssertRefused(string says, params string[] arguments)
    {
        using var error = new StringWriter();
        Assert.Equal(CommandLine.Unusable, CommandLine.Run(["explore", .. arguments], TextWriter.Null, error));
        Assert.Contains(says, error.ToString());
        Assert.Single(error.ToString().TrimEnd().Split('\n'));
    }
}
