using Verified.Proofs.Bench;
using Verified.Proofs.Unix;
using Xunit;

namespace Verified.Tests.Bench;

/// <summary>The rows of shell scripts.</summary>
public class MacroTests
{
    // Cycles of one script and of four at a time.
    private static UnixRun Run(double one, double four)
    {
        var shares = new CycleShares();
        shares.Add(Runner.Program, 3);
        shares.Add(Runner.Server, 1);
        Dictionary<string, double> cycles = new() { ["script, 1 at a time"] = one, ["script, 4 at a time"] = four };
        return new(cycles, cycles.Keys.ToDictionary(name => name, _ => shares), []);
    }

    [Fact]
    public void A_row_compares_our_ratio_with_the_papers_and_says_where_the_cycles_go()
    {
        var rows = Macro
            .Results(
                new Dictionary<UnixWay, UnixRun>
                {
                    [UnixWay.Native] = Run(133_000, 266_000),
                    [UnixWay.Library] = Run(266_000, 266_000),
                    [UnixWay.Trap] = Run(399_000, 266_000),
                }
            )
            .Select(row => row.Row())
            .ToList();
        Assert.Equal(
            [
                "native; library 2.00 (2.00 times), trap 3.00 (3.00 times); paper: library (1.06 times); "
                    + "by library, programs 75 %, server 25 %; of all, 0 % wait for caches and translations",
                "native; library 2.00 (1.00 times), trap 2.00 (1.00 times); paper: library (1.08 times)",
            ],
            rows.Select(row => row.Note)
        );
        Assert.Equal([1, 2], rows.Select(row => row.Value));
    }
}
