using System.Text.Json;

namespace Verified.Proofs.Page;

/// <summary>The page that draws a trace. It is one file, needs no other file, and connects to no server.</summary>
public static class HtmlPage
{
    private static readonly JsonSerializerOptions Options = new()
    {
        // The default encoder writes < > and & as escapes, so the text can be placed within a script element.
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
    };

    private static readonly string[] Scripts = ["chart.js", "details.js", "page.js"];

    /// <summary>The page's text.</summary>
    public static string Of(PageData data) => Template("'none'", Json(data), Scripts);

    /// <summary>The page of a server, which provides the data on request.</summary>
    public static string Served() => Template("'self'", "null", [.. Scripts, "explore.js"]);

    /// <summary>The data in the format of the page's script.</summary>
    public static string Json<T>(T data) => JsonSerializer.Serialize(data, Options);

    private static string Template(string connect, string data, string[] scripts) =>
        Resource("page.html")
            .Replace("@connect", connect, StringComparison.Ordinal)
            .Replace("@style", Resource("page.css"), StringComparison.Ordinal)
            .Replace("@script", string.Concat(scripts.Select(Resource)), StringComparison.Ordinal)
            .Replace("@data", data, StringComparison.Ordinal);

    /// <summary>The text of a file from which pages are made.</summary>
    internal static string Resource(string name)
    {
        using var stream = typeof(HtmlPage).Assembly.GetManifestResourceStream($"page/{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
