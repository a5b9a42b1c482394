using System.Diagnostics;
using Verified.Proofs.Check;
using Verified.Proofs.Commands;
using Verified.Proofs.Events;
using Verified.Proofs.Explore;
using Verified.Proofs.Page;
using Verified.Proofs.Traces;
using Xunit;
using static Verified.Tests.Commands.InProcess;

namespace Verified.Tests.Explore;

/// <summary>
/// A saved trace with random damage gives a page, or one clear line and an exit code other than 0. It never gives an
/// exception's text, and it takes a bounded time.
/// </summary>
public sealed class DamagedTraceTests(PlantedTrace planted) : IClassFixture<PlantedTrace>, IDisposable
{
    private const int Damages = 40;

    // Seconds, on a machine that is busy with other tests. A list with a cycle would take forever.
    private const double Most = 60;

    private readonly string _folder = Directory.CreateTempSubdirectory("verified-damaged").FullName;

    private string File => Path.Combine(_folder, "trace.json");

    private string Html => Path.Combine(_folder, "page.html");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Kinds => ["diff", "fuzz", "check", "prove"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_damaged_trace_gives_a_page_or_one_clear_line(string kind)
    {
        var whole = Whole(kind);
        List<string> wrong = [];
        for (var seed = 1; seed <= Damages; seed++)
        {
            var (text, damage) = DamagedJson.Of(whole, new(seed));
            System.IO.File.WriteAllText(File, text);
            var clock = Stopwatch.StartNew();
            foreach (var bad in (string?[])[Replayed(), Refused(), Explored()])
                if (bad is not null)
                    wrong.Add($"{kind}, seed {seed}, {damage}: {bad}");
            if (clock.Elapsed.TotalSeconds > Most)
                wrong.Add($"{kind}, seed {seed}, {damage}: takes {clock.Elapsed.TotalSeconds:0} s");
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    // replay --html: null if it does what it should.
    private string? Replayed()
    {
        System.IO.File.Delete(Html);
        var (exit, output, error) = Run("replay", File, "--html", Html);
        var hasPage = System.IO.File.Exists(Html);
        return IsClear(error) && exit == CommandLine.Unusable && !hasPage ? null
            : error.Length == 0 && exit is CommandLine.Holds or CommandLine.Refuted && hasPage ? null
            : $"replay gives {exit}: {error}{output}";
    }

    // A condition that is none ends the command before it serves.
    private string? Refused()
    {
        var (exit, _, error) = Run("explore", "--trace", File, "--until", "Nothing == 1");
        return IsClear(error) && exit == CommandLine.Unusable ? null : $"explore gives {exit}: {error}";
    }

    // The explorer's view, at the start and at the end of the trace; null if there is one, or one line.
    private string? Explored()
    {
        try
        {
            var trace = TraceFile.Load(File);
            var world = trace.Origin is { IsOfModel: true }
                ? new ModelWorld(Model.Pair).Open(trace)
                : new TraceWorld(trace, 1, trace.Start.Limits == planted.Bad.Limits ? planted.Bad : null);
            var session = new Session(world);
            HtmlPage.Json(session.View());
            if (session.View().Rest > 0)
                session.Follow();
            HtmlPage.Json(session.View());
            return null;
        }
        catch (Exception e) when (e is TraceFileException or ExploreException)
        {
            return e.Message.Contains('\n') ? e.Message : null;
        }
        catch (Exception e)
        {
            return $"the explorer throws {e}";
        }
    }

    private static bool IsClear(string error) =>
        error.StartsWith("verified: ", StringComparison.Ordinal)
        && error.TrimEnd().Split('\n').Length == 1
        && !error.Contains("defect of verified")
        && !error.Contains("Exception");

    private string Whole(string kind) =>
        kind switch
        {
            "diff" => TraceFile.Write(planted.Trace),
            "fuzz" => TraceFile.Write(RandomRun.Of(1, events: 12)),
            "check" => TraceFile.Write(OfModel()),
            _ => TraceFile.Write(
                planted.Trace with
                {
                    Memory = [new(planted.Image.Symbols["clock"], 7), new(planted.Image.Symbols["threads"] + 64, 1)],
                    Origin = planted.Trace.Origin! with { Verb = "prove" },
                }
            ),
        };

    private static Proofs.Events.Trace OfModel()
    {
        var session = new Session(new ModelWorld(Model.Pair));
        session.RunUntil("entry Receive");
        session.RunUntil("code 20h, receive timeout");
        return session.Trace with { Origin = new("check", Model: Model.Pair.Name) };
    }
}
