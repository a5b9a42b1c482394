namespace Verified.Kernel;

/// <summary>
/// Writes files as a whole: a reader finds the old contents or all of the new ones. If the disk is full, nothing of the
/// new file stays.
/// </summary>
public static class WholeFile
{
    /// <summary>Writes a file in the place of one that may be there.</summary>
    /// <param name="path">The file. A device or pipe, such as <c>/dev/stdout</c>, is written as it is.</param>
    /// <param name="contents">Its bytes.</param>
    /// <exception cref="IOException">It cannot be written, for example because the disk is full.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write there.</exception>
    public static void Write(string path, ReadOnlySpan<byte> contents)
    {
        if (IsDevice(path))
        {
            File.WriteAllBytes(path, contents);
            return;
        }

        // A link stays a link to the new contents.
        var target = (File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null)
            ?? path;
        var part = $"{Path.GetFullPath(target)}.{Guid.NewGuid():N}";
        try
        {
            File.WriteAllBytes(part, contents);
            if (!OperatingSystem.IsWindows() && File.Exists(target))
                File.SetUnixFileMode(part, File.GetUnixFileMode(target));
            File.Move(part, target, overwrite: true);
        }
        catch (Exception e) when (e is IOException or ArgumentOutOfRangeException)
        {
            // The runtime reports a file beyond the limit of sizes as an argument out of range.
            File.Delete(part);
            throw new IOException(Named(e), e);
        }
        catch (UnauthorizedAccessException e)
        {
            File.Delete(part);
            throw new UnauthorizedAccessException(Named(e), e);
        }

        // The user knows the file by the name that the user gave.
        string Named(Exception e) => e.Message.Replace(part, path, StringComparison.Ordinal);
    }

    /// <summary>Writes a text as UTF-8 in the place of a file that may be there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="contents">The text.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not write there.</exception>
    public static void Write(string path, string contents) => Write(path, System.Text.Encoding.UTF8.GetBytes(contents));

    private static bool IsDevice(string path) =>
        !OperatingSystem.IsWindows()
        && Path.GetFullPath(path) is var full
        && (full.StartsWith("/dev/", StringComparison.Ordinal) || full.StartsWith("/proc/", StringComparison.Ordinal));
}
