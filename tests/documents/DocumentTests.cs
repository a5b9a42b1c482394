using Verified.Proofs.Commands;
using Xunit;

namespace Verified.Tests.Documents;

/// <summary>
/// Everything that the documents name must exist. Each command line is parsed; the tests of the command line and CI run
/// those of the first pages.
/// </summary>
public sealed class DocumentTests
{
    public static TheoryData<string> All => [.. DocumentFiles.All];

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
        Assert.Empty(guides.Except(DocumentFiles.All));
        Assert.True(DocumentFiles.Commands("README.md").Count() > 3, "the pattern finds the README's commands");
        Assert.NotEmpty(DocumentFiles.NamedFiles("proofs/FOUND.md"));
        Assert.NotEmpty(DocumentFiles.Symbols("spec/README.md"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Links_lead_to_files(string document) =>
        Assert.All(DocumentFiles.Links(document), target =>
            Assert.True(DocumentFiles.IsFile(document, target), target)
        );

    [Theory]
    [MemberData(nameof(All))]
    public void Files_that_are_named_exist(string document) =>
        Assert.All(DocumentFiles.NamedFiles(document), name => Assert.True(DocumentFiles.IsFile(document, name), name));

    [Theory]
    [MemberData(nameof(All))]
    public void Symbols_that_are_named_exist(string document) =>
        Assert.All(DocumentFiles.Symbols(document), symbol => Assert.True(DocumentFiles.IsSymbol(symbol), symbol));

    [Theory]
    [MemberData(nameof(All))]
    public void Commands_are_understood(string document) =>
        Assert.All(DocumentFiles.Commands(document), command => Assert.Null(CommandLine.Misunderstood(Words(command))));

    [Fact]
    public void A_command_that_is_not_there_is_found() =>
        Assert.NotNull(CommandLine.Misunderstood(Words("frobnicate --now")));

    [Fact]
    public void The_readme_has_at_most_1200_words() =>
        Assert.InRange(
            DocumentFiles.Read("README.md").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length,
            200,
            1200
        );

    [Fact]
    public void The_readme_shows_three_small_pictures()
    {
        var pictures = DocumentFiles
            .Links("README.md")
            .Where(link => link.EndsWith(".png", StringComparison.Ordinal))
            .ToList();
        Assert.Equal(3, pictures.Count);
        Assert.All(pictures, picture =>
        {
            var content = File.ReadAllBytes(Path.Combine(Meaning.Sources.Root, picture));
            Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], content[..4]);
            Assert.InRange(content.Length, 10_000, 150_000);
        });
    }

    // Commands in the documents have no quotes, except around a name with blanks.
    private static string[] Words(string command) =>
        [.. System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(command.Replace('\'', '"'))];
}
