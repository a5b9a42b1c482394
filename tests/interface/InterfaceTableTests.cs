using System.Reflection;
using Verified.Proofs.Commands;
using Verified.Tests.Meaning;
using Xunit;
using static Verified.Tests.Commands.InProcess;

namespace Verified.Tests.Interface;

/// <summary>The table that <c>verified ways --interface</c> prints: no sentence is forgotten.</summary>
public sealed class InterfaceTableTests
{
    // The number of sentences about behaviour without a test. The number may only fall.
    private const int WithoutTest = 0;

    private static readonly string Root = Path.GetDirectoryName(Sources.Spec)!;
    private static readonly IReadOnlyList<SentenceRow> Rows = InterfaceTable.Of(Root);

    [Fact]
    public void Every_sentence_about_behaviour_has_a_test()
    {
        string[] missing =
        [
            .. Rows.Where(row => row.Tests.Count == 0 && row.Untested is null)
                .Select(row => $"{row.Number} {row.Text}"),
        ];
        Assert.True(missing.Length == WithoutTest, string.Join('\n', missing));
    }

    [Fact]
    public void The_document_is_read_whole()
    {
        Assert.Equal(Rows.Count, Rows.Select(row => row.Number).Distinct().Count());
        Assert.Equal(309, Rows.Count);
        Assert.Equal("Nil is 0 and names no thread.", Rows.Single(row => row.Number == "1.3").Text);
    }

    [Fact]
    public void The_sources_have_the_attributes_of_the_assembly()
    {
        var compiled = typeof(InterfaceTableTests)
            .Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .SelectMany(method =>
                (method.GetCustomAttribute<SentenceAttribute>()?.Numbers ?? []).Select(number =>
                    $"{number} {method.DeclaringType!.Name}.{method.Name}"
                )
            );
        var read = InterfaceTable
            .TestsOf(Path.Combine(Root, "tests"))
            .SelectMany(each => each.Select(test => $"{each.Key} {test}"));
        Assert.Equal(compiled.Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Whatever_cites_a_sentence_cites_one_that_there_is()
    {
        var numbers = Rows.Select(row => row.Number).ToHashSet();
        Assert.Empty(InterfaceTable.TestsOf(Path.Combine(Root, "tests")).Select(each => each.Key).Except(numbers));
        Assert.Empty(InterfaceTable.Properties.Select(each => each.Key).Except(numbers));
        Assert.Empty(InterfaceTable.Untested.Keys.Except(numbers));
        Assert.DoesNotContain(Rows, row => row.Untested is not null && row.Tests.Count > 0);
    }

    [Fact]
    public void The_table_names_theorems_that_there_are()
    {
        var image = Verified.Kernel.KernelImage.Build(Verified.Spec.Limits.Shipping);
        var names = Verified.Proofs.Prove.Theorems.Of(image).Select(theorem => theorem.Name).ToHashSet();
        Assert.Empty(Rows.SelectMany(row => row.Meaning.Concat(row.Image)).Except(names));
    }

    [Fact]
    public void A_row_shows_test_property_and_theorems()
    {
        var row = Rows.Single(row => row.Number == "3.12");
        Assert.Contains("IpcSentences.A_reply_with_timeout_zero_reaches_a_caller", row.Tests);
        Assert.Contains("a-waiting-partner-is-reached", row.Properties);
        Assert.Contains("meaning.ipc", row.Meaning);
        Assert.Contains("image.ipc", row.Image);
    }

    [Fact]
    public void The_verb_prints_it()
    {
        var (exit, output, _) = Run("ways", "--interface", "--source", Root);
        Assert.Equal(CommandLine.Holds, exit);
        Assert.Contains("309 sentences: 307 have a test", output);
        Assert.Contains("20.3 has no test: a convention", output);
        (exit, output, _) = Run("ways", "--interface", "--json", "--source", Root);
        Assert.Equal(CommandLine.Holds, exit);
        Assert.Contains("\"number\": \"3.12\"", output);
        Assert.Equal(CommandLine.Unusable, Run("ways", "--interface", "--source", "/nowhere").Exit);
    }
}
