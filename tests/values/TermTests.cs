using FsCheck;
using FsCheck.Xunit;
using Verified.Proofs.Values;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Values;

/// <summary>Terms against the concrete domain, and the shapes that the proofs of table accesses count on.</summary>
public sealed class TermTests : IDisposable
{
    private readonly Terms _terms = new();

    public void Dispose() => _terms.Dispose();

    [Property(MaxTest = 3000)]
    public void Any_expression_means_what_it_means_concretely(DoNotSize<int> seed) => Agrees(new Random(seed.Item));

    [Theory]
    [InlineData(0u)]
    [InlineData(0xC0100000u)]
    [InlineData(0xC0100080u)]
    public void An_address_of_a_row_gives_back_the_row(uint table)
    {
        Symbolic row = _terms.Variable("row", 10);
        var address = table + (row << 7);
        Assert.Equal(row, (address - table) >> 7);
        Assert.Equal(row, (address + 128 - 76 + 76 - 128 - table) >> 7);
        Assert.Equal(row, ((address + 44) - table) >> 7);
        Assert.Equal<Symbolic>(44, (address + 44 - table) & 127);
        Assert.Equal(row << 7, (address + 44 - table) & ~(Symbolic)127);
        Assert.Equal<Symbolic>(44, (address + 44) - address);
    }

    [Fact]
    public void An_address_over_an_unknown_base_splits_too()
    {
        Symbolic @base = _terms.Variable("base"),
            row = _terms.Variable("row", 10);
        Assert.Equal(row, (@base + (row << 7) - @base) >> 7);
        Assert.Equal(row, (@base + 128 + (row << 7) - 76 - @base - 52) >> 7);
    }

    [Fact]
    public void A_word_cut_into_bytes_and_put_together_is_the_word()
    {
        Symbolic word = _terms.Variable("word");
        var (b0, b1, b2, b3) = (word & 0xFF, (word >> 8) & 0xFF, (word >> 16) & 0xFF, word >> 24);
        Assert.Equal(word, b0 | (b1 << 8) | (b2 << 16) | (b3 << 24));
        Symbolic other = _terms.Variable("other");
        Assert.Equal(other & 0xFF, ((word & 0xFFFFFF00) | (other & 0xFF)) & 0xFF);
    }

    [Fact]
    public void A_flag_that_was_packed_is_the_condition_again()
    {
        Symbolic a = _terms.Variable("a"),
            b = _terms.Variable("b");
        var flags = Symbolic.Select(a < b, 1, 0) | Symbolic.Select(a == b, 0x40, 0) | 0x200;
        Assert.Equal(a < b, (flags & 1) != 0);
        Assert.Equal(a == b, (flags & 0x40) == 0x40);
        Assert.Equal(!(a == b), (flags & 0x40) == 0);
        Assert.Equal<Symbolic>(0x200, flags & 0x200);
    }

    [Fact]
    public void A_decision_outside_an_exploration_says_so()
    {
        Symbolic a = _terms.Variable("a");
        var message = Assert.Throws<InvalidOperationException>(() => a == 3 ? 1 : 2).Message;
        Assert.Contains("a == 3", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_conjunction_decides_each_side_once()
    {
        Symbolic a = _terms.Variable("a"),
            b = _terms.Variable("b");
        var decider = new Recorder();
        _terms.Decider = decider;
        Assert.True(a < 5 && b < 5 ? true : false);
        Assert.Equal([_terms.Of(a < 5), _terms.Of(b < 5)], decider.Asked);
    }

    [Fact]
    public void Fresh_variables_come_again_in_a_re_run()
    {
        Terms.Current = _terms;
        Symbolic first = Symbolic.Arbitrary(0),
            second = Symbolic.Arbitrary(0);
        Assert.NotEqual(first, second);
        _terms.ResetFresh();
        Assert.Equal(first, Symbolic.Arbitrary(0));
    }

    [Fact]
    public void Deep_terms_translate_evaluate_and_print()
    {
        Symbolic a = _terms.Variable("a"),
            b = _terms.Variable("b"),
            deep = a;
        for (var i = 0u; i < 20_000; i++)
            deep = (deep * b) ^ (a + i);
        Assert.NotEqual(default, _terms.Translate(deep));
        var value = new Evaluation(variable => variable.Name == "a" ? 1u : 0u).Of(deep);
        Assert.Equal(20_000u, value);
        Assert.InRange(deep.ToString().Length, 100, 2000);
    }

    /// <summary>One random expression, built in both readings at once.</summary>
    private void Agrees(Random random)
    {
        uint[] values = [.. Enumerable.Range(0, 4).Select(_ => Number(random))];
        int[] widths = [32, 32, 10, 5];
        var words = new List<(Symbolic Term, Concrete Value)>();
        for (var i = 0; i < 4; i++)
            words.Add((_terms.Variable($"v{i}", widths[i]), values[i] & (uint.MaxValue >> (32 - widths[i]))));
        var truths = new List<(Truth Term, Truth Value)> { (true, true) };
        for (var step = 0; step < 30; step++)
        {
            var (a, b, t, u) = (Word(), Word(), Truth(), Truth());
            words.Add(
                random.Next(20) switch
                {
                    0 or 1 or 2 => (a.Term + b.Term, a.Value + b.Value),
                    3 or 4 => (a.Term - b.Term, a.Value - b.Value),
                    5 => (a.Term * b.Term, a.Value * b.Value),
                    6 or 7 => (a.Term & b.Term, a.Value & b.Value),
                    8 => (a.Term | b.Term, a.Value | b.Value),
                    9 => (a.Term ^ b.Term, a.Value ^ b.Value),
                    10 => (~a.Term, ~a.Value),
                    11 or 12 => (a.Term << b.Term, a.Value << b.Value),
                    13 or 14 => (a.Term >> b.Term, a.Value >> b.Value),
                    15 => (Symbolic.ShiftRightSigned(a.Term, b.Term), Concrete.ShiftRightSigned(a.Value, b.Value)),
                    16 => (Symbolic.MultiplyHigh(a.Term, b.Term), Concrete.MultiplyHigh(a.Value, b.Value)),
                    17 => (Symbolic.LowestBit(a.Term), Concrete.LowestBit(a.Value)),
                    18 => (Symbolic.HighestBit(a.Term), Concrete.HighestBit(a.Value)),
                    _ => (Symbolic.Select(t.Term, a.Term, b.Term), Concrete.Select(t.Value, a.Value, b.Value)),
                }
            );
            truths.Add(
                random.Next(7) switch
                {
                    0 or 1 => (a.Term == b.Term, a.Value == b.Value),
                    2 => (a.Term < b.Term, a.Value < b.Value),
                    3 => (Symbolic.LessSigned(a.Term, b.Term), Concrete.LessSigned(a.Value, b.Value)),
                    4 => (t.Term & u.Term, t.Value & u.Value),
                    5 => (t.Term | !u.Term, t.Value | !u.Value),
                    _ => (Symbolic.EvenParity(a.Term), Concrete.EvenParity(a.Value)),
                }
            );
        }

        var evaluation = new Evaluation(variable => values[variable.Name![1] - '0']);
        foreach (var (term, value) in words)
        {
            Assert.True(evaluation.Of(term) == value.Value, $"{term} should be {value}");
            Assert.True((value.Value & ~term.Bits) == 0, $"{term} has bits outside {term.Bits:X}h: {value}");
        }

        foreach (var (term, value) in truths)
            Assert.True(evaluation.Of(term) == value.Known, $"{term} should be {value}");
        return;

        // Constants are frequent, and often small: most rules are about them.
        (Symbolic Term, Concrete Value) Word()
        {
            if (random.Next(2) == 0)
                return words[^(1 + random.Next(Math.Min(8, words.Count)))];
            if (random.Next(3) == 0)
                return words[random.Next(words.Count)];
            var number = Number(random);
            return (number, number);
        }

        (Truth Term, Truth Value) Truth() => truths[random.Next(truths.Count)];
    }

    private static uint Number(Random random) =>
        random.Next(4) switch
        {
            0 => (uint)random.Next(0, 34),
            1 => 1u << random.Next(32),
            2 => uint.MaxValue << random.Next(32),
            _ => (uint)random.NextInt64(1L << 32),
        };

    /// <summary>Takes the true side of every decision, and records the questions.</summary>
    private sealed class Recorder : IDecider
    {
        public List<Bool> Asked { get; } = [];

        public bool Decide(Bool condition)
        {
            if (!Asked.Contains(condition))
                Asked.Add(condition);
            return true;
        }

        public bool? Known(Bool condition) => Asked.Contains(condition) ? true : null;
    }
}
