using Verified.Proofs.Values;
using Verified.Spec.Values;

namespace Verified.Proofs.Paths;

/// <summary>
/// Runs a text once per path: an undecided condition picks a side that is possible, and the whole text runs again for
/// the other. The sides of every choice together cover it; a side is left out only when the solver showed it
/// impossible.
/// </summary>
public sealed partial class Exploration(Terms terms, Reasoner reasoner) : IDecider
{
    /// <summary>
    /// A condition that the path asked about, in order. It is either decided (with a scope of its own) or only shown.
    /// A later run of the path asks the same questions, and the solver need not answer again.
    /// </summary>
    /// <param name="About">The condition, or the word that was identified.</param>
    /// <param name="Value">1 or 0; the number of the candidate.</param>
    /// <param name="OtherOpen">True if the other side is possible and not yet explored.</param>
    /// <param name="Decided">True if the path continues under the condition.</param>
    private sealed record Answer(ITerm About, int Value, bool OtherOpen, bool Decided);

    private readonly List<Answer> _answers = [];
    private readonly Dictionary<Bool, bool> _known = [];
    private int _next,
        _decided,
        _scopes;
    private bool _isTaken;

    /// <summary>Complete paths so far, each taken by something.</summary>
    public int Paths { get; private set; }

    /// <summary>Explores every path of <paramref name="run"/>.</summary>
    public void Explore(Action run)
    {
        terms.Decider = this;
        try
        {
            do
            {
                (_next, _decided, _isTaken) = (0, 0, false);
                reasoner.Path = Paths + 1;
                _known.Clear();
                terms.ResetFresh();
                try
                {
                    run();
                    if (!_isTaken)
                        throw new ProverException("a path came to its end, and nothing was shown to take it");
                    Paths++;
                }
                catch (ImpossiblePath)
                {
                    // No state takes the path, because facts of the path contradict its choices.
                }

                if (_next != _answers.Count)
                    throw new ProverException("a path asked less than when it was first explored");
            } while (Backtrack());
        }
        finally
        {
            terms.Decider = null;
        }
    }

    public bool? Known(Bool condition)
    {
        var value = true;
        while (condition is { Op: TermOp.Not, A: Bool inner })
            (condition, value) = (inner, !value);
        return _known.TryGetValue(condition, out var known) ? known == value : null;
    }

    public bool Decide(Bool condition)
    {
        if (Known(condition) is { } known)
            return known;
        var answer = Next(condition, Choose);
        if (++_decided > _scopes)
        {
            reasoner.Push();
            _scopes++;
        }

        Learn(answer.Value == 1 ? condition : Not(condition));
        return answer.Value == 1;
    }

    /// <summary>
    /// Builds a fact for every path. It does not use this path's decisions, and it throws if it must decide.
    /// </summary>
    public T Timeless<T>(Func<T> build)
    {
        terms.Decider = null;
        try
        {
            return build();
        }
        finally
        {
            terms.Decider = this;
        }
    }

    /// <summary>Adds a fact of this path.</summary>
    public void Assume(Truth fact)
    {
        if (fact.Undecided is null && !fact.Known)
            throw new ImpossiblePath();
        reasoner.Assert(fact);
    }

    /// <summary>
    /// Comes at the end of the text, before the goals. It shows that some state takes the path, so nothing is proved
    /// from a contradiction. If no state takes the path, the path ends here and does not count.
    /// </summary>
    public void IsTaken()
    {
        reasoner.Purpose = "something takes the path";
        if (!reasoner.Satisfiable())
            throw new ImpossiblePath();
        _isTaken = true;
    }

    /// <summary>
    /// Builds terms as if a condition were known. If known facts contradict the condition, nothing is built.
    /// </summary>
    public void Supposing(Truth condition, Action build)
    {
        var known = new Dictionary<Bool, bool>(_known);
        try
        {
            if (Suppose(condition))
                build();
        }
        finally
        {
            // In any case, the supposed condition is no longer known.
            _known.Clear();
            foreach (var (fact, value) in known)
                _known.Add(fact, value);
        }
    }

    private bool Suppose(Truth condition)
    {
        if (condition.Undecided is not Bool undecided)
            return condition.Known;
        if (undecided is { Op: TermOp.Both, A: Bool a, B: Bool b })
            return Suppose(a.Truth) && Suppose(b.Truth);
        if (Known(undecided) == false)
            return false;
        _known[Positive(undecided, out var value)] = value;
        return true;
    }

    /// <summary>
    /// A candidate that equals <paramref name="word"/> on this path, or the word itself. The machine's finding and the
    /// spec's choice become one term, so all terms built from them agree without a question.
    /// </summary>
    /// <param name="word">The word to name.</param>
    /// <param name="condition">The condition under which the name matters.</param>
    /// <param name="candidates">Names to try. Only names that agree in a model are asked about.</param>
    public Symbolic Identify(Symbolic word, Truth condition, IReadOnlyList<Symbolic> candidates)
    {
        if (word.Term is not { } term)
            return word;
        Truth Same(Symbolic candidate) => !condition | word == candidate;
        var answer = Next(term, _ => new Answer(term, Find(), false, false));
        if (answer.Value < 0)
            return word;
        Assume(Same(candidates[answer.Value]));
        return candidates[answer.Value];

        int Find()
        {
            reasoner.Purpose = "two words are the same";
            if (!reasoner.Satisfiable(condition.Undecided as Bool))
                return -1;
            var value = reasoner.ValueOf(word);
            var agreeing = candidates
                .Select((candidate, i) => (candidate, i))
                .Where(c => reasoner.ValueOf(c.candidate) == value)
                .ToList();
            foreach (var (candidate, i) in agreeing)
                if ((!Same(candidate)).Undecided is not Bool differs || !reasoner.Satisfiable(differs))
                    return i;
            return -1;
        }
    }

    /// <summary>
    /// The candidate that <paramref name="word"/> must be on this path, or the word itself if it may have another
    /// value.
    /// </summary>
    public Symbolic Settle(Symbolic word, params ReadOnlySpan<uint> candidates)
    {
        if (Symbolic.TryValue(word, out _))
            return word;
        foreach (var value in candidates)
            if (Shows(word == value))
                return value;
        return word;
    }

    private Answer Next<T>(T about, Func<T, Answer> ask)
        where T : ITerm
    {
        if (_next == _answers.Count)
            _answers.Add(ask(about));
        var answer = _answers[_next++];
        return ReferenceEquals(answer.About, about)
            ? answer
            : throw new ProverException($"a path is not reproducible: it asks {about}, and before {answer.About}");
    }

    private Answer Choose(Bool condition)
    {
        reasoner.Purpose = "a choice of the path";

        // If the condition cannot hold, the path takes the other side. If no state takes the path at all, no goal on it
        // matters.
        if (!reasoner.Satisfiable(condition))
            return new Answer(condition, 0, false, true);
        return new Answer(condition, 1, reasoner.Satisfiable(Not(condition)), true);
    }

    private void Learn(Bool condition)
    {
        _known[Positive(condition, out var value)] = value;
        reasoner.Tell(condition);
    }

    private static Bool Not(Bool condition) => (Bool)condition.Not().Undecided!;

    private static Bool Positive(Bool condition, out bool value)
    {
        value = true;
        while (condition is { Op: TermOp.Not, A: Bool inner })
            (condition, value) = (inner, !value);
        return condition;
    }

    private bool Backtrack()
    {
        while (_answers.Count > 0 && !_answers[^1].OtherOpen)
            _answers.RemoveAt(_answers.Count - 1);
        var kept = Math.Max(0, _answers.Count(answer => answer.Decided) - 1);
        for (; _scopes > kept; _scopes--)
            reasoner.Pop();
        if (_answers.Count == 0)
            return false;
        _answers[^1] = _answers[^1] with { Value = 1 - _answers[^1].Value, OtherOpen = false };
        return true;
    }
}
