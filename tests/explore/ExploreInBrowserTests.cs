using Verified.Proofs.Check;
using Verified.Proofs.Commands;
using Verified.Proofs.Events;
using Verified.Proofs.Explore;
using Verified.Tests.Host;
using Verified.Tests.Page;
using Xunit;

namespace Verified.Tests.Explore;

/// <summary>The explorer in a browser: of a model, of a trace of fuzz, and of a trace of diff.</summary>
public sealed class ExploreInBrowserTests(PlantedTrace planted) : IClassFixture<PlantedTrace>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-explore").FullName;
    private readonly StringWriter _errors = new();

    private string File => Path.Combine(_folder, "explore.json");

    public void Dispose()
    {
        Assert.Equal("", _errors.ToString());
        Directory.Delete(_folder, recursive: true);
    }

    [FactWith(Tool.Chromium)]
    public async Task The_page_explores_in_a_browser_without_an_error()
    {
        await using var server = await Start(new ModelWorld(Model.Pair));
        using var browser = new Browser();
        browser.Show(1280, 900);
        browser.Open($"{server.Address}");
        browser.WaitFor("document.querySelectorAll('.event').length === 1");
        Click(browser, ".event");
        browser.WaitFor("document.querySelectorAll('.step').length === 1");
        Assert.Equal("user", Text(browser, "#stage"));
        browser.Evaluate("document.getElementById('until').value = 'Status[1.0] == sending'");
        Click(browser, "#search button");
        browser.WaitFor("document.getElementById('said').textContent.includes('events lead to')");
        Assert.Contains("all", Text(browser, "#invariants summary"));
        Assert.Contains("hold", Text(browser, "#properties summary"));
        var steps = int.Parse(browser.Evaluate("document.querySelectorAll('.step').length"));
        browser.Press("u");
        browser.WaitFor($"document.querySelectorAll('.step').length === {steps - 1}");
        browser.Evaluate("document.getElementById('until').value = 'nothing'");
        Click(browser, "#search button");
        browser.WaitFor("document.getElementById('said').classList.contains('bad')");
        Click(browser, "#save");
        browser.WaitFor("document.getElementById('said').textContent.startsWith('saved')");
        Assert.NotEmpty(TraceFile.Load(File).Events);
        browser.Show(360, 800);
        Assert.Equal("true", browser.Evaluate("document.documentElement.scrollWidth <= 360"));
        Assert.Empty(browser.Errors);
        Assert.All(browser.Requests, request => Assert.StartsWith($"{server.Address}", request));
    }

    [FactWith(Tool.Chromium)]
    public async Task A_trace_of_fuzz_is_stepped_left_searched_saved_and_replayed()
    {
        var trace = RandomRun.Of(1, events: 6);
        var saved = Path.Combine(_folder, "fuzz.json");
        TraceFile.Save(saved, trace);
        await using var server = await Start(new TraceWorld(TraceFile.Load(saved), 1));
        using var browser = new Browser();
        browser.Show(1280, 900);
        browser.Open($"{server.Address}");
        browser.WaitFor("document.querySelectorAll('.event.own').length === 1");
        Assert.Equal("Whole trace (6 more)", Text(browser, "#follow"));
        Click(browser, ".event.own");
        browser.WaitFor("session.events === 1 && busy === null");
        Click(browser, ".event:not(.own)");
        browser.WaitFor("session.events === 2 && busy === null");
        Assert.Equal("Whole trace (5 more)", Text(browser, "#follow"));
        Assert.Contains("every check of fuzz passes", Text(browser, "#compared"));
        Search(browser, "entry ThreadSchedule");
        browser.WaitFor("document.getElementById('said').textContent.includes('ThreadSchedule')");
        Assert.Equal("false", browser.Evaluate("session.failed"));
        Click(browser, "#save");
        browser.WaitFor("document.getElementById('said').textContent.startsWith('saved')");
        Assert.Equal(browser.Evaluate("session.events"), $"{TraceFile.Load(File).Events.Count}");
        using var output = new StringWriter();
        Assert.Equal(CommandLine.Holds, CommandLine.Run(["replay", File], output, output));
        Assert.Empty(browser.Errors);
    }

    [FactWith(Tool.Chromium)]
    public async Task A_trace_of_diff_shows_where_the_image_deviates()
    {
        await using var server = await Start(new TraceWorld(TraceFile.Load(planted.TraceFile), 1, planted.Bad));
        using var browser = new Browser();
        browser.Show(1280, 900);
        browser.Open($"{server.Address}");
        browser.WaitFor("document.querySelectorAll('.event.own').length === 1");
        Assert.Contains("equal to the spec", Text(browser, "#compared"));
        Click(browser, "#follow");
        browser.WaitFor("document.querySelector('#path .here') !== null");
        Assert.Contains("ipc_block_sending", Text(browser, "#path .here"));
        Assert.Contains("differs after event", Text(browser, "#compared"));
        Assert.Equal("1", browser.Evaluate("document.querySelectorAll('.step.wrong').length"));
        browser.Press("u");
        browser.WaitFor("document.querySelector('.step.wrong') === null");
        Click(browser, ".event:not(.own)");
        browser.WaitFor("busy === null && session.events > 0");
        Search(browser, "Status[2.0] == 99999");
        browser.WaitFor("document.getElementById('said').classList.contains('bad')");
        Click(browser, "#save");
        browser.WaitFor("document.getElementById('said').textContent.startsWith('saved')");
        using var output = new StringWriter();
        Assert.Equal(CommandLine.Holds, CommandLine.Run(["replay", File, "--image", planted.BadFile], output, output));
        browser.Show(360, 800);
        Assert.Equal("true", browser.Evaluate("document.documentElement.scrollWidth <= 360"));
        Assert.Empty(browser.Errors);
    }

    private Task<ExploreServer> Start(IWorld world) => ExploreServer.Start(new Session(world), 0, File, _errors);

    private static void Search(Browser browser, string condition)
    {
        browser.Evaluate($"document.getElementById('until').value = '{condition}'");
        Click(browser, "#search button");
    }

    private static void Click(Browser browser, string element) =>
        browser.Evaluate($"document.querySelector('{element}').click()");

    private static string Text(Browser browser, string element) =>
        browser.Evaluate($"document.querySelector('{element}').textContent");
}
