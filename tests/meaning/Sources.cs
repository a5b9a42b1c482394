namespace Verified.Tests.Meaning;

/// <summary>The sources that these tests were built from.</summary>
internal static class Sources
{
    /// <summary>The root of the repository.</summary>
    public static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Verified.sln")))
                folder = folder.Parent;
            return folder!.FullName;
        }
    }

    /// <summary>The folder spec/.</summary>
    public static string Spec => Path.Combine(Root, "spec");
}
