using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Commands;
using Verified.Proofs.Events;
using Verified.Proofs.Page;
using Verified.Spec;
using Verified.Tests.Check;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Page;

/// <summary>The page of a planted fault, opened in a browser.</summary>
public sealed class PageInBrowserTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-page").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [FactWith(Tool.Chromium)]
    public void The_page_steps_filters_and_links_without_an_error()
    {
        var page = Write();
        using var browser = new Browser();
        browser.Show(1280, 900);
        browser.Open(page);
        Assert.StartsWith("What differs: Status of ", Text(browser, "#title"));
        var steps = int.Parse(browser.Evaluate("document.querySelectorAll('.step').length"));
        Assert.InRange(steps, 2, 100);
        Assert.Equal($"event {steps} of {steps}", Text(browser, "#where"));
        Assert.Contains("ipc_block_sending", Text(browser, "#path .here"));
        Assert.Contains("Send.cs", Text(browser, "#path .here"));

        browser.Press("ArrowLeft");
        Assert.Equal($"event {steps - 1} of {steps}", Text(browser, "#where"));
        Assert.Equal($"#event-{steps - 1}", browser.Evaluate("location.hash"));
        browser.Press("j");
        Assert.Equal($"event {steps} of {steps}", Text(browser, "#where"));
        browser.Press("Home");
        Assert.Equal($"event 1 of {steps}", Text(browser, "#where"));
        Assert.Equal("true", browser.Evaluate("document.querySelector('#event-1').classList.contains('selected')"));

        browser.Press("/");
        foreach (var letter in "sending")
            browser.Press($"{letter}");
        browser.WaitFor("document.getElementById('matches').textContent !== ''");
        var shown = int.Parse(browser.Evaluate("document.querySelectorAll('.step:not([hidden])').length"));
        Assert.InRange(shown, 1, steps - 1);
        Assert.Equal($"{shown} of {steps} events", Text(browser, "#matches"));

        browser.Open($"{page}#event-2");
        browser.WaitFor($"document.getElementById('where').textContent === 'event 2 of {steps}'");
        Assert.Empty(browser.Errors);
        Assert.Empty(browser.Requests);
    }

    [FactWith(Tool.Chromium)]
    public void A_path_that_goes_the_wrong_way_names_its_last_conditional_jumps()
    {
        // The planted kernel compares another register before a jump of its fast path.
        var image = KernelImage.Build(Limits.Shipping);
        var code = image.Text.Bytes.AsSpan((int)(image.Symbols["ipc"] - image.Text.Linear));
        var at = code.IndexOf((byte[])[0x39, 0xF0, 0x0F, 0x87]);
        using var browser = new Browser();
        browser.Open(Write(image.WithBytes(image.Symbols["ipc"] + (uint)at + 1, [0xE8])));
        var jumps =
            "[...document.querySelectorAll('#details tr')].map(row => row.textContent).filter(text => "
            + "/taken/.test(text))";
        Assert.InRange(int.Parse(browser.Evaluate($"{jumps}.length")), 2, 8);
        Assert.Matches(@"FastPath\.cs:\d+", browser.Evaluate($"{jumps}.join()"));
        Assert.Matches(@"not taken: compared EAX = \S+", browser.Evaluate($"{jumps}.join()"));

        // Everything that decides is within the window, whatever its width.
        foreach (var width in (int[])[1300, 800, 400])
        {
            browser.Show(width, 900);
            Assert.Equal("true", browser.Evaluate($"document.documentElement.scrollWidth <= {width}"));
            foreach (var shown in (string[])["td", "#path i"])
            {
                Assert.NotEqual("0", browser.Evaluate($"document.querySelectorAll('#details {shown}').length"));
                Assert.Equal(
                    "0",
                    browser.Evaluate(
                        $"[...document.querySelectorAll('#details {shown}')].filter(each => "
                            + "each.getBoundingClientRect().right > document.getElementById('details')"
                            + ".getBoundingClientRect().right).length"
                    )
                );
            }
        }

        Assert.Empty(browser.Errors);
    }

    [FactWith(Tool.Chromium)]
    public void The_page_fits_a_phone_and_follows_dark_colours()
    {
        var page = Write();
        using var browser = new Browser();
        browser.Show(360, 800);
        browser.Open(page);
        Assert.Equal("true", browser.Evaluate("document.documentElement.scrollWidth <= 360"));
        var light = browser.Evaluate("getComputedStyle(document.body).backgroundColor");
        browser.Show(360, 800, isDark: true);
        Assert.NotEqual(light, browser.Evaluate("getComputedStyle(document.body).backgroundColor"));
        Assert.True(browser.Screenshot().Length > 5_000);
        Assert.Empty(browser.Errors);
    }

    [FactWith(Tool.Chromium)]
    public void A_loop_is_marked_and_its_kernel_steps_are_shown()
    {
        var found = Liveness.Run(Liveness.Fair, StatementReadsTests.ForgetServed).Violation!;
        var trace = found.Run with { Origin = new(Origin.Check, Model: Liveness.Fair.Name) };
        var reads = LoopReads.Of(
            trace,
            trace.Loop!.Value + found.Decides,
            found.Waits,
            StatementReadsTests.ForgetServed
        );
        var file = Path.Combine(_folder, "loop.html");
        var data = PageData.Of("It repeats", true, [found.Why], trace, loop: reads, command: "check fair");
        File.WriteAllText(file, HtmlPage.Of(data));
        using var browser = new Browser();
        browser.Show(1280, 900);
        browser.Open($"file://{file}");
        var loop = data.Steps.Count - data.Loop!.First;
        Assert.Equal($"{loop}", browser.Evaluate("document.querySelectorAll('.step.loops').length"));
        Assert.Equal("0", browser.Evaluate("document.querySelectorAll('.step.wrong').length"));
        Assert.Equal("verified check fair", Text(browser, "#origin"));
        Assert.Contains("The loop starts here.", Text(browser, $"#event-{data.Loop.First + 1}"));
        Assert.Contains($"go on with event {data.Loop.First + 1}", Text(browser, $"#event-{data.Steps.Count}"));
        Assert.Equal($"event {reads.Event + 1} of {data.Steps.Count}", Text(browser, "#where"));
        Assert.Contains("Served of thread", Text(browser, "#details"));
        Assert.Contains("never changes", Text(browser, "#details"));
        Assert.Contains("spec/steps/Ipc.cs:", Text(browser, "#details .kernel"));

        // A label lies beside the lanes: no bar is behind it.
        browser.WaitFor("document.querySelectorAll('svg .words').length > 0");
        var overlaps =
            "[...document.querySelectorAll('svg .words rect')].some(label => { const a = label.getBoundingClientRect();"
            + "return [...document.querySelectorAll('svg .waits, svg .runs')].some(bar => {"
            + "const b = bar.getBoundingClientRect(); return a.left < b.right && b.left < a.right && a.top < b.bottom "
            + "&& b.top < a.bottom; }); })";
        Assert.Equal("false", browser.Evaluate(overlaps));
        Assert.Empty(browser.Errors);
    }

    // The first event writes the status, and no event writes the id.
    [FactWith(Tool.Chromium)]
    public void A_link_leads_to_the_event_that_wrote_a_cell_before()
    {
        var (state, first, second) = PageDataTests.Two();
        var trace = new Trace(
            Snapshot.Of(state),
            [PageDataTests.Ipc(state, first, Descriptor.None, 1), new(Entry.Tick)]
        );
        ReadCell[] cells = [new("Status", first, [6]), new("Id", second, [state.Id[second].Value])];
        var file = Path.Combine(_folder, "writer.html");
        File.WriteAllText(file, HtmlPage.Of(PageData.Of("It is bad", true, [], trace, reads: new(cells, 1, 1))));
        using var browser = new Browser();
        browser.Show(1280, 900);
        browser.Open($"file://{file}");
        Assert.Equal("What fails: It is bad", Text(browser, "#title"));
        Assert.StartsWith("event 2 of", Text(browser, "#where"));
        Assert.Contains("no event of the run", Text(browser, "#details"));
        browser.Evaluate("document.querySelector('#details td a').click()");
        browser.WaitFor("document.querySelector('#where').textContent.startsWith('event 1 ')");
        Assert.Empty(browser.Errors);
    }

    [FactWith(Tool.Chromium)]
    public void An_error_of_a_script_is_noticed()
    {
        var file = Path.Combine(_folder, "bad.html");
        File.WriteAllText(file, "<script>nowhere.at.all();</script>");
        using var browser = new Browser();
        browser.Open($"file://{file}");
        Assert.Single(browser.Errors);
    }

    private static string Text(Browser browser, string element) =>
        browser.Evaluate($"document.querySelector('{element}').textContent");

    // The planted kernel marks a waiting sender as a sleeping thread.
    private string Write()
    {
        var image = KernelImage.Build(Limits.Shipping);
        return Write(
            image.WithBytes(image.Symbols["ipc_block_sending"] + 4, BitConverter.GetBytes(StoredStatus.Sleeping))
        );
    }

    private string Write(KernelImage planted)
    {
        var (bad, page) = (Path.Combine(_folder, "bad.elf"), Path.Combine(_folder, "page.html"));
        planted.Save(bad);
        using var output = new StringWriter();
        Assert.Equal(
            CommandLine.Refuted,
            CommandLine.Run(["diff", "--events", "100000", "--image", bad, "--html", page], output, output)
        );
        Assert.EndsWith($"page: {page}\n", output.ToString());
        return $"file://{page}";
    }
}
