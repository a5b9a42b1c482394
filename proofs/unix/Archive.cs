using System.Globalization;
using System.Text;

namespace Verified.Proofs.Unix;

/// <summary>Archives of the format "newc", as <c>cpio -H newc</c> writes them.</summary>
public static class Archive
{
    private const int Regular = 0x8000,
        Folder = 0x4000,
        Link = 0xA000,
        AllRights = 0x1FF;

    // Windows has no modes: there, everything can be executed.
    private const int RightsWithoutModes = 0x1ED;

    /// <summary>
    /// All files, folders and symbolic links below some folders, by name. Of two with one name, the archive has that of
    /// the first folder.
    /// </summary>
    public static byte[] Of(params ReadOnlySpan<string> folders)
    {
        using var archive = new MemoryStream();
        var names = new HashSet<string>();
        foreach (var folder in folders)
        foreach (var entry in Below(folder))
        {
            var name = Path.GetRelativePath(folder, entry.FullName).Replace('\\', '/');
            if (!names.Add(name))
                continue;
            var (type, content) = Content(entry);
            var rights = OperatingSystem.IsWindows() ? RightsWithoutModes : (int)entry.UnixFileMode & AllRights;
            Put(archive, names.Count, name, type | rights, content);
        }
        Put(archive, 0, "TRAILER!!!", 0, []);
        return archive.ToArray();
    }

    private static IOrderedEnumerable<FileSystemInfo> Below(string folder) =>
        new DirectoryInfo(folder)
            .EnumerateFileSystemInfos(
                "*",
                new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }
            )
            .OrderBy(entry => entry.FullName, StringComparer.Ordinal);

    private static (int Type, byte[] Content) Content(FileSystemInfo entry) =>
        entry.LinkTarget is { } target ? (Link, Encoding.UTF8.GetBytes(target))
        : entry is FileInfo file ? (Regular, File.ReadAllBytes(file.FullName))
        : (Folder, []);

    // Inode, mode, owner, group, links, time, size, four numbers of devices, the name's size, a sum that newc leaves 0.
    private static void Put(MemoryStream archive, int number, string name, int mode, byte[] content)
    {
        var text = Encoding.UTF8.GetBytes(name + '\0');
        int[] fields = [number, mode, 0, 0, 1, 0, content.Length, 0, 0, 0, 0, text.Length, 0];
        archive.Write("070701"u8);
        foreach (var field in fields)
            archive.Write(Encoding.ASCII.GetBytes(field.ToString("X8", CultureInfo.InvariantCulture)));
        foreach (var part in (byte[][])[text, content])
        {
            archive.Write(part);
            while (archive.Length % 4 != 0)
                archive.WriteByte(0);
        }
    }
}
