using System.Runtime.CompilerServices;
using Xunit;

namespace Verified.Tests.Watch;

/// <summary>A copy of the kernel's sources, to edit. The other projects have folders without files.</summary>
internal sealed class SourceCopy : IDisposable
{
    public SourceCopy()
    {
        foreach (var project in (string[])["spec", "machine", "proofs"])
            Directory.CreateDirectory(Path.Combine(Folder, project));
        foreach (var file in Proofs.Watch.CompiledSources.Files(Path.Combine(Root(), "kernel")))
        {
            var copy = Path.Combine(Folder, "kernel", file);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(Path.Combine(Root(), "kernel", file), copy);
        }
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("verified-watch").FullName;

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>The folder of the repository.</summary>
    public static string Root([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", ".."));

    /// <summary>Replaces a text that a file contains once.</summary>
    public void Edit(string file, string before, string after)
    {
        var path = Path.Combine(Folder, file);
        var text = File.ReadAllText(path);
        Assert.Equal(2, text.Split(before).Length);
        File.WriteAllText(path, text.Replace(before, after, StringComparison.Ordinal));

        // The time of a file may be coarse.
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
    }
}
