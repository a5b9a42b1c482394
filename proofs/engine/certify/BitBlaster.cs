using Verified.Proofs.Paths;
using Verified.Proofs.Values;

namespace Verified.Proofs.Certify;

/// <summary>
/// One formula of gates for several questions. It has a model if and only if one of the questions has a model.
/// </summary>
public sealed class BitBlaster
{
    // The literals of a word, lowest bit first. A condition has one literal.
    private readonly Dictionary<ITerm, int[]> _made = new(ReferenceEqualityComparer.Instance);
    private readonly List<int> _questions = [];

    public Circuit Gates { get; } = new();

    /// <summary>Adds a question: a literal that implies all of its facts and its assumption.</summary>
    public void Add(Question question)
    {
        var all = Gates.Input();
        foreach (var fact in question.Facts)
            Gates.Clause([-all, Literal(fact)]);
        if (question.Assumption is { } assumption)
            Gates.Clause([-all, Literal(assumption)]);
        _questions.Add(all);
    }

    /// <summary>Ends the formula with a clause that says: at least one question holds.</summary>
    public void End() => Gates.Clause([.. _questions]);

    /// <summary>The literal of a condition.</summary>
    public int Literal(Bool condition) => Literals(condition)[0];

    /// <summary>The literals of a word, lowest bit first. A condition has one literal.</summary>
    public int[] Literals(ITerm root)
    {
        foreach (var term in Graph.Pending(root, _made.ContainsKey))
            _made[term] = term switch
            {
                Word { Op: TermOp.Constant } constant => WordCircuits.Constant(constant.Value),
                Word { Op: TermOp.Variable } variable => WordCircuits.Input(Gates, (int)variable.Value),
                _ => Apply(Gates, term.Op, Operand(term.A), Operand(term.B), Operand(term.C)),
            };
        return _made[root];

        int[] Operand(ITerm? term) => term is null ? [] : _made[term];
    }

    /// <summary>One operation on operands of equal width. A condition is a word of one bit.</summary>
    public static int[] Apply(Circuit gates, TermOp op, int[] a, int[] b, int[] c) =>
        op switch
        {
            TermOp.Add => WordCircuits.Add(gates, a, b),
            TermOp.Subtract => WordCircuits.Subtract(gates, a, b),
            TermOp.Multiply => WordCircuits.Multiply(gates, a, b),
            TermOp.MultiplyHigh => WordCircuits.MultiplyHigh(gates, a, b),
            TermOp.Quotient => WordCircuits.Divide(gates, a, b, c).Quotient,
            TermOp.Remainder => WordCircuits.Divide(gates, a, b, c).Remainder,
            TermOp.And => WordCircuits.And(gates, a, b),
            TermOp.Or => WordCircuits.Or(gates, a, b),
            TermOp.Xor => WordCircuits.Xor(gates, a, b),
            TermOp.ShiftLeft => WordCircuits.ShiftLeft(gates, a, b),
            TermOp.ShiftRight => WordCircuits.ShiftRight(gates, a, b),
            TermOp.ShiftRightSigned => WordCircuits.ShiftRightSigned(gates, a, b),
            TermOp.Select => WordCircuits.Select(gates, a[0], b, c),
            TermOp.LowestBit => WordCircuits.LowestBit(gates, a),
            TermOp.HighestBit => WordCircuits.HighestBit(gates, a),
            TermOp.False => [Circuit.False],
            TermOp.True => [Circuit.True],
            TermOp.Equal => [WordCircuits.Equal(gates, a, b)],
            TermOp.Less => [WordCircuits.Less(gates, a, b)],
            TermOp.LessSigned => [WordCircuits.LessSigned(gates, a, b)],
            TermOp.Both => [gates.And(a[0], b[0])],
            TermOp.Either => [gates.Or(a[0], b[0])],
            TermOp.Not => [-a[0]],
            TermOp.EvenParity => [WordCircuits.EvenParity(gates, a)],
            _ => throw new ArgumentOutOfRangeException(nameof(op), op, "a constant or variable is not applied"),
        };
}
