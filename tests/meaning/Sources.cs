namespace Verified.Tests.Meanings;

/// <summary>The sources that these tests were built from.</summary>
internal static class Sources
{
    /// <summary>The folder spec/.</summary>
    public static string Spec
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName,
                "Verified.sln"))) folder = folder.Parent;
            return Path.Combine(folder!.FullName, "spec");
        }
    }
}
