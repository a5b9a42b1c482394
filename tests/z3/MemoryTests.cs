using System.Diagnostics;
using Microsoft.Z3;
using Xunit;

namespace Verified.Tests.Z3;

/// <summary>Memory is the process's: measured with no other test beside.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    [Fact]
    public void Millions_of_terms_come_and_go_in_flat_memory()
    {
        using var z3 = new Context();
        // Long enough for memory to reach its level: collections are some 260,000 terms apart.
        MakeTerms(z3, 0, 600_000);
        var before = Settled();
        MakeTerms(z3, 600_000, 2_000_000);
        var grown = Settled() - before;
        // Left counted, they would hold some 200 MB more.
        Assert.True(grown < 60 << 20, $"{grown >> 20} MB more after 2,000,000 terms");

        static void MakeTerms(Context z3, uint from, uint count)
        {
            var x = z3.MkBVConst("x", 32);
            for (var i = from; i < from + count; i += 2) _ = z3.MkBVAdd(x, z3.MkBV(i, 32));
        }

        static long Settled()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            using var process = Process.GetCurrentProcess();
            return process.WorkingSet64;
        }
    }
}
