using Verified.Proofs.Certify;
using Verified.Proofs.Values;
using Xunit;

namespace Verified.Tests.Certify;

/// <summary>
/// Each operation of the bit-blaster against the concrete domain: the clauses must determine that result and no other.
/// </summary>
public sealed class WordCircuitsTests
{
    private static readonly TermOp[] Binary =
    [
        TermOp.Add,
        TermOp.Subtract,
        TermOp.Multiply,
        TermOp.MultiplyHigh,
        TermOp.And,
        TermOp.Or,
        TermOp.Xor,
        TermOp.ShiftLeft,
        TermOp.ShiftRight,
        TermOp.ShiftRightSigned,
        TermOp.Equal,
        TermOp.Less,
        TermOp.LessSigned,
    ];

    private static readonly TermOp[] Unary = [TermOp.LowestBit, TermOp.HighestBit, TermOp.EvenParity];

    private static readonly uint[] Numbers =
    [
        0,
        1,
        2,
        3,
        5,
        31,
        32,
        33,
        64,
        0x80,
        0xFF,
        0xFFFF,
        0x12345678,
        0x7FFFFFFF,
        0x80000000,
        0x80000001,
        0xFFFFFFE0,
        0xFFFFFFFF,
    ];

    public static TheoryData<int> Widths => [1, 2, 3, 4, 5];

    [Theory]
    [MemberData(nameof(Widths))]
    public void At_small_widths_every_operation_gives_every_result_of_the_concrete_domain(int width)
    {
        foreach (var op in (TermOp[])[.. Binary, .. Unary, TermOp.Select])
        {
            var gates = new Circuit();
            int[] a = WordCircuits.Input(gates, width, width),
                b = WordCircuits.Input(gates, width, width),
                c = [gates.Input()];
            var result =
                op == TermOp.Select ? BitBlaster.Apply(gates, op, c, a, b) : BitBlaster.Apply(gates, op, a, b, []);
            for (var x = 0u; x < 1u << width; x++)
            for (var y = 0u; y < 1u << width; y++)
            for (var z = 0u; z < (op == TermOp.Select ? 2u : 1u); z++)
            {
                var found = Evaluate(gates, [(a, x), (b, y), (c, z)], result);
                AssertResult(op, Meant(op, x, y, z, width), found, x, y);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void At_small_widths_a_constant_operand_changes_no_result(int width)
    {
        foreach (var op in Binary)
            for (var constant = 0u; constant < 1u << width; constant++)
                foreach (var first in (bool[])[true, false])
                {
                    var gates = new Circuit();
                    int[] number = WordCircuits.Constant(constant, width),
                        other = WordCircuits.Input(gates, width, width);
                    var result = BitBlaster.Apply(gates, op, first ? number : other, first ? other : number, []);
                    for (var x = 0u; x < 1u << width; x++)
                    {
                        var (a, b) = first ? (constant, x) : (x, constant);
                        AssertResult(op, Meant(op, a, b, 0, width), Evaluate(gates, [(other, x)], result), a, b);
                    }
                }
    }

    [Fact]
    public void At_32_bits_the_operations_on_terms_are_those_of_the_concrete_domain()
    {
        using var terms = new Terms();
        Word x = terms.Variable("x"),
            y = terms.Variable("y");
        var random = new Random(1);
        foreach (var op in (TermOp[])[.. Binary, .. Unary])
        {
            var term = Unary.Contains(op) ? terms.MakeTerm(op, x) : terms.MakeTerm(op, x, y);
            var blaster = new BitBlaster();
            int[] a = blaster.Literals(x),
                b = blaster.Literals(y),
                result = blaster.Literals(term);
            for (var i = 0; i < 300; i++)
            {
                var (v, w) = (Number(random), Number(random));
                AssertResult(op, OpMeaning.Apply(op, v, w), Evaluate(blaster.Gates, [(a, v), (b, w)], result), v, w);
            }
        }
    }

    [Fact]
    public void A_division_gives_the_quotient_and_the_remainder_of_the_concrete_domain()
    {
        const int Width = 3;
        var gates = new Circuit();
        int[] high = WordCircuits.Input(gates, Width, Width),
            low = WordCircuits.Input(gates, Width, Width);
        var divisor = WordCircuits.Input(gates, Width, Width);
        var quotient = BitBlaster.Apply(gates, TermOp.Quotient, high, low, divisor);
        var remainder = BitBlaster.Apply(gates, TermOp.Remainder, high, low, divisor);
        for (var a = 0u; a < 8; a++)
        for (var b = 0u; b < 8; b++)
        for (var c = 0u; c < 8; c++)
        {
            (int[], uint)[] inputs = [(high, a), (low, b), (divisor, c)];
            var n = a << Width | b;

            // A quotient that does not fit is cut.
            var q = 7 & OpMeaning.Apply(TermOp.Quotient, 0, n, c);
            var r = c == 0 ? b : OpMeaning.Apply(TermOp.Remainder, 0, n, c);
            AssertResult(TermOp.Quotient, q, Evaluate(gates, inputs, quotient), n, c);
            AssertResult(TermOp.Remainder, r, Evaluate(gates, inputs, remainder), n, c);
        }
    }

    [Fact]
    public void A_narrow_variable_and_each_connective_mean_what_their_terms_mean()
    {
        using var terms = new Terms();
        Word x = terms.Variable("x", 5),
            y = terms.Variable("y", 3);
        var (less, equal) = (terms.Make(TermOp.Less, x, y), terms.Make(TermOp.Equal, x, terms.Constant(3)));
        var all = (ITerm[])
            [
                x,
                terms.Make(TermOp.Both, less, equal),
                terms.Make(TermOp.Either, less, equal),
                terms.Make(TermOp.Not, less),
                terms.MakeWord(TermOp.Select, less, x, y),
                terms.MakeWord(TermOp.Add, terms.MakeWord(TermOp.Select, equal, y, x), terms.Constant(9)),
            ];
        foreach (var term in all)
        {
            var blaster = new BitBlaster();
            int[] result = blaster.Literals(term),
                a = blaster.Literals(x)[..5],
                b = blaster.Literals(y)[..3];
            for (var v = 0u; v < 32; v++)
            for (var w = 0u; w < 8; w++)
            {
                var meant = new Evaluation(variable => variable.Name == "x" ? v : w);
                var expected =
                    term is Word number ? meant.Of(number)
                    : meant.Of((Bool)term) ? 1u
                    : 0u;
                AssertResult(term.Op, expected, Evaluate(blaster.Gates, [(a, v), (b, w)], result), v, w);
            }
        }
    }

    /// <summary>The result in a domain of so many bits, from the concrete domain of 32.</summary>
    private static uint Meant(TermOp op, uint a, uint b, uint c, int width)
    {
        var mask = uint.MaxValue >> (32 - width);
        return mask
            & op switch
            {
                TermOp.MultiplyHigh => OpMeaning.Apply(TermOp.Multiply, a, b) >> width,
                TermOp.ShiftRightSigned => OpMeaning.Apply(op, Extended(a), b),
                TermOp.LessSigned => OpMeaning.Apply(op, Extended(a), Extended(b)),
                TermOp.Select => OpMeaning.Apply(op, c, a, b),
                _ => OpMeaning.Apply(op, a, b),
            };

        uint Extended(uint value) => (value >> (width - 1) & 1) != 0 ? value | ~mask : value;
    }

    /// <summary>The value of a word that the clauses imply for the given inputs. Every clause must then hold.</summary>
    private static uint Evaluate(Circuit gates, ReadOnlySpan<(int[] Word, uint Value)> inputs, int[] result)
    {
        var values = new bool?[gates.Variables + 1];
        foreach (var (word, value) in inputs)
            for (var bit = 0; bit < word.Length; bit++)
                values[word[bit]] = (value >> bit & 1) != 0;

        var clause = new List<int>();
        foreach (var literal in gates.Clauses)
        {
            if (literal != 0)
            {
                clause.Add(literal);
                continue;
            }

            // A gate's clauses come after those of its inputs.
            if (!clause.Exists(other => Value(other) == true))
            {
                var open = clause.FindAll(other => Value(other) is null);
                Assert.True(open.Count == 1, $"{open.Count} literals are left of a clause");
                values[Math.Abs(open[0])] = open[0] > 0;
            }

            clause.Clear();
        }

        foreach (var literal in gates.Clauses)
        {
            if (literal != 0)
                clause.Add(literal);
            else
            {
                Assert.Contains(clause, other => Value(other) == true);
                clause.Clear();
            }
        }

        var number = 0u;
        for (var bit = 0; bit < result.Length; bit++)
            number |= (Value(result[bit]) ?? throw new InvalidOperationException("a bit is open")) ? 1u << bit : 0;
        return number;

        bool? Value(int literal) => literal > 0 ? values[literal] : !values[-literal];
    }

    private static void AssertResult(TermOp op, uint meant, uint found, uint a, uint b) =>
        Assert.True(meant == found, $"{op}({a:X}, {b:X}) is {meant:X}, and {found:X} to the bit-blaster");

    private static uint Number(Random random) =>
        random.Next(2) == 0 ? Numbers[random.Next(Numbers.Length)] : (uint)random.NextInt64(1L << 32);
}
