using System.Reflection;
using Verified.Proofs.Oracle;
using Xunit;

namespace Verified.Tests.Host;

/// <summary>
/// A test that needs a tool says so in one way. If the tool does not work, the runner skips the test with the reason.
/// </summary>
public class ToolsTests
{
    [Fact]
    public void A_test_is_skipped_with_the_reason_of_the_tool_that_it_lacks()
    {
        foreach (var tool in Enum.GetValues<Tool>())
        {
            Assert.Equal(Tools.WhyNot(tool), new FactWithAttribute(tool).Skip);
            Assert.Equal(Tools.WhyNot(tool), new TheoryWithAttribute(tool).Skip);
            Assert.NotEqual("", Tools.WhyNot(tool));
        }
    }

    [Fact]
    public void A_test_that_needs_two_tools_is_skipped_if_either_is_missing()
    {
        foreach (var one in Enum.GetValues<Tool>())
        foreach (var other in Enum.GetValues<Tool>())
            Assert.Equal(Tools.WhyNot(one) is null && Tools.WhyNot(other) is null, Tools.WhyNot(one | other) is null);
    }

    [Fact]
    public void No_test_has_another_way_to_be_skipped()
    {
        var kinds = typeof(ToolsTests)
            .Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetCustomAttributes<FactAttribute>())
            .Select(fact => fact.GetType())
            .ToHashSet();
        kinds.ExceptWith([
            typeof(FactAttribute),
            typeof(TheoryAttribute),
            typeof(FactWithAttribute),
            typeof(TheoryWithAttribute),
            typeof(FsCheck.Xunit.PropertyAttribute),
        ]);
        Assert.Empty(kinds);
    }

    [Theory]
    [InlineData("exit 1", "gcc cannot build the 32-bit native program")]
    [InlineData("echo 'cannot find -lgcc' >&2; exit 1", "cannot find -lgcc")]
    [InlineData("exit 0", "gcc made no program")]
    // A file that is not a program, and programs that end at once or write unexpected output.
    [InlineData("printf '\\177ELF nothing' > \"$out\"; chmod +x \"$out\"", "the 32-bit native program")]
    [InlineData("printf '#!/bin/sh\\nexit 3\\n' > \"$out\"; chmod +x \"$out\"", "the 32-bit native program")]
    [InlineData(
        "printf '#!/bin/sh\\necho something else\\n' > \"$out\"; chmod +x \"$out\"",
        "the 32-bit native program"
    )]
    public void A_host_whose_compiler_or_kernel_does_not_do_has_no_oracle_and_says_why(string gcc, string says)
    {
        var folder = Directory.CreateTempSubdirectory("verified-gcc").FullName;
        try
        {
            var program = Path.Combine(folder, "gcc");
            // The last argument is the output.
            File.WriteAllText(program, $"#!/bin/sh\ncat > /dev/null\nfor out; do :; done\n{gcc}\n");
            if (OperatingSystem.IsLinux())
                File.SetUnixFileMode(
                    program,
                    UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                );
            var e = Assert.Throws<OracleUnavailableException>(() =>
                HostProcessor.Check(NativeProgram.Build(Path.Combine(folder, "built"), program))
            );
            Assert.Contains(says, e.Message, StringComparison.Ordinal);
            Assert.Single(e.Message.Split('\n'));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
