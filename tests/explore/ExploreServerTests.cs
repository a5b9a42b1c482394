using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Verified.Proofs.Check;
using Verified.Proofs.Commands;
using Verified.Proofs.Explore;
using Xunit;

namespace Verified.Tests.Explore;

/// <summary>The explorer's server, over HTTP like the page.</summary>
public sealed class ExploreServerTests : IDisposable
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    private readonly string _folder = Directory.CreateTempSubdirectory("verified-explore").FullName;
    private readonly StringWriter _errors = new();
    private readonly HttpClient _client = new();

    private string File => Path.Combine(_folder, "traces", "explore-pair.json");

    public void Dispose()
    {
        Assert.Equal("", _errors.ToString());
        _client.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_page_and_its_commands_work_over_http()
    {
        await using var server = await Start();
        Assert.Contains("connect-src 'self'", await _client.GetStringAsync(server.Address));
        var view = await View(server);
        Assert.Equal(("pair", "pick", 1), (view.World, view.Stage, view.Choices.Count));
        view = await Ask(
            server,
            "take",
            new
            {
                number = 0,
                events = 0,
                follows = true,
            }
        );
        Assert.Equal(("user", 1, true), (view.Stage, view.Page.Steps.Count, view.Unsaved));
        view = await Ask(server, "until", new { condition = "Status[1.0] == sending" });
        Assert.Contains("events lead to", view.Said);
        Assert.Contains(view.Page.Steps[^1].Threads, place => view.Page.Doings[place].Status == "sending");
        var steps = view.Page.Steps.Count;
        view = await Ask(server, "back", new { });
        Assert.Equal(steps - 1, view.Page.Steps.Count);
        view = await Ask(server, "step", new { steps = 1 });
        Assert.Single(view.Page.Steps);
        view = await Ask(server, "restart", new { });
        Assert.Empty(view.Page.Steps);
    }

    [Fact]
    public async Task A_run_is_saved_and_loaded()
    {
        await using var server = await Start();
        var run = await Ask(server, "until", new { condition = "code 00h, done" });
        var saved = await Ask(server, "save", new { });
        Assert.Equal(($"saved: verified replay {File}", false), (saved.Said, saved.Unsaved));
        var text = await System.IO.File.ReadAllTextAsync(File);
        Assert.Equal(text, await _client.GetStringAsync(new Uri(server.Address, "trace.json")));
        await Ask(server, "restart", new { });
        var loaded = await Send(server, "load", text);
        Assert.Equal(run.Page.Steps.Select(step => step.Text), loaded.Page.Steps.Select(step => step.Text));
        using var output = new StringWriter();
        Assert.Equal(CommandLine.Holds, CommandLine.Run(["replay", File], output, output));
        Assert.Contains("found by explore pair", output.ToString());
    }

    [Theory]
    [InlineData("until", "{\"condition\":\"Nothing[0] == 1\"}", "no column 'Nothing'")]
    [InlineData("until", "{\"condition\":null}", "reload the page")]
    [InlineData("take", "{\"number\":7,\"events\":1,\"follows\":true}", "there is no event 7")]
    [InlineData("take", "{", "reload the page")]
    [InlineData("take", "{\"number\":0}", "reload the page")]
    [InlineData("step", "{\"steps\":5}", "there is no step 5")]
    [InlineData("load", "{}", "not a trace file")]
    [InlineData("load", "no JSON", "not a trace file")]
    [InlineData("load", "{\"#meta\":{\"verified\":{\"version\":99}}}", "trace version 99 is newer")]
    [InlineData("load", "{\"#meta\":{\"verified\":{\"version\":1}}}", "trace version 1 is older")]
    public async Task A_wrong_request_gets_one_line_and_changes_nothing(string what, string body, string says)
    {
        await using var server = await Start();
        var before = await Ask(
            server,
            "take",
            new
            {
                number = 0,
                events = 0,
                follows = false,
            }
        );
        var view = await Send(server, what, body.Replace("\"number\":7", "\"number\":700"));
        Assert.True(view.Failed);
        Assert.Contains(says.Replace("event 7", "event 700"), view.Said);
        Assert.DoesNotContain('\n', view.Said);
        Assert.Equal((before.Events, before.Stage), (view.Events, view.Stage));
    }

    [Fact]
    public async Task A_trace_that_cannot_be_saved_stays()
    {
        Directory.CreateDirectory(File);
        await using var server = await Start();
        await Ask(
            server,
            "take",
            new
            {
                number = 0,
                events = 0,
                follows = false,
            }
        );
        var view = await Ask(server, "save", new { });
        Assert.StartsWith("not saved: ", view.Said);
        Assert.Equal((true, 1), (view.Unsaved, view.Events));
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:{0}")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]:{0}")]
    public async Task Another_host_name_is_refused(string host)
    {
        await using var server = await Start();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, "view"));
        request.Headers.Host = string.Format(null, host, server.Address.Port);
        using var answer = await _client.SendAsync(request);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
        Assert.DoesNotContain("World", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("view")]
    [InlineData("00000000000000000000000000000000/view")]
    public async Task A_request_without_the_random_path_is_refused(string path)
    {
        await using var server = await Start();
        using var answer = await _client.GetAsync(new Uri($"http://127.0.0.1:{server.Address.Port}/{path}"));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("open the address that verified explore printed\n", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task What_is_not_there_and_other_methods_are_refused()
    {
        await using var server = await Start();
        using var unknown = await _client.PostAsync(new Uri(server.Address, "frobnicate"), new StringContent("{}"));
        using var reading = await _client.GetAsync(new Uri(server.Address, "restart"));
        using var deleting = await _client.DeleteAsync(new Uri(server.Address, "view"));
        Assert.All([unknown, reading, deleting], answer => Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode));
    }

    [Fact]
    public async Task It_listens_on_the_loopback_interface_alone()
    {
        await using var server = await Start();
        var listening = System.Net.NetworkInformation.IPGlobalProperties.GetIPGlobalProperties();
        var mine = listening.GetActiveTcpListeners().Where(at => at.Port == server.Address.Port).ToList();
        Assert.Equal(IPAddress.Loopback, Assert.Single(mine).Address);
    }

    [Fact]
    public async Task A_browser_that_disconnects_ends_its_search_and_loses_nothing()
    {
        await using var server = await Start(Model.Trio);
        await Ask(
            server,
            "take",
            new
            {
                number = 0,
                events = 0,
                follows = false,
            }
        );
        using var leave = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        var body = JsonContent.Create(new { condition = "not status-known" });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            _client.PostAsync(new Uri(server.Address, "until"), body, leave.Token)
        );
        var view = await View(server);
        Assert.Equal((1, "user"), (view.Events, view.Stage));
    }

    [Fact]
    public async Task A_port_in_use_gets_one_line()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var thrown = await Assert.ThrowsAsync<ExploreException>(() =>
            ExploreServer.Start(new(new ModelWorld(Model.Pair)), port, File, _errors)
        );
        Assert.Contains($"port {port} cannot be used: another program uses it", thrown.Message);
        using var error = new StringWriter();
        Assert.Equal(CommandLine.Unusable, CommandLine.Run(["explore", "--port", $"{port}"], TextWriter.Null, error));
        Assert.Single(error.ToString().TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("explore frobnicate", "no model 'frobnicate'")]
    [InlineData("explore --port 65536", "--port 65536 is out of range")]
    [InlineData("explore --trace /nowhere/at/all.json", "/nowhere/at/all.json")]
    [InlineData("explore pair --until nothing", "'nothing' is not a condition")]
    public void A_wrong_command_gets_one_line(string command, string says)
    {
        using var error = new StringWriter();
        Assert.Equal(CommandLine.Unusable, CommandLine.Run(command.Split(' '), TextWriter.Null, error));
        Assert.Contains(says, error.ToString());
        Assert.Single(error.ToString().TrimEnd().Split('\n'));
    }

    private Task<ExploreServer> Start(Model? model = null) =>
        ExploreServer.Start(new Session(new ModelWorld(model ?? Model.Pair)), 0, File, _errors);

    private async Task<SessionView> View(ExploreServer server) =>
        (await _client.GetFromJsonAsync<SessionView>(new Uri(server.Address, "view"), Web))!;

    private Task<SessionView> Ask<T>(ExploreServer server, string what, T body) =>
        Send(server, what, JsonSerializer.Serialize(body));

    private async Task<SessionView> Send(ExploreServer server, string what, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8);
        using var answer = await _client.PostAsync(new Uri(server.Address, what), content);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<SessionView>(Web))!;
    }
}
