using System.ComponentModel;
using Verified.Proofs.Host;
using Xunit;

namespace Verified.Tests.Host;

/// <summary>The start of other programs, and the messages if they fail.</summary>
public class OtherProgramTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public void A_program_gets_a_small_environment_of_its_own()
    {
        const string name = "VERIFIED_TEST_OF_THE_ENVIRONMENT";
        Environment.SetEnvironmentVariable(name, new string('x', 100_000));
        try
        {
            var names = OtherProgram
                .Run("env", [], Patience)
                .Output.Split('\n')
                .Select(line => line.Split('=')[0])
                .ToHashSet();
            names.ExceptWith(["", "_", "PWD", "SHLVL"]);
            Assert.Equal(["HOME", "LANG", "LC_ALL", "PATH", "TMPDIR"], names.Order(StringComparer.Ordinal));
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public void A_program_that_fails_shows_its_error_lines()
    {
        var ended = OtherProgram.Run("sh", ["-c", "echo out; echo 'no such luck' >&2; exit 7"], Patience);
        Assert.Equal((7, "out\n"), (ended.Exit, ended.Output));
        Assert.Contains("exit code 7", ended.Why, StringComparison.Ordinal);
        Assert.Contains("no such luck", ended.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_program_that_takes_too_long_is_ended_and_has_no_exit_code() =>
        Assert.Null(OtherProgram.Run("sleep", ["600"], TimeSpan.FromMilliseconds(200)).Exit);

    [FactWith(Tool.Linux)]
    public void A_program_that_takes_too_long_is_ended_with_what_it_started()
    {
        var ended = OtherProgram.Run("sh", ["-c", "sleep 600 & echo $!; wait"], TimeSpan.FromSeconds(1));
        Assert.Null(ended.Exit);
        Assert.Matches("^[0-9]+\n$", ended.Output);
        var child = $"/proc/{ended.Output.Trim()}/cmdline";
        Assert.False(File.Exists(child) && File.ReadAllText(child).Contains("sleep", StringComparison.Ordinal));
    }

    [Fact]
    public void A_program_that_is_not_there_cannot_be_started() =>
        Assert.Throws<Win32Exception>(() => OtherProgram.Run("no-such-program-anywhere", [], Patience));

    /// <summary>
    /// Bochs crashes if this variable of its plugin loader is long, so the variable must not reach it.
    /// </summary>
    [FactWith(Tool.Bochs)]
    public void Bochs_runs_although_the_environment_has_what_it_cannot_bear()
    {
        const string name = "LTDL_LIBRARY_PATH";
        Environment.SetEnvironmentVariable(name, "/" + new string('x', 5000));
        try
        {
            Assert.Null(Machine.Bochs.TryRom(ProbeRom.Bytes, ProbeRom.Text));
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, null);
        }
    }
}
