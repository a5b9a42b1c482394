using Microsoft.Z3;
using Xunit;
using Context = Verified.Proofs.Z3.Context;

namespace Verified.Tests.Z3;

/// <summary>Memory is measured for the whole process, so no other test runs beside it.</summary>
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
[Collection(nameof(MemoryTests))]
public sealed class MemoryTests
{
    // If Z3 kept the models of the second run, they would hold 1.5 MB; its terms or solvers would hold more than 30 MB.
    private const long Most = 512 << 10;

    [Fact]
    public void Contexts_give_their_terms_back()
    {
        Assert.InRange(Growth(MakeContexts, 1, 4), long.MinValue, Most);

        static void MakeContexts(int count)
        {
            for (var n = 0; n < count; n++)
            {
                using var z3 = new Context();
                var x = z3.Word("x", 32);
                for (var i = 0u; i < 10_000; i++)
                    z3.Add(x, z3.Number(i));
            }
        }
    }

    [Fact]
    public void Scopes_solvers_and_models_come_and_go_in_one_context()
    {
        using var z3 = new Context();
        using var solver = z3.Incremental(uint.MaxValue);
        var words = Enumerable.Range(0, 1000).Select(i => z3.Word($"x{i}", 32)).ToList();
        var large = z3.Number(1u << 31);
        var facts = words.Select(word => z3.Less(large, word)).ToList();
        Assert.InRange(Growth(Ask, 5, 20), long.MinValue, Most);

        void Ask(int count)
        {
            for (var n = 0; n < count; n++)
            {
                solver.Push();
                using var other = z3.OneShot(uint.MaxValue);
                foreach (var fact in facts)
                {
                    solver.Assert(fact);
                    other.Assert(fact);
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

    /// <summary>The growth of Z3's memory and the managed memory in the second run, in bytes.</summary>
    private static long Growth(Action<int> run, int first, int second)
    {
        run(first);
        var before = Held();
        run(second);
        return Held() - before;
    }

    private static long Held() => (long)Native.Z3_get_estimated_alloc_size() + GC.GetTotalMemory(true);
}
