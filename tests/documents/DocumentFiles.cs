using System.Text.RegularExpressions;
using Verified.Tests.Meaning;

namespace Verified.Tests.Documents;

/// <summary>The names in the documents of the repository: links, files, symbols and commands.</summary>
internal static partial class DocumentFiles
{
    private static readonly string Root = Sources.Root;

    /// <summary>All documents, as paths from the root of the repository.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        .. Directory
            .EnumerateFiles(Root, "*.md", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !IsMade(file))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>All files of the repository that are not made by a build.</summary>
    public static IReadOnlyList<string> Files { get; } =
    [
        .. Directory
            .EnumerateFiles(Root, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !IsMade(file)),
    ];

    private static readonly Lazy<HashSet<string>> Words = new(() =>
        [
            .. Files
                .Where(file => file.EndsWith(".cs", StringComparison.Ordinal))
                .SelectMany(file => Identifier().Matches(File.ReadAllText(Path.Combine(Root, file))))
                .Select(match => match.Value),
        ]
    );

    public static string Read(string document) => File.ReadAllText(Path.Combine(Root, document));

    /// <summary>Targets of links within the repository, without the heading that they name.</summary>
    public static IEnumerable<string> Links(string document) =>
        Link()
            .Matches(Read(document))
            .Select(match => match.Groups["target"].Value.Split('#')[0])
            .Where(target => target.Length > 0 && !target.Contains("://", StringComparison.Ordinal));

    /// <summary>
    /// Files in backticks that have a folder or an extension of this repository, without files that a run makes.
    /// </summary>
    public static IEnumerable<string> NamedFiles(string document) =>
        Code()
            .Matches(Read(document))
            .Select(match => match.Groups["code"].Value)
            .Where(code => FileName().IsMatch(code) && !IsMade(code));

    /// <summary>Names of types and members in backticks.</summary>
    public static IEnumerable<string> Symbols(string document) =>
        Code()
            .Matches(Read(document))
            .Select(match => match.Groups["code"].Value)
            .Where(code => Symbol().IsMatch(code));

    /// <summary>Command lines of <c>verified</c>, without that word and without a comment after #.</summary>
    public static IEnumerable<string> Commands(string document)
    {
        var text = Read(document);
        return Command()
            .Matches(text)
            .Concat(InlineCommand().Matches(text))
            .Select(match => match.Groups["arguments"].Value.Split(" #")[0].Trim());
    }

    /// <summary>True if a name is a file or folder, from the document's folder or from the root.</summary>
    public static bool IsFile(string document, string name)
    {
        var folder = Path.GetDirectoryName(document) ?? "";
        return Path.Exists(Path.Combine(Root, folder, name))
            || Path.Exists(Path.Combine(Root, name))
            || Files.Any(file => file.EndsWith($"/{name}", StringComparison.Ordinal));
    }

    /// <summary>Whether some source has all identifiers of a symbol.</summary>
    public static bool IsSymbol(string symbol) =>
        Identifier().Matches(symbol).All(match => Words.Value.Contains(match.Value));

    private static bool IsMade(string file) =>
        file.Split('/').Any(part => part is "bin" or "obj" or ".verified" or ".git" or "TestResults" or ".config");

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("`(?<code>[^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^[\w.-]+(/[\w.-]+)+/?$|^[\w-]+\.(cs|md|tla|asm|c|sh|csproj)$")]
    private static partial Regex FileName();

    [GeneratedRegex(@"^[A-Z][a-z]\w*[A-Z]\w*(\.\w+)?$|^[A-Z]\w+\.[A-Z]\w+$")]
    private static partial Regex Symbol();

    [GeneratedRegex(@"[A-Za-z_]\w*")]
    private static partial Regex Identifier();

    [GeneratedRegex(@"^ {4}verified (?<arguments>.*)$", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex("`verified (?<arguments>[^`]*)`")]
    private static partial Regex InlineCommand();
}
