using Verified.Proofs.Certify;
using Verified.Proofs.Values;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Certify;

/// <summary>
/// Certifies the simplifier's rules for all words. Both sides of a rule are turned into gates as written, and a checked
/// proof shows that they are equal whenever the rule applies.
/// </summary>
public sealed class RuleCertificates
{
    // Nearly all take less than a second; the machine that runs the tests may be busy.
    private const int Seconds = 300;

    // Slots of the variables in Rules: c, and p.
    private const int Divisor = 3,
        Side = 6;

    /// <summary>
    /// Multiplication of variables is distributive and associative. This is hard for a SAT solver, so only Z3 shows it.
    /// </summary>
    private static readonly string[] ByZ3Alone =
    [
        "((x * c) * d) -> (x * (c * d))",
        "((x + c) * d) -> ((x * d) + (c * d))",
    ];

    [FactWith(Tool.Cadical)]
    public void Every_rule_but_two_about_products_is_certified()
    {
        var (left, wrong) = (ByZ3Alone.ToHashSet(), new List<string>());
        foreach (var rule in Rules.Table.Append(Rules.DisjointSum))
            if (!left.Remove($"{rule}") && Failure(rule) is { } failure)
                wrong.Add($"{rule}: {failure}");
        Assert.Empty(wrong);
        Assert.Empty(left);
    }

    [FactWith(Tool.Cadical)]
    public void A_wrong_rule_is_not_certified()
    {
        var (x, y, c) = (Pattern.Word("x", 0), Pattern.Word("y", 1), Pattern.Constant("c", 3));
        Assert.NotNull(Failure(new((x + y) & c, y & c)));
        Assert.NotNull(Failure(new((x << c) >> c, x)));
        Assert.NotNull(Failure(new(x < c, Pattern.Apply(TermOp.True), Pattern.Bits(x) <= c)));
    }

    /// <summary>Why a rule is not certified, or null.</summary>
    private static string? Failure(Rule rule) =>
        Cases(rule).Select(given => Refuted(rule, given)).FirstOrDefault(failure => failure is not null);

    /// <summary>
    /// The proof's cases, each a variable and its value: the two sides of a condition. A rule with a division, or with
    /// a product with a power of 2, has one case for each power of 2. A separate proof shows that the rule applies to
    /// no other number.
    /// </summary>
    private static List<(int Slot, int[] Value)?> Cases(Rule rule)
    {
        if (Mentions(rule.Left, Side))
            return [(Side, [Circuit.True]), (Side, [Circuit.False])];
        if (
            rule.Left.Op is not (TermOp.Quotient or TermOp.Remainder or TermOp.Multiply or TermOp.MultiplyHigh)
            || rule.When is null
        )
            return [null];
        var powers = Enumerable.Range(0, 32).Select(bit => WordCircuits.Constant(1u << bit)).ToList();
        var others = new Formula(null);
        others.Require(others.Condition(rule));
        foreach (var power in powers)
            others.Require(-others.Equal(others.Variable(Divisor, false), power));
        Assert.Null(others.Failure());
        return powers.ConvertAll(power => ((int, int[])?)(Divisor, power));
    }

    private static bool Mentions(Pattern? pattern, int slot) =>
        pattern is not null
        && (
            (pattern.Place == Place.Term && pattern.Slot == slot)
            || Mentions(pattern.A, slot)
            || Mentions(pattern.B, slot)
            || Mentions(pattern.C, slot)
        );

    private static string? Refuted(Rule rule, (int Slot, int[] Value)? given)
    {
        var formula = new Formula(given);
        formula.Require(-formula.Equal(formula.Read(rule.Left), formula.Read(rule.Right)));
        formula.Require(formula.Condition(rule));
        return formula.Failure();
    }

    /// <summary>Clauses about a rule's variables. One variable may have a given value.</summary>
    private sealed class Formula((int Slot, int[] Value)? given)
    {
        private readonly Circuit _gates = new();
        private readonly Dictionary<int, int[]> _variables = [],
            _bits = [];

        public void Require(int literal) => _gates.Clause([literal]);

        public int Equal(int[] a, int[] b) => WordCircuits.Equal(_gates, a, b);

        public int[] Variable(int slot, bool isCondition)
        {
            if (_variables.TryGetValue(slot, out var made))
                return made;
            return _variables[slot] =
                given is { } variable && variable.Slot == slot ? variable.Value
                : isCondition ? [_gates.Input()]
                : WordCircuits.Input(_gates, 32);
        }

        /// <summary>
        /// The condition under which the rule applies: its own condition, and that each word has only its known bits.
        /// </summary>
        public int Condition(Rule rule)
        {
            var applies = rule.When is null ? Circuit.True : Read(rule.When)[0];
            foreach (var (slot, mask) in _bits)
            {
                var beyond = WordCircuits.And(_gates, Variable(slot, false), WordCircuits.Not(mask));
                applies = _gates.And(applies, Equal(beyond, WordCircuits.Constant(0)));
            }

            return applies;
        }

        public int[] Read(Pattern pattern)
        {
            return pattern.Place switch
            {
                Place.Term or Place.Constant => Variable(pattern.Slot, pattern.IsCondition),
                Place.Number => WordCircuits.Constant(pattern.Value),
                Place.Bits => _bits.TryGetValue(pattern.Slot, out var made)
                    ? made
                    : _bits[pattern.Slot] = WordCircuits.Input(_gates, 32),
                _ => BitBlaster.Apply(_gates, pattern.Op, Operand(pattern.A), Operand(pattern.B), Operand(pattern.C)),
            };

            int[] Operand(Pattern? operand) => operand is null ? [] : Read(operand);
        }

        public string? Failure()
        {
            var (proof, failure) = SatSolver.Prove(_gates, Seconds);
            return failure ?? ProofChecker.Check(_gates.Variables, _gates.Clauses, proof);
        }
    }
}
