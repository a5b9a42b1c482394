using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Proofs.Page;
using Verified.Proofs.Traces;

namespace Verified.Proofs.Explore;

/// <summary>
/// Serves a session as a page on the loopback interface. The server answers only requests that name this host and know
/// the random path. Other pages in the same browser can neither read nor change the session.
/// </summary>
public sealed class ExploreServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Session _session;
    private readonly string _file;
    private readonly TextWriter _error;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly string _prefix = $"/{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}/";
    private int _port;

    private ExploreServer(Session session, int port, string file, TextWriter error)
    {
        (_session, _file, _error) = (session, file, error);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.AddServerHeader = false;
            options.Listen(IPAddress.Loopback, port);
        });
        _app = builder.Build();
        _app.Run(Answer);
    }

    /// <summary>The address of the page.</summary>
    public Uri Address => new($"http://{IPAddress.Loopback}:{_port}{_prefix}");

    /// <summary>Begins to serve.</summary>
    /// <param name="session">The session. From now on only this server uses it.</param>
    /// <param name="port">The port; 0 for any free one.</param>
    /// <param name="file">The file in which the user's command to save writes the trace.</param>
    /// <param name="error">Gets a line for each defect of the server itself.</param>
    /// <exception cref="ExploreException">The port is in use, or not allowed.</exception>
    public static async Task<ExploreServer> Start(Session session, int port, string file, TextWriter error)
    {
        var server = new ExploreServer(session, port, file, error);
        try
        {
            await server._app.StartAsync();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await server.DisposeAsync();
            throw new ExploreException($"port {port} cannot be used: {Reason(e)}; without --port any free one is", e);
        }

        server._port = new Uri(server._app.Urls.First()).Port;
        return server;
    }

    /// <summary>Ends the server; requests that are still answered are cancelled.</summary>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _turn.Dispose();
    }

    private static string Reason(Exception e) =>
        e is SocketException { SocketErrorCode: SocketError.AccessDenied } ? "not allowed" : "another program uses it";

    private async Task Answer(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "frame-ancestors 'none'";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Foreign pages attack with a host name of their own that resolves to this host.
        if (request.Host.Value != $"127.0.0.1:{_port}" && request.Host.Value != $"localhost:{_port}")
        {
            await Refuse(response, StatusCodes.Status421MisdirectedRequest, "this server answers only as 127.0.0.1");
            return;
        }

        if (!Knows(request.Path))
        {
            await Refuse(response, StatusCodes.Status404NotFound, "open the address that verified explore printed");
            return;
        }

        try
        {
            await Answer(request.Path.Value![_prefix.Length..], context);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested)
        {
            // The browser is gone. The session is unchanged, or has made the step; the next request shows which.
            if (e is not (OperationCanceledException or IOException))
                await _error.WriteLineAsync($"verified: explore: {e.Message}");
        }
        catch (BadHttpRequestException e)
        {
            await Refuse(response, e.StatusCode, e.Message);
        }
        catch (Exception e) when (!response.HasStarted)
        {
            var line = $"a defect of verified itself: {e.GetType().Name}: {e.Message}".ReplaceLineEndings(" ");
            await _error.WriteLineAsync($"verified: explore: {line}");
            await Refuse(response, StatusCodes.Status500InternalServerError, line);
        }
    }

    private bool Knows(PathString path) =>
        path.Value is { } text
        && text.Length >= _prefix.Length
        && CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(text[.._prefix.Length]),
            Encoding.UTF8.GetBytes(_prefix)
        );

    private async Task Answer(string what, HttpContext context)
    {
        var cancel = context.RequestAborted;
        var body = HttpMethods.IsPost(context.Request.Method) ? await Body(context.Request, cancel) : null;
        await _turn.WaitAsync(cancel);
        try
        {
            var (type, text) = (HttpMethods.IsGet(context.Request.Method), what) switch
            {
                (true, "") => ("text/html", HtmlPage.Served()),
                (true, "view") => Json(_session.View()),
                (true, "trace.json") => Download(context.Response),
                (false, _) when body is not null && Command(what, body, cancel) is { } view => Json(view),
                _ => throw new BadHttpRequestException($"there is no '{what}' here", StatusCodes.Status404NotFound),
            };
            context.Response.ContentType = $"{type}; charset=utf-8";
            await context.Response.WriteAsync(text, cancel);
        }
        finally
        {
            _turn.Release();
        }
    }

    // Carries a command out. A request that fails changes nothing, and the answer gives the reason.
    private SessionView? Command(string what, string body, CancellationToken cancel)
    {
        try
        {
            var said = ExploreCommand.Run(_session, what, body, _file, cancel);
            return said is null ? null : _session.View(said);
        }
        catch (Exception e) when (e is ExploreException or TraceFileException or ModelException)
        {
            return _session.View(e.Message.ReplaceLineEndings(" "), failed: true);
        }
    }

    private static (string, string) Json(SessionView view) => ("application/json", HtmlPage.Json(view));

    private (string, string) Download(HttpResponse response)
    {
        response.Headers.ContentDisposition = $"attachment; filename=explore-{_session.World.Name}.json";
        return ("application/json", TraceFile.Write(_session.Trace));
    }

    private static async Task<string> Body(HttpRequest request, CancellationToken cancel)
    {
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        return await reader.ReadToEndAsync(cancel);
    }

    private static async Task Refuse(HttpResponse response, int status, string line)
    {
        response.StatusCode = status;
        response.ContentType = "text/plain; charset=utf-8";
        await response.WriteAsync($"{line}\n");
    }
}
