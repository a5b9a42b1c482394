using Verified.Proofs.Values;
using Verified.Proofs.Z3;
using Xunit;

namespace Verified.Tests.Values;

/// <summary>
/// Proves every simplification of the symbolic values for all words. Z3 gets both sides as written, with fresh
/// variables for words, constants and known bits. The simplifier takes no part.
/// </summary>
public sealed class RuleProofs : IDisposable
{
    /// <summary>A limit in resources, not in seconds: several times the need of the hardest rule.</summary>
    private const uint Limit = 10_000_000;

    private readonly Context _z3 = new();

    public void Dispose() => _z3.Dispose();

    [Fact]
    public void Every_rule_can_apply_and_is_an_equation()
    {
        var wrong = new List<string>();
        foreach (var rule in Rules.Table.Append(Rules.DisjointSum))
        {
            if (Refute(rule) is { } counterexample)
                wrong.Add($"{rule}: {counterexample}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public void A_wrong_rule_is_refuted()
    {
        var (x, y, c) = (Pattern.Word("x", 0), Pattern.Word("y", 1), Pattern.Constant("c", 3));
        Assert.NotNull(Refute(new((x + y) & c, y & c)));
        Assert.NotNull(Refute(new((x << c) >> c, x)));
        Assert.NotNull(Refute(new(x < c, Pattern.Apply(TermOp.True), Pattern.Bits(x) <= c)));
        Assert.NotNull(Refute(new(x & c, x, Pattern.Apply(TermOp.False))));
    }

    [Fact]
    public void Known_bits_are_sound()
    {
        foreach (var (op, bound) in KnownBits.Bounds)
            Check(op, bound, countIsConstant: false);
        foreach (var (op, bound) in KnownBits.ShiftBounds)
            Check(op, bound, countIsConstant: true);

        void Check(TermOp op, Pattern bound, bool countIsConstant)
        {
            var operands = KnownBits.Operands.Select(o => _z3.Word(o.Name!, 32)).ToArray();
            var bits = KnownBits.Operands.Select(o => _z3.Word($"bits({o.Name})", 32)).ToArray();
            if (countIsConstant)
                bits[1] = operands[1];
            using var solver = _z3.OneShot(Limit);
            for (var i = 0; i < bits.Length; i++)
                solver.Assert(Within(operands[i], bits[i]));
            var first = op == TermOp.Select ? _z3.Bool("p") : operands[0];
            var result = SolverTranslation.Apply(_z3, op, first, operands[1], operands[2]);
            solver.Assert(_z3.Not(Within(result, Read(bound, slot => bits[slot], slot => bits[slot]))));
            Assert.True(solver.Check() == false, $"the bits of {op}: {bound}");
        }
    }

    [Fact]
    public void The_solver_reads_each_operation_as_the_concrete_domain_does()
    {
        uint[] numbers =
        [
            0,
            1,
            2,
            3,
            7,
            31,
            32,
            33,
            0x80,
            0xFF,
            0x12345678,
            0x7FFFFFFF,
            0x80000000,
            0xFFFFFFFE,
            0xFFFFFFFF,
        ];
        foreach (var op in Enum.GetValues<TermOp>().Where(op => op is not (TermOp.Constant or TermOp.Variable)))
        foreach (var a in numbers)
        foreach (var b in numbers)
        foreach (var c in op is TermOp.Quotient or TermOp.Remainder ? numbers : [5])
            Compare(op, a, b, c);

        void Compare(TermOp op, uint a, uint b, uint c)
        {
            var logical = op is TermOp.Both or TermOp.Either or TermOp.Not or TermOp.Select;
            if (logical)
                a &= 1;
            if (logical && op != TermOp.Select)
                b &= 1;
            // A quotient of more than 32 bits is outside the contract.
            if (op is TermOp.Quotient && c != 0 && a >= c)
                return;
            var (first, second) = (Operand(logical, a), Operand(logical && op != TermOp.Select, b));
            var solved = _z3.ValueOf(SolverTranslation.Apply(_z3, op, first, second, _z3.Number(c)));
            var meant = OpMeaning.Apply(op, a, b, c);
            Assert.True(solved == meant, $"{op}({a:X}, {b:X}, {c:X}) is {meant:X}, and {solved:X} to Z3");
        }

        Expr Operand(bool logical, uint value) => logical ? _z3.Truth(value != 0) : _z3.Number(value);
    }

    /// <summary>Why a rule does not hold, or null.</summary>
    private string? Refute(Rule rule)
    {
        using var applies = _z3.OneShot(Limit);
        applies.Assert(Condition(rule, Variable));
        if (applies.Check() is not true)
            return "its condition is not shown to be satisfiable";
        foreach (var (split, value) in Cases(rule))
        {
            Expr Instance(int slot) => slot == split ? value : Variable(slot);
            using var solver = _z3.OneShot(Limit);
            solver.Assert(Condition(rule, Instance));
            solver.Assert(_z3.Not(_z3.Equal(Read(rule.Left, Instance, Bits), Read(rule.Right, Instance, Bits))));
            if (solver.Check() is not { } differs)
                return $"unknown: {solver.ReasonUnknown}";
            if (!differs)
                continue;
            using var model = solver.Model();
            return model.ToString().ReplaceLineEndings(" ");
        }

        return null;
    }

    /// <summary>
    /// The condition under which a rule applies: its own condition, and that each word has only its known bits.
    /// </summary>
    private Expr Condition(Rule rule, Func<int, Expr> variable)
    {
        var masked = new HashSet<int>();
        var condition = rule.When is null ? _z3.Truth(true) : Read(rule.When, variable, slot =>
            {
                masked.Add(slot);
                return Bits(slot);
            });
        foreach (var side in (Pattern[])[rule.Left, rule.Right])
            Read(side, variable, slot =>
            {
                masked.Add(slot);
                return Bits(slot);
            });
        foreach (var slot in masked)
            condition = _z3.And(condition, Within(variable(slot), Bits(slot)));
        return condition;
    }

    private Expr Bits(int slot) => _z3.Word($"bits{slot}", 32);

    /// <summary>
    /// The proof's cases, each a variable and its value: the two sides of p. Divisions are slow to prove, so they have
    /// one case for each power of 2. The condition is shown to allow no other divisor.
    /// </summary>
    private IEnumerable<(int Slot, Expr Value)> Cases(Rule rule)
    {
        const int Divisor = 3,
            Side = 6;
        if (rule.Left.Op is not (TermOp.Quotient or TermOp.Remainder))
            return [(Side, _z3.Truth(true)), (Side, _z3.Truth(false))];
        using var others = _z3.OneShot(Limit);
        others.Assert(Condition(rule, Variable));
        var powers = Enumerable.Range(0, 32).Select(bit => _z3.Number(1u << bit)).ToArray();
        foreach (var power in powers)
            others.Assert(_z3.Not(_z3.Equal(Variable(Divisor), power)));
        Assert.False(others.Check());
        return powers.Select(power => (Divisor, power));
    }

    /// <summary>A variable of <see cref="Rules"/> by its slot: words and constants first, then conditions.</summary>
    private Expr Variable(int slot) => slot < 6 ? _z3.Word($"word{slot}", 32) : _z3.Bool($"condition{slot}");

    private Expr Within(Expr word, Expr bits) => _z3.Equal(_z3.BitAnd(word, _z3.BitNot(bits)), _z3.Number(0));

    /// <summary>A pattern in Z3 as written; variables and known bits are named by slot.</summary>
    private Expr Read(Pattern pattern, Func<int, Expr> variable, Func<int, Expr> bits)
    {
        return pattern.Place switch
        {
            Place.Term or Place.Constant => variable(pattern.Slot),
            Place.Number => _z3.Number(pattern.Value),
            Place.Bits => bits(pattern.Slot),
            _ => SolverTranslation.Apply(_z3, pattern.Op, Operand(pattern.A), Operand(pattern.B), Operand(pattern.C)),
        };

        Expr Operand(Pattern? operand) => operand is null ? default : Read(operand, variable, bits);
    }
}
