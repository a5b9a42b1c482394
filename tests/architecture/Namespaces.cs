using System.Text.RegularExpressions;

namespace Verified.Tests.Architecture;

/// <summary>
/// The rule for namespaces: a file of the folder a/b is in the namespace Verified.A.B. Three kinds of folders differ.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>The whole kernel is one namespace, because the parts of one program share their names.</item>
/// <item>So is the text of the spec. Its meaning and its values have namespaces of their own.</item>
/// <item>The folder proofs/engine only groups folders, so it adds no word.</item>
/// </list>
/// </remarks>
internal static partial class Namespaces
{
    private static readonly string[] OneNamespace =
    [
        "kernel",
        "spec/interface",
        "spec/state",
        "spec/steps",
        "spec/properties",
    ];

    /// <summary>The namespace that a file must declare.</summary>
    /// <param name="file">From the root of the repository, with slashes.</param>
    public static string Of(string file)
    {
        var folders = file.Split('/')[..^1];
        if (OneNamespace.Any(folder => file.StartsWith(folder + "/", StringComparison.Ordinal)))
            folders = folders[..1];
        else if (folders is ["proofs", "engine", ..])
            folders = ["proofs", .. folders[2..]];
        return string.Join('.', folders.Select(Capitalised).Prepend("Verified"));
    }

    /// <summary>One line for each namespace that a file declares although its folder has another name.</summary>
    /// <param name="file">From the root of the repository, with slashes.</param>
    /// <param name="text">The text of the file. A file of statements alone declares no namespace.</param>
    public static IEnumerable<string> Offences(string file, string text) =>
        from Match declaration in Declaration().Matches(text)
        let declared = declaration.Groups["name"].Value
        where declared != Of(file)
        select $"{file}: the namespace is {declared}, not {Of(file)}";

    private static string Capitalised(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Declaration();
}
