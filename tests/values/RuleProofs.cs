using Microsoft.Z3;
using Verified.Proofs.Values;
using Xunit;
using Xunit.Abstractions;

namespace Verified.Tests.Values;

/// <summary>
/// Every simplification of the symbolic values, proved for all words: both sides are given to Z3 as they are written,
/// with fresh variables for words, constants and known bits, and nothing of the simplifier between.
/// </summary>
public sealed class RuleProofs(ITestOutputHelper output) : IDisposable
{
    /// <summary>Resources, not seconds: several times what the hardest rule needs.</summary>
    private const uint Limit = 10_000_000;

    private readonly Context _z3 = new();

    public void Dispose() => _z3.Dispose();

    [Fact]
    public void Every_rule_can_apply_and_is_an_equation()
    {
        var wrong = new List<string>();
        foreach (var rule in Rules.Table.Append(Rules.DisjointSum))
        {
            var (counterexample, cost) = Refute(rule);
            if (cost > Limit / 10) output.WriteLine($"{cost,12:N0}  {rule}");
            if (counterexample is not null) wrong.Add($"{rule}: {counterexample}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void A_wrong_rule_is_refuted()
    {
        var (x, y, c) = (Pattern.Word("x", 0), Pattern.Word("y", 1), Pattern.Constant("c", 3));
        Assert.NotNull(Refute(new((x + y) & c, y & c)).Counterexample);
        Assert.NotNull(Refute(new((x << c) >> c, x)).Counterexample);
        Assert.NotNull(Refute(new(x < c, Pattern.Apply(Op.True), Pattern.Bits(x) <= c)).Counterexample);
        Assert.NotNull(Refute(new(x & c, x, Pattern.Apply(Op.False))).Counterexample);
    }

    [Fact]
    public void Known_bits_are_sound()
    {
        foreach (var (op, bound) in KnownBits.Bounds) Check(op, bound, countIsConstant: false);
        foreach (var (op, bound) in KnownBits.ShiftBounds) Check(op, bound, countIsConstant: true);

        void Check(Op op, Pattern bound, bool countIsConstant)
        {
            var operands = KnownBits.Operands.Select(o => _z3.MkBVConst(o.Name!, 32)).ToArray();
            var bits = KnownBits.Operands.Select(o => _z3.MkBVConst($"bits({o.Name})", 32)).ToArray();
            if (countIsConstant) bits[1] = operands[1];
            var solver = _z3.MkSolver("QF_BV");
            for (var i = 0; i < bits.Length; i++) solver.Assert(Within(operands[i], bits[i]));
            var first = op == Op.Select ? (Expr)_z3.MkBoolConst("p") : operands[0];
            var result = (BitVecExpr)Translation.Apply(_z3, op, first, operands[1], operands[2]);
            solver.Assert(!Within(result, (BitVecExpr)Read(bound, slot => bits[slot], slot => bits[slot])));
            solver.Set("rlimit", Limit);
            Assert.True(solver.Check() == Status.UNSATISFIABLE, $"the bits of {op}: {bound}");
        }
    }

    [Fact]
    public void The_solver_reads_each_operation_as_the_concrete_domain_does()
    {
        uint[] numbers = [0, 1, 2, 3, 7, 31, 32, 33, 0x80, 0xFF, 0x12345678, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF];
        foreach (var op in Enum.GetValues<Op>().Where(op => op is not (Op.Constant or Op.Variable)))
            foreach (var a in numbers)
                foreach (var b in numbers)
                    foreach (var c in op is Op.Quotient or Op.Remainder ? numbers : [5])
                        Compare(op, a, b, c);

        void Compare(Op op, uint a, uint b, uint c)
        {
            var logical = op is Op.Both or Op.Either or Op.Not or Op.Select;
            if (logical) a &= 1;
            if (logical && op != Op.Select) b &= 1;
            // A quotient of more than 32 bits is outside the contract.
            if (op is Op.Quotient && c != 0 && a >= c) return;
            var solved = Translation.Apply(_z3, op, Operand(logical, a), Operand(logical && op != Op.Select, b), _z3.MkBV(c, 32)).Simplify();
            var value = solved is BitVecNum number ? number.UInt : solved.IsTrue ? 1u : solved.IsFalse ? 0u : throw new InvalidOperationException($"{op} of numbers is {solved}");
            Assert.True(value == Meaning.Apply(op, a, b, c), $"{op}({a:X}, {b:X}, {c:X}) is {Meaning.Apply(op, a, b, c):X}, and {value:X} to Z3");
        }

        Expr Operand(bool logical, uint value) => logical ? _z3.MkBool(value != 0) : _z3.MkBV(value, 32);
    }

    /// <summary>Why a rule does not hold, or null; with what the proof cost in Z3's units.</summary>
    private (string? Counterexample, uint Cost) Refute(Rule rule)
    {
        var bits = new Dictionary<int, BitVecExpr>();
        var claim = _z3.MkEq(Read(rule.Left, Variable, Bits), Read(rule.Right, Variable, Bits));
        var condition = rule.When is null ? _z3.MkTrue() : (BoolExpr)Read(rule.When, Variable, Bits);
        foreach (var (slot, mask) in bits) condition &= Within((BitVecExpr)Variable(slot), mask);

        var solver = _z3.MkSolver("QF_BV");
        solver.Set("rlimit", Limit);
        var before = Spent(solver);
        solver.Assert(condition);
        var applies = solver.Check();
        if (applies != Status.SATISFIABLE) return ($"its condition is {applies}", 0);
        foreach (var (variable, value) in Cases(rule, condition))
        {
            solver.Reset();
            solver.Assert((BoolExpr)(condition & !claim).Substitute([variable], [value]).Simplify());
            var differs = solver.Check();
            if (differs == Status.SATISFIABLE) return (solver.Model.ToString().ReplaceLineEndings(" "), 0);
            if (differs == Status.UNKNOWN) return ($"unknown: {solver.ReasonUnknown}", 0);
        }

        return (null, Spent(solver) - before);

        Expr Bits(int slot) => bits.TryGetValue(slot, out var mask) ? mask : bits[slot] = _z3.MkBVConst($"bits{slot}", 32);
    }

    /// <summary>
    /// The proof's cases, each a variable and its value: the two sides of p, and for divisions, which are slow to prove
    /// otherwise, the powers of 2, once the condition is shown to allow no other divisor.
    /// </summary>
    private IEnumerable<(Expr Variable, Expr Value)> Cases(Rule rule, BoolExpr condition)
    {
        if (rule.Left.Op is not (Op.Quotient or Op.Remainder))
            return [(Variable(6), _z3.MkTrue()), (Variable(6), _z3.MkFalse())];

        var divisor = Variable(3);
        var powers = Enumerable.Range(0, 32).Select(bit => _z3.MkBV(1u << bit, 32)).ToArray();
        var others = _z3.MkSolver("QF_BV");
        others.Assert(condition & !_z3.MkOr(powers.Select(power => _z3.MkEq(divisor, power))));
        Assert.Equal(Status.UNSATISFIABLE, others.Check());
        return powers.Select(power => (divisor, (Expr)power));
    }

    /// <summary>A variable of <see cref="Rules"/> by its slot: words and constants first, then conditions.</summary>
    private Expr Variable(int slot) => slot < 6 ? _z3.MkBVConst($"word{slot}", 32) : _z3.MkBoolConst($"condition{slot}");

    /// <summary>What the context's solvers have used, in Z3's units.</summary>
    private static uint Spent(Solver solver) => solver.Statistics["rlimit count"]?.UIntValue ?? 0;

    private BoolExpr Within(BitVecExpr word, BitVecExpr bits) =>
        _z3.MkEq(_z3.MkBVAND(word, _z3.MkBVNot(bits)), _z3.MkBV(0u, 32));

    /// <summary>A pattern in Z3, as it is written; variables and known bits are named by slot.</summary>
    private Expr Read(Pattern pattern, Func<int, Expr> variable, Func<int, Expr> bits)
    {
        return pattern.Place switch
        {
            Place.Term or Place.Constant => variable(pattern.Slot),
            Place.Number => _z3.MkBV(pattern.Value, 32),
            Place.Bits => bits(pattern.Slot),
            _ => Translation.Apply(_z3, pattern.Op, Operand(pattern.A), Operand(pattern.B), Operand(pattern.C)),
        };

        Expr? Operand(Pattern? operand) => operand is null ? null : Read(operand, variable, bits);
    }
}
