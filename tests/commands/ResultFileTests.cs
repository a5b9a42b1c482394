using System.Text.Json;
using System.Xml.Linq;
using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Commands;

/// <summary>The files that CI servers read.</summary>
public sealed class ResultFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-results").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_failure_is_in_JUnit_and_in_SARIF_at_its_source_line()
    {
        var image = KernelImage.Build(Limits.Shipping);
        var (bad, at) = (Path.Combine(_folder, "bad.elf"), image.Symbols["ipc_block_sending"]);
        image.WithBytes(at + 4, BitConverter.GetBytes(StoredStatus.Sleeping)).Save(bad);
        var (suite, sarif) = Run(CommandLine.Refuted, "diff", "--events", "100000", "--image", bad);
        Assert.Equal(("1", "1"), (suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value));
        Assert.Contains("Status of ", suite.Element("testcase")!.Element("failure")!.Value);
        var result = Assert.Single(sarif.GetProperty("results").EnumerateArray());
        var place = result.GetProperty("locations")[0].GetProperty("physicalLocation");
        var (file, line) = image.SourceLines[at];
        Assert.Equal(
            (file, line),
            (
                place.GetProperty("artifactLocation").GetProperty("uri").GetString(),
                place.GetProperty("region").GetProperty("startLine").GetInt32()
            )
        );
        Assert.Equal("diff", result.GetProperty("ruleId").GetString());
        Assert.StartsWith("Status of ", result.GetProperty("message").GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("fuzz --programs 3", "verified fuzz", 1)]
    [InlineData("check pair", "verified check", 2)]
    [InlineData("prove spec.id_nearest", "verified prove", 1)]
    [InlineData("run", "verified run", 1)]
    public void What_holds_is_counted_and_has_no_result(string command, string name, int tests)
    {
        var (suite, sarif) = Run(CommandLine.Holds, command.Split(' '));
        Assert.Equal(
            (name, $"{tests}", "0"),
            (suite.Attribute("name")!.Value, suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value)
        );
        Assert.Equal(tests, suite.Elements("testcase").Count());
        Assert.Empty(sarif.GetProperty("results").EnumerateArray());
    }

    [Fact]
    public void The_files_and_the_page_exist_beside_JSON()
    {
        var image = KernelImage.Build(Limits.Shipping);
        var (bad, page) = (Path.Combine(_folder, "bad.elf"), Path.Combine(_folder, "page.html"));
        image.WithBytes(image.Symbols["ipc_block_sending"] + 4, BitConverter.GetBytes(StoredStatus.Sleeping)).Save(bad);
        using var output = new StringWriter();
        Assert.Equal(
            CommandLine.Refuted,
            CommandLine.Run(["diff", "--events", "100000", "--image", bad, "--json", "--html", page], output, output)
        );
        using var json = JsonDocument.Parse(output.ToString());
        Assert.False(json.RootElement[0].GetProperty("holds").GetBoolean());
        Assert.Contains("ipc_block_sending", File.ReadAllText(page));
    }

    private (XElement Suite, JsonElement Run) Run(int code, params string[] arguments)
    {
        var (junit, sarif) = (Path.Combine(_folder, "junit.xml"), Path.Combine(_folder, "results.sarif"));
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(
            (code, ""),
            (CommandLine.Run([.. arguments, "--junit", junit, "--sarif", sarif], output, error), error.ToString())
        );
        var suite = Assert.Single(XDocument.Load(junit).Root!.Elements("testsuite"));
        using var json = JsonDocument.Parse(File.ReadAllText(sarif));
        Assert.Equal("2.1.0", json.RootElement.GetProperty("version").GetString());
        return (suite, Assert.Single(json.RootElement.GetProperty("runs").EnumerateArray()).Clone());
    }
}
