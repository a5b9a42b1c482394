using System.CommandLine;
using System.Diagnostics;
using Verified.Kernel;
using Verified.Proofs.Prove;
using Verified.Proofs.Watch;

namespace Verified.Proofs.Commands;

/// <summary><c>watch</c>: checks the kernel's code after each edit, in one process that stays warm.</summary>
internal static class WatchVerb
{
    private const long FewEvents = 30_000;

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    private static readonly Option<string> Source = new("--source")
    {
        Description = "Folder of the sources, which contains kernel/",
        HelpName = "DIR",
        DefaultValueFactory = _ => ".",
    };

    private static readonly Option<long> Events = CommonOptions.InRange(
        new Option<long>("--events")
        {
            Description = "Events in random programs, before the proofs",
            HelpName = "N",
            DefaultValueFactory = _ => FewEvents,
        },
        1,
        1_000_000_000
    );

    private static readonly Argument<string?> Name = new("name")
    {
        Description = "Prove only these theorems, as 'prove' names them; default: all",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> NoProofs = new("--no-proofs") { Description = "Compare only, prove nothing" };

    public static Command Make()
    {
        var verb = new Command(
            "watch",
            "After each edit of kernel/code: compile it in this process, compare image and spec with random programs, "
                + "then prove what reads the change. A new edit ends the check of the last one. Ctrl-C ends the watch; "
                + "the exit code is that of the last check"
        )
        {
            Name,
            Source,
            Events,
            NoProofs,
            CommonOptions.Seed,
            CommonOptions.Cache,
            CommonOptions.Jobs,
        };
        Reporting.AddTo(verb, Run, stops: _ => true);
        return verb;
    }

    private static int Run(ParseResult parsed, Display display)
    {
        ProveVerb.RequireSolver();
        var kernel = new EditedKernel(parsed.GetValue(Source)!);
        if (kernel.NewerThanProgram is { Count: > 0 } newer)
            display.Warn(
                $"{newer[0]}{(newer.Count > 1 ? $" and {newer.Count - 1} other files" : "")} may be newer than this "
                    + "program: if so, build it and start again"
            );
        var built = KernelImage.Build(Spec.Limits.Shipping);
        var name = parsed.GetValue(Name);
        ProveVerb.Selected(Theorems.Of(built), name, []);
        var watched = new WatchedKernel(
            kernel,
            built,
            image => ProveVerb.Selected(Theorems.Of(image), name, []),
            new(parsed.GetValue(CommonOptions.Seed), parsed.GetValue(Events), CommonOptions.JobsOf(parsed)),
            parsed.GetValue(NoProofs) ? null : CommonOptions.CacheOf(parsed),
            Drawing(parsed.GetValue(Reporting.Html))
        );
        var clock = Stopwatch.StartNew();
        watched.Check(display, null);
        watched.Warm();
        display.Line($"watch: ready after {clock.Elapsed.TotalSeconds:F1} s; edit kernel/code, or end with Ctrl-C");
        while (!display.Stop.IsCancellationRequested)
        {
            if (kernel.IsEdited)
                OneEdit(display, kernel, watched);
            display.Stop.WaitHandle.WaitOne(Poll);
        }

        return watched.Holds ? CommandLine.Holds : CommandLine.Refuted;
    }

    /// <summary>Keeps a page of the present failure. Without a failure that has a run, there is no page.</summary>
    /// <param name="page">The page's file; null if the user wants none.</param>
    private static Action<Display> Drawing(string? page)
    {
        var drawn = false;
        return display =>
        {
            if (page is null)
                return;
            if (display.Findings.LastOrDefault(finding => finding.Fails) is { } shown)
                drawn |= Reporting.WritePage(display, page, shown);
            else if (drawn)
            {
                drawn = false;
                File.Delete(page);
                display.Line($"page: {page} is removed, because it shows an earlier edit");
            }
        };
    }

    private static void OneEdit(Display display, EditedKernel kernel, WatchedKernel watched)
    {
        try
        {
            var (code, others, edited) = kernel.Read();
            foreach (var other in others)
                display.Line($"watch: {other} is edited, and is not watched: build the program and start again");
            if (code.Count == 0)
                return;
            display.Line();
            display.Line($"watch: {string.Join(", ", code)}");
            watched.Check(display, edited);
        }
        catch (IOException e)
        {
            // An editor is writing the file; the next look finds it whole.
            Debug.WriteLine(e.Message);
        }
    }
}
