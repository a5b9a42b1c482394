using System.Text.RegularExpressions;
using Verified.Kernel;
using Verified.Spec;

namespace Verified.Proofs.Diff;

/// <summary>
/// Finds the method of a step in the spec's source, if the command runs in the folder that has the source.
/// </summary>
public static partial class SpecSource
{
    private const string Folder = "spec/steps",
        Kernel = $"{Folder}/Kernel.cs";

    /// <summary>The line of the method that makes a step; null if the source is missing.</summary>
    public static SourceLine? Of(Entry entry)
    {
        try
        {
            return
                File.Exists(Kernel)
                && Call().Matches(File.ReadAllText(Kernel)).FirstOrDefault(call => call.Groups[1].Value == $"{entry}")
                    is { } made
                ? Method(made.Groups[2].Value)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // A step's method comes before other methods of its name, which have parameters of their own.
    private static SourceLine? Method(string name) =>
        Directory
            .GetFiles(Folder, "*.cs")
            .Order(StringComparer.Ordinal)
            .Where(file => !file.EndsWith("/Boot.cs", StringComparison.Ordinal))
            .SelectMany(file =>
                File.ReadLines(file)
                    .Select((text, i) => (Text: text, Line: new SourceLine(file.Replace('\\', '/'), i + 1)))
            )
            .FirstOrDefault(line =>
                line.Text.StartsWith("    private void ", StringComparison.Ordinal)
                && line.Text.Contains($" {name}(", StringComparison.Ordinal)
            )
            .Line;

    [GeneratedRegex(@"case Entry\.(\w+):\s+(\w+)\(")]
    private static partial Regex Call();
}
