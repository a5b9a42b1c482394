using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Verified.Tests.Page;

/// <summary>Chromium without a display, driven over the DevTools protocol.</summary>
internal sealed class Browser : IDisposable
{
    public const string Program = "chromium";

    private const string Announces = "DevTools listening on ";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _profile = Directory.CreateTempSubdirectory("verified-browser").FullName;
    private readonly Process _process;
    private readonly ClientWebSocket _socket = new();
    private readonly CancellationTokenSource _time = new(Patience);
    private string? _session;
    private int _calls;

    /// <summary>Starts the browser with an empty page.</summary>
    public Browser()
    {
        var start = new ProcessStartInfo(Program)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-dev-shm-usage",
                "--remote-debugging-port=0",
                $"--user-data-dir={_profile}",
                "about:blank",
            },
        };
        _process = Process.Start(start)!;
        try
        {
            _socket.ConnectAsync(new Uri(Address()), _time.Token).GetAwaiter().GetResult();
            var target = Call("Target.createTarget", new() { ["url"] = "about:blank" })["targetId"]!.GetValue<string>();
            _session = Call("Target.attachToTarget", new() { ["targetId"] = target, ["flatten"] = true })[
                "sessionId"
            ]!.GetValue<string>();
            foreach (var domain in (string[])["Page", "Runtime", "Log", "Network"])
                Call($"{domain}.enable");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Errors that the pages have logged, and the exceptions of their scripts.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>The addresses that pages have requested, except files and data in the page itself.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>Why the browser does not work here; null if it does.</summary>
    public static string? Try()
    {
        try
        {
            using var browser = new Browser();
            return browser.Evaluate("1 + 1") == "2" ? null : "chromium does not run scripts";
        }
        catch (Exception e) when (e is InvalidOperationException or WebSocketException or OperationCanceledException)
        {
            return $"chromium does not work: {e.Message}";
        }
    }

    /// <summary>Opens an address and waits until the page is loaded.</summary>
    public void Open(string address)
    {
        Call("Page.navigate", new() { ["url"] = address });
        WaitFor("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// <summary>The size of the window in pixels, and whether the user prefers dark colours.</summary>
    public void Show(int width, int height, bool isDark = false)
    {
        Call(
            "Emulation.setDeviceMetricsOverride",
            new()
            {
                ["width"] = width,
                ["height"] = height,
                ["deviceScaleFactor"] = 1,
                ["mobile"] = false,
            }
        );
        Call(
            "Emulation.setEmulatedMedia",
            new()
            {
                ["features"] = new JsonArray(
                    new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = isDark ? "dark" : "light" }
                ),
            }
        );
    }

    /// <summary>The value of an expression of the page's script as text.</summary>
    public string Evaluate(string expression)
    {
        var result = Call(
            "Runtime.evaluate",
            new() { ["expression"] = $"String({expression})", ["awaitPromise"] = true }
        );
        return result["exceptionDetails"] is { } thrown
            ? throw new InvalidOperationException(thrown.ToJsonString())
            : result["result"]!["value"]!.GetValue<string>();
    }

    /// <summary>Waits until an expression is true.</summary>
    public void WaitFor(string condition)
    {
        while (Evaluate(condition) != "true")
        {
            _time.Token.ThrowIfCancellationRequested();
            Thread.Sleep(20);
        }
    }

    /// <summary>Presses and releases a key, like a user.</summary>
    public void Press(string key)
    {
        foreach (var type in (string[])["keyDown", "keyUp"])
            Call(
                "Input.dispatchKeyEvent",
                new()
                {
                    ["type"] = type,
                    ["key"] = key,
                    ["text"] = type == "keyDown" && key.Length == 1 ? key : "",
                }
            );
    }

    /// <summary>The window's picture as a PNG file.</summary>
    public byte[] Screenshot() => Convert.FromBase64String(Call("Page.captureScreenshot")["data"]!.GetValue<string>());

    public void Dispose()
    {
        _socket.Dispose();
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _time.Dispose();
        Directory.Delete(_profile, recursive: true);
    }

    private string Address()
    {
        while (_process.StandardError.ReadLineAsync(_time.Token).AsTask().GetAwaiter().GetResult() is { } line)
            if (line.StartsWith(Announces, StringComparison.Ordinal))
                return line[Announces.Length..];
        throw new InvalidOperationException("chromium ended before it listened");
    }

    private JsonNode Call(string method, JsonObject? parameters = null)
    {
        var id = ++_calls;
        var call = new JsonObject
        {
            ["id"] = id,
            ["method"] = method,
            ["params"] = parameters ?? [],
        };
        if (_session is not null)
            call["sessionId"] = _session;
        _socket
            .SendAsync(Encoding.UTF8.GetBytes(call.ToJsonString()), WebSocketMessageType.Text, true, _time.Token)
            .GetAwaiter()
            .GetResult();
        while (true)
        {
            var answer = Receive();
            if (answer["id"]?.GetValue<int>() != id)
            {
                Note(answer);
                continue;
            }

            if (answer["error"] is { } error)
                throw new InvalidOperationException($"{method}: {error.ToJsonString()}");
            return answer["result"]!;
        }
    }

    private JsonNode Receive()
    {
        using var text = new MemoryStream();
        var buffer = new byte[65536];
        ValueWebSocketReceiveResult part;
        do
        {
            part = _socket.ReceiveAsync(buffer.AsMemory(), _time.Token).AsTask().GetAwaiter().GetResult();
            text.Write(buffer, 0, part.Count);
        } while (!part.EndOfMessage);
        return JsonNode.Parse(text.ToArray())!;
    }

    private void Note(JsonNode message)
    {
        var parameters = message["params"];
        switch (message["method"]?.GetValue<string>())
        {
            case "Runtime.exceptionThrown":
                Errors.Add(parameters!["exceptionDetails"]!.ToJsonString());
                break;
            case "Runtime.consoleAPICalled" when IsBad(parameters!["type"]):
                Errors.Add(parameters!["args"]!.ToJsonString());
                break;
            case "Log.entryAdded" when IsBad(parameters!["entry"]!["level"]):
                Errors.Add(parameters!["entry"]!.ToJsonString());
                break;
            case "Network.requestWillBeSent":
                var url = parameters!["request"]!["url"]!.GetValue<string>();
                if (
                    !url.StartsWith("file:", StringComparison.Ordinal)
                    && !url.StartsWith("data:", StringComparison.Ordinal)
                )
                    Requests.Add(url);
                break;
        }
    }

    private static bool IsBad(JsonNode? level) => level!.GetValue<string>() is "error" or "warning" or "assert";
}
