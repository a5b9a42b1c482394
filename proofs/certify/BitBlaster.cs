using Verified.Proofs.Prove;
using Verified.Proofs.Values;

namespace Verified.Proofs.Certify;

/// <summary>Questions as one formula of gates, which has a model if and only if one of the questions has.</summary>
public sealed class BitBlaster
{
    private readonly Dictionary<ITerm, int[]> _words = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<ITerm, int> _conditions = new(ReferenceEqualityComparer.Instance);
    private readonly List<int> _questions = [];

    public Circuit Gates { get; } = new();

    /// <summary>Adds a question: a literal that implies all of its facts and its assumption.</summary>
    public void Add(Question question)
    {
        var all = Gates.Input();
        foreach (var fact in question.Facts) Gates.Clause([-all, Literal(fact)]);
        if (question.Assumption is { } assumption) Gates.Clause([-all, Literal(assumption)]);
        _questions.Add(all);
    }

    /// <summary>Ends the formula: one of the questions is asked.</summary>
    public void End() => Gates.Clause([.. _questions]);

    /// <summary>The literal of a condition.</summary>
    public int Literal(Bool condition)
    {
        Translate(condition);
        return _conditions[condition];
    }

    /// <summary>The literals of a word, the lowest bit first.</summary>
    public IReadOnlyList<int> Literals(Word word)
    {
        Translate(word);
        return _words[word];
    }

    private void Translate(ITerm root)
    {
        foreach (var term in Graph.Pending(root, term => _words.ContainsKey(term) || _conditions.ContainsKey(term)))
            if (term is Word word) _words[term] = Of(word);
            else _conditions[term] = Of((Bool)term);
    }

    private int[] Of(Word word) => word.Op switch
    {
        Op.Constant => Words.Constant(word.Value),
        Op.Variable => Words.Input(Gates, (int)word.Value),
        Op.Add => Words.Add(Gates, A(word), B(word)),
        Op.Subtract => Words.Subtract(Gates, A(word), B(word)),
        Op.Multiply => Words.Multiply(Gates, A(word), B(word)),
        Op.MultiplyHigh => Words.MultiplyHigh(Gates, A(word), B(word)),
        Op.And => Words.And(Gates, A(word), B(word)),
        Op.Or => Words.Or(Gates, A(word), B(word)),
        Op.Xor => Words.Xor(Gates, A(word), B(word)),
        Op.ShiftLeft => Words.ShiftLeft(Gates, A(word), B(word)),
        Op.ShiftRight => Words.ShiftRight(Gates, A(word), B(word)),
        Op.ShiftRightSigned => Words.ShiftRightSigned(Gates, A(word), B(word)),
        Op.Select => Words.Select(Gates, _conditions[word.A!], B(word), _words[word.C!]),
        Op.LowestBit => Words.LowestBit(Gates, A(word)),
        Op.HighestBit => Words.HighestBit(Gates, A(word)),
        _ => throw new ProverException($"the bit-blaster has no {word.Op}"),
    };

    private int Of(Bool condition) => condition.Op switch
    {
        Op.True => Circuit.True,
        Op.False => Circuit.False,
        Op.Equal when condition.A is Bool => -Gates.Xor(_conditions[condition.A], _conditions[condition.B!]),
        Op.Equal => Words.Equal(Gates, A(condition), B(condition)),
        Op.Less => Words.Less(Gates, A(condition), B(condition)),
        Op.LessSigned => Words.LessSigned(Gates, A(condition), B(condition)),
        Op.Both => Gates.And(_conditions[condition.A!], _conditions[condition.B!]),
        Op.Either => Gates.Or(_conditions[condition.A!], _conditions[condition.B!]),
        Op.Not => -_conditions[condition.A!],
        Op.EvenParity => Words.EvenParity(Gates, A(condition)),
        _ => throw new ProverException($"the bit-blaster has no {condition.Op}"),
    };

    private int[] A(ITerm term) => _words[term.A!];

    private int[] B(ITerm term) => _words[term.B!];
}
