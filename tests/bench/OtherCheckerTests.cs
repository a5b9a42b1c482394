using System.Text.RegularExpressions;
using Verified.Proofs.Bench;
using Verified.Proofs.Host;
using Xunit;

namespace Verified.Tests.Bench;

/// <summary>The comparison with other model checkers reads their output.</summary>
public sealed class OtherCheckerTests
{
    private const string Times = "0m0.01s 0m0.00s\n1m2.50s 0m0.50s\n";

    [Fact]
    public void Spins_states_and_processor_time_are_read()
    {
        var (did, why) = Read(
            OtherCheckers.SpinStates(),
            "State-vector 60 byte, errors: 0\n  5378017 states, stored\n 29038370 transitions (= stored+matched)\n"
                + Times,
            "errors: 0",
            extra: 1
        );

        Assert.Equal((5_378_016, 63.0), (did!.States, did.Seconds));
        Assert.Equal("", why);
    }

    [Fact]
    public void Tlcs_states_and_processor_time_are_read()
    {
        var (did, _) = Read(
            OtherCheckers.TlcStates(),
            "Model checking completed. No error has been found.\n"
                + "29038369 states generated, 5378016 distinct states found, 0 states left on queue.\n"
                + Times,
            "No error has been found",
            extra: 0
        );

        Assert.Equal((5_378_016, 63.0), (did!.States, did.Seconds));
    }

    [Theory]
    [InlineData("errors: 1\n 5 states, stored\n" + Times, 0, "reports an error")]
    [InlineData("errors: 0\n 5 states, stored\n" + Times, 1, "did not run: exit code 1")]
    [InlineData("errors: 0\n 5 states, stored\n", 0, "did not run")]
    [InlineData("errors: 0\n" + Times, 0, "did not run")]
    public void What_is_no_complete_run_is_no_figure(string output, int exit, string expected)
    {
        var (did, why) = Read(OtherCheckers.SpinStates(), output, "errors: 0", extra: 1, exit);

        Assert.Null(did);
        Assert.Contains(expected, why, StringComparison.Ordinal);
    }

    private static (OtherCheck? Did, string Why) Read(
        Regex states,
        string output,
        string errors,
        long extra,
        int exit = 0
    ) => OtherCheckers.Result("checker", new Ended(exit, output, ""), states, errors, extra);
}
