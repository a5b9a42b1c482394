namespace Verified.Kernel;

/// <summary>A line of the kernel's source.</summary>
/// <param name="File">The path from the repository's root, with slashes.</param>
/// <param name="Line">The line number, from 1.</param>
public sealed record SourceLine(string File, int Line)
{
    private const string Folder = "kernel/code/";

    /// <summary>The line in the file whose path the compiler recorded.</summary>
    internal static SourceLine Of(string path, int line)
    {
        var slashes = path.Replace('\\', '/');
        return new(slashes[Math.Max(0, slashes.LastIndexOf(Folder, StringComparison.Ordinal))..], line);
    }

    public override string ToString() => $"{File}:{Line}";
}
