using System.Diagnostics;
using Verified.Proofs.Z3;
using Xunit;

namespace Verified.Tests.Z3;

/// <summary>Memory is measured for the whole process, so no other test runs beside it.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    // Left counted, the terms or the models of the second run would hold some 200 MB.
    private const long Most = 60 << 20;

    [Fact]
    public void Contexts_give_their_terms_back()
    {
        Assert.InRange(Growth(MakeContexts, 5, 40), long.MinValue, Most);

        static void MakeContexts(int count)
        {
            for (var n = 0; n < count; n++)
            {
                using var z3 = new Context();
                var x = z3.Word("x", 32);
                for (var i = 0u; i < 25_000; i++)
                    z3.Add(x, z3.Number(i));
            }
        }
    }

    [Fact]
    public void Scopes_solvers_and_models_come_and_go_in_one_context()
    {
        using var z3 = new Context();
        var words = Enumerable.Range(0, 1000).Select(i => z3.Word($"x{i}", 32)).ToList();
        using var solver = z3.Incremental(uint.MaxValue);
        var large = z3.Number(1u << 31);
        Assert.InRange(Growth(Ask, 50, 400), long.MinValue, Most);

        void Ask(int count)
        {
            for (var n = 0; n < count; n++)
            {
                solver.Push();
                using var other = z3.OneShot(uint.MaxValue);
                foreach (var word in words)
                {
                    solver.Assert(z3.Less(large, word));
                    other.Assert(z3.Less(large, word));
                }

                Assert.True(solver.Check());
                Assert.True(other.Check());
                using var model = solver.Model();
                foreach (var word in words)
                    Assert.True(model.ValueOf(word) > 1u << 31);
                solver.Pop();
            }
        }
    }

    /// <summary>The growth of the process's memory in the second run, in bytes.</summary>
    private static long Growth(Action<int> run, int first, int second)
    {
        run(first);
        var before = Settled();
        run(second);
        return Settled() - before;
    }

    private static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
