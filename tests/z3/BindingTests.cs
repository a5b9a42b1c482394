using Microsoft.Z3;
using Xunit;

namespace Verified.Tests.Z3;

/// <summary>What the prover needs of Z3's API, over whichever binding it was built with.</summary>
public sealed class BindingTests
{
    [Fact]
    public void A_model_satisfies_what_was_asserted()
    {
        using var z3 = new Context();
        var (x, y) = (z3.MkBVConst("x", 32), z3.MkBVConst("y", 32));
        foreach (var logic in (string[])["QF_BV", "QF_FD"])
        {
            using var solver = z3.MkSolver(logic);
            solver.Set("random_seed", 1u);
            solver.Assert(z3.MkEq(z3.MkBVMul(x, y), z3.MkBV(391u, 32)), z3.MkBVULT(x, y), z3.MkBVULT(y, z3.MkBV(100u, 32)));
            solver.Assert(z3.MkBVUGT(x, z3.MkBV(1u, 32)));
            Assert.Equal(Status.SATISFIABLE, solver.Check());
            using var model = solver.Model;
            Assert.Equal(17u, ((BitVecNum)model.Eval(x)).UInt);
            Assert.Equal(23u, ((BitVecNum)model.ConstInterp(y)!).UInt);
            solver.Push();
            solver.Assert(z3.MkNot(z3.MkEq(x, z3.MkBV(17u, 32))));
            Assert.Equal(Status.UNSATISFIABLE, solver.Check());
            solver.Pop();
            Assert.Equal(Status.SATISFIABLE, solver.Check());
        }
    }

    [Fact]
    public void A_core_names_the_assumptions_that_refute()
    {
        using var z3 = new Context();
        var (p, q, r) = (z3.MkBoolConst("p"), z3.MkBoolConst("q"), z3.MkBoolConst("r"));
        using var solver = z3.MkSolver("QF_FD");
        solver.Assert(!(p & q));
        Assert.Equal(Status.UNSATISFIABLE, solver.Check(p, q, r));
        Assert.Equal(["p", "q"], solver.UnsatCore.Select(label => label.ToString()).Order());
    }

    [Fact]
    public void A_limit_of_resources_ends_in_unknown_with_its_reason()
    {
        using var z3 = new Context();
        var (x, y) = (z3.MkBVConst("x", 32), z3.MkBVConst("y", 32));
        using var solver = z3.MkSolver("QF_BV");
        solver.Set("rlimit", 100_000u);
        // x * y of two 32-bit factors, for a prime of 61 bits.
        solver.Assert(z3.MkEq(z3.MkBVMul(z3.MkZeroExt(32, x), z3.MkZeroExt(32, y)), z3.MkBV((1ul << 61) - 1, 64)));
        Assert.Equal(Status.UNKNOWN, solver.Check());
        Assert.NotEmpty(solver.ReasonUnknown);
    }

    [Fact]
    public void A_refused_call_throws_with_the_solvers_message()
    {
        using var z3 = new Context();
        var refused = Assert.Throws<Z3Exception>(() => z3.MkBVAdd(z3.MkBVConst("x", 32), z3.MkBVConst("y", 8)));
        Assert.NotEmpty(refused.Message);
        Assert.Equal(32u, z3.MkBVAdd(z3.MkBVConst("x", 32), z3.MkBVConst("y", 32)).SortSize);
    }
}
