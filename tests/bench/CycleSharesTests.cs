using Verified.Proofs.Bench;
using Xunit;

namespace Verified.Tests.Bench;

/// <summary>The text that tells where cycles went.</summary>
public sealed class CycleSharesTests
{
    [Fact]
    public void The_largest_parts_come_first_with_the_kernels_files()
    {
        var shares = new CycleShares();
        shares.Add(Runner.Program, 299);
        shares.Add(Runner.Kernel, 50, waited: 20, "kernel/code/entry/Exit.cs");
        shares.Add(Runner.Kernel, 400, waited: 80, "kernel/code/mapping/MapPage.cs");
        shares.Add(Runner.Kernel, 150, waited: 0, "kernel/code/mapping/MapStep.cs");
        shares.Add(Runner.Kernel, 10, waited: 0, "kernel/code/ipc/Send.cs");
        shares.Add(Runner.Kernel, 90, waited: 100);
        shares.Add(Runner.Library, 1);
        Assert.Equal(
            "microkernel 70 % (MapPage.cs 40 %, MapStep.cs 15 %, Exit.cs 5 %), programs 30 %; "
                + "of all, 20 % wait for caches and translations",
            shares.ToString()
        );
    }

    [Fact]
    public void Without_source_lines_there_are_no_files()
    {
        var shares = new CycleShares();
        shares.Add(Runner.Kernel, 3);
        shares.Add(Runner.Server, 1);
        Assert.Equal("microkernel 75 %, server 25 %; of all, 0 % wait for caches and translations", shares.ToString());
    }
}
