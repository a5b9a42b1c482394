using Verified.Proofs.Commands;
using Xunit;

namespace Verified.Tests.Texts;

/// <summary>
/// Everything that the documents name must exist. Each command line is parsed; the tests of the command line and CI run
/// those of the first pages.
/// </summary>
public sealed class DocumentTests
{
    public static TheoryData<string> All => [.. Documents.All];

    [Fact]
    public void There_is_a_guide_in_every_folder()
    {
        string[] guides =
        [
            "README.md",
            "CONTRIBUTING.md",
            .. ((string[])["spec", "spec/interface", "kernel", "machine", "proofs", "tests"]).Select(at =>
                $"{at}/README.md"
            ),
        ];
        Assert.Empty(guides.Except(Documents.All));
        Assert.True(Documents.Commands("README.md").Count() > 3, "the pattern finds the README's commands");
        Assert.NotEmpty(Documents.NamedFiles("proofs/FOUND.md"));
        Assert.NotEmpty(Documents.Symbols("spec/README.md"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Links_lead_to_files(string document) =>
        Assert.All(Documents.Links(document), target => Assert.True(Documents.IsFile(document, target), target));

    [Theory]
    [MemberData(nameof(All))]
    public void Files_that_are_named_exist(string document) =>
        Assert.All(Documents.NamedFiles(document), name => Assert.True(Documents.IsFile(document, name), name));

    [Theory]
    [MemberData(nameof(All))]
    public void Symbols_that_are_named_exist(string document) =>
        Assert.All(Documents.Symbols(document), symbol => Assert.True(Documents.IsSymbol(symbol), symbol));

    [Theory]
    [MemberData(nameof(All))]
    public void Commands_are_understood(string document) =>
        Assert.All(Documents.Commands(document), command => Assert.Null(CommandLine.Misunderstood(Words(command))));

    [Fact]
    public void A_command_that_is_not_there_is_found() =>
        Assert.NotNull(CommandLine.Misunderstood(Words("frobnicate --now")));

    [Fact]
    public void The_readme_has_at_most_1200_words() =>
        Assert.InRange(
            Documents.Read("README.md").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length,
            200,
            1200
        );

    [Fact]
    public void The_readme_shows_three_small_pictures()
    {
        var pictures = Documents
            .Links("README.md")
            .Where(link => link.EndsWith(".png", StringComparison.Ordinal))
            .ToList();
        Assert.Equal(3, pictures.Count);
        Assert.All(pictures, picture =>
        {
            var content = File.ReadAllBytes(Path.Combine(Meanings.Sources.Root, picture));
            Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], content[..4]);
            Assert.InRange(content.Length, 10_000, 150_000);
        });
    }

    // Commands in the documents have no quotes, except around a name with blanks.
    private static string[] Words(string command) =>
        [.. System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(command.Replace('\'', '"'))];
}
