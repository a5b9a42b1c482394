using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Proofs.Events;
using Verified.Proofs.Paths;
using Verified.Spec;
using Verified.Spec.Tables;
using Xunit;

namespace Verified.Tests.Commands;

/// <summary>The report and the page of a refutation whose state does not fail when it is run.</summary>
public sealed class RefutationReportTests : IDisposable
{
    private const string Theorem = "image.id_nearest";
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-refuted").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_state_that_cannot_occur_is_shown_with_its_values_and_lines_and_is_not_saved()
    {
        var output = new StringWriter();
        var display = new Display(output);
        ProveVerb.Tell(display, Image, [Impossible]);
        var text = output.ToString();
        Assert.Contains($"{Theorem} is refuted: Status is what the spec says", text);
        Assert.Contains("the solver's state does not reproduce the failure: its case is not a possible state", text);
        Assert.Contains(
            "asked 3 more times, with the invariants at 2 further rows): no invariant is left to add",
            text
        );
        Assert.Contains("Status of thread 2.1", text);
        Assert.Contains("spec   ready", text);
        Assert.Contains("image  sleeping", text);
        Assert.Contains("kernel/code/", text);
        Assert.Contains("the last conditional jumps:", text);
        Assert.Contains("taken", text);
        Assert.Contains("no run was found. One of these is the reason:", text);
        Assert.DoesNotContain("saved:", text);

        var page = Path.Combine(_folder, "page.html");
        var finding = Assert.Single(display.Findings);
        Assert.True(Reporting.WritePage(display, page, finding));
        var html = File.ReadAllText(page);
        Assert.Contains("not known to be reachable", html);
        Assert.Contains($"{Theorem} is refuted: Status is what the spec says", html);
        Assert.Contains("kernel/code/", html);
    }

    [Fact]
    public void A_run_of_a_search_names_the_refuted_goal()
    {
        var image = Image.WithBytes(
            Image.Symbols["ipc_block_sending"] + 4,
            BitConverter.GetBytes(StoredStatus.Sleeping)
        );
        var display = new Display(new StringWriter());
        ProveVerb.Tell(display, image, [Impossible]);
        var origin = display.Findings[0].Trace.Origin!;
        Assert.Equal("diff", origin.Verb);
        Assert.EndsWith(
            $"; a search for a run, because {Theorem} is refuted: Status is what the spec says",
            $"{origin}",
            StringComparison.Ordinal
        );
        Assert.Null(display.Purpose);

        // The file keeps it for the pages of replay.
        var file = Path.Combine(_folder, "trace.json");
        TraceFile.Save(file, display.Findings[0].Trace);
        Assert.Equal(origin.For, TraceFile.Load(file).Origin!.For);
    }

    // Thread 2.1 has no status of the ten.
    private static ProofResult Impossible
    {
        get
        {
            var jump = FirstJump();
            var refutation = new Refutation(
                "Status is what the spec says",
                [($"{Image.Layout.Threads.Name}.{Layout.Status.Name}", 33, 15)],
                new Dictionary<string, uint> { ["eax"] = 0, ["eflags"] = Flags.User },
                jump
            )
            {
                Sides = [new("Status", Table.Thread, 33, ThreadStatus.Ready, ThreadStatus.Sleeping)],
                Completed = new(3, 2, "no invariant is left to add"),
            };
            return new(
                Theorem,
                new(Theorem, refutation, 1, 1, default, new HashSet<uint>(), new HashSet<uint>()),
                null,
                TimeSpan.Zero,
                false
            );
        }
    }

    // The instructions of id_nearest up to the one behind its first conditional jump.
    private static List<uint> FirstJump()
    {
        List<uint> path = [];
        foreach (var line in Listing.Lines(Image, Image.Symbols["id_nearest"], Image.Code.End))
        {
            path.Add(line.Address);
            if (path.Count > 1 && IsConditional(path[^2]))
                break;
        }

        return path;

        bool IsConditional(uint address) =>
            Image.Text.Bytes[(int)(address - Image.Text.Linear)..]
                is [>= 0x70 and < 0x80, ..]
                    or [0x0F, >= 0x80 and < 0x90, ..];
    }
}
