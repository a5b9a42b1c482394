using Verified.Proofs.Commands;
using Xunit;

namespace Verified.Tests.Commands;

/// <summary>Runs the command in the process of the tests.</summary>
internal static class InProcess
{
    /// <summary>Asserts that a command line is refused in one line that contains a text.</summary>
    public static void AssertUnusable(string says, params string[] arguments)
    {
        var (exit, _, error) = Run(arguments);
        Assert.Contains(says, error);
        Assert.StartsWith("verified: ", error);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Equal(CommandLine.Unusable, exit);
    }

    /// <summary>The exit code of a command line, and what it prints.</summary>
    public static (int Exit, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = CommandLine.Run(arguments, output, error);
        return (exit, output.ToString(), error.ToString());
    }
}
