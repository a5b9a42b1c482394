using System.Globalization;
using System.Text;
using Verified.Proofs.Unix;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Unix;

/// <summary>Archives for the Unix server: their bytes, and what the server makes of wrong ones.</summary>
public sealed class ArchiveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-archive").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_archive_has_all_files_by_name()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "b"));
        File.WriteAllText(Path.Combine(_folder, "b", "c"), "inner");
        File.WriteAllText(Path.Combine(_folder, "a"), "1");
        File.CreateSymbolicLink(Path.Combine(_folder, "d"), "b/c");
        Assert.Equal(
            [("a", 8, "1"), ("b", 4, ""), ("b/c", 8, "inner"), ("d", 10, "b/c"), ("TRAILER!!!", 0, "")],
            Entries(Archive.Of(_folder))
        );
    }

    [TheoryWith(Tool.Gcc)]
    [InlineData(0, "unix: the archive is none of the format newc")]
    [InlineData(200, "unix: the archive is none of the format newc")]
    [InlineData(int.MaxValue, "unix: neither /init nor /bin/sh can be executed")]
    public void The_server_reports_an_archive_that_it_cannot_use(int length, string line)
    {
        File.WriteAllText(Path.Combine(_folder, "init"), "no program");
        var archive = Archive.Of(_folder);
        var (text, status) = UnixSystem.OnTheMachine(archive[..Math.Min(length, archive.Length)], _ => "");
        Assert.Contains(line, text, StringComparison.Ordinal);
        Assert.Equal(2, status);
    }

    private static List<(string Name, int Type, string Content)> Entries(byte[] archive)
    {
        var entries = new List<(string, int, string)>();
        int Field(int at, int index) =>
            int.Parse(
                Encoding.ASCII.GetString(archive, at + 6 + 8 * index, 8),
                NumberStyles.HexNumber,
                CultureInfo.InvariantCulture
            );
        for (var at = 0; at < archive.Length; )
        {
            Assert.Equal("070701", Encoding.ASCII.GetString(archive, at, 6));
            var (type, size, nameSize) = (Field(at, 1) >> 12, Field(at, 6), Field(at, 11));
            var name = Encoding.UTF8.GetString(archive, at + 110, nameSize - 1);
            var data = at + 110 + nameSize + 3 & ~3;
            entries.Add((name, type, Encoding.UTF8.GetString(archive, data, size)));
            at = data + size + 3 & ~3;
        }
        return entries;
    }
}
