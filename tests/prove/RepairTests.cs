using FsCheck.Xunit;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Xunit;

namespace Verified.Tests.Prove;

/// <summary>The search for a model near a known one, and the changes that it tries.</summary>
public sealed class RepairTests : IDisposable
{
    private static readonly TermOp[] Inverted =
    [
        TermOp.Add,
        TermOp.Subtract,
        TermOp.Multiply,
        TermOp.And,
        TermOp.Or,
        TermOp.Xor,
        TermOp.ShiftLeft,
        TermOp.ShiftRight,
    ];

    private readonly Terms _terms = new();
    private readonly Repair _repair = new();
    private readonly Symbolic _x,
        _y;

    public RepairTests()
    {
        Terms.Current = _terms;
        (_x, _y) = (_terms.Variable("x"), _terms.Variable("y"));
    }

    public void Dispose() => _terms.Dispose();

    [Fact]
    public void A_near_model_satisfies_every_condition()
    {
        Bool[] conditions =
        [
            _terms.Of(_x < 100),
            _terms.Of((_x & 3) == 1),
            _terms.Of(_y == (_x << 4) + 7),
            _terms.Of(Symbolic.Select(_x > 50, _y, 0) != 0),
        ];
        var found = _repair.Find(new(_ => 0), conditions, _terms.Of(_x > 50));

        Assert.NotNull(found);
        Assert.All(conditions, condition => Assert.True(found.Of(condition)));
        var (x, y) = (found.Of(_x), found.Of(_y));
        Assert.InRange(x, 51u, 99u);
        Assert.Equal(1u, x & 3);
        Assert.Equal((x << 4) + 7, y);
    }

    [Fact]
    public void The_known_model_stays_as_it_is()
    {
        var near = new Evaluation(_ => 5);
        Assert.NotNull(_repair.Find(near, [_terms.Of(_x == 9)], null));
        Assert.Equal(5u, near.Of(_x));
    }

    [Fact]
    public void Terms_outside_of_the_conditions_follow_the_change()
    {
        var (near, outside) = (new Evaluation(_ => 5), _x + 1);
        Assert.Equal(6u, near.Of(outside));
        Assert.Equal(10u, _repair.Find(near, [_terms.Of(_x == 9)], null)!.Of(outside));
    }

    [Fact]
    public void Conditions_without_a_model_have_none_near() =>
        Assert.Null(_repair.Find(new(_ => 0), [_terms.Of(_x + 1 == _y), _terms.Of(_y == 5)], _terms.Of(_x == 5)));

    [Property(MaxTest = 300)]
    public void Every_model_that_is_found_is_one(uint a, uint b, uint c, byte kind)
    {
        var (first, second) = (
            new Symbolic(_terms.MakeWord(Inverted[kind % Inverted.Length], _terms.Of(_x), _terms.Of(_y))),
            new Symbolic(_terms.MakeWord(Inverted[kind / 8 % Inverted.Length], _terms.Of(_y), _terms.Constant(b)))
        );
        Bool[] conditions = [_terms.Of(first == a), _terms.Of((second < c) | (_x == c))];
        if (_repair.Find(new(_ => b), conditions, null) is not { } found)
            return;
        var values = new Evaluation(variable => found.Of(variable));
        Assert.All(conditions, condition => Assert.True(values.Of(condition)));
    }

    /// <summary>A change reaches a value that one change can reach.</summary>
    [Property(MaxTest = 300)]
    public void A_change_has_the_wanted_effect(uint from, uint to, uint other, byte kind)
    {
        var op = Inverted[kind % Inverted.Length];
        if (op is TermOp.ShiftLeft or TermOp.ShiftRight)
            other %= 32;
        var term = _terms.MakeWord(op, _terms.Of(_x), _terms.Constant(other));
        var wanted = OpMeaning.Apply(op, to, other);
        var before = new Evaluation(_ => from);
        if (before.Of(term) == wanted || term.Op is TermOp.Constant)
            return;

        Assert.NotNull(new Inverse(before).Of(term, wanted));
        var (variable, value) = new Inverse(before).Of(term, wanted)!.Value;
        Assert.Equal("x", variable.Name);
        Assert.Equal(wanted, new Evaluation(_ => value).Of(term));
    }
}
