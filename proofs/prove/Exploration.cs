using Verified.Proofs.Values;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// Runs a text once per path: an undecided condition picks a side that is possible, and the whole text runs again for the
/// other. The sides of every choice together cover it; a side is left out only when the solver showed it impossible.
/// </summary>
public sealed class Exploration(Terms terms, Reasoner reasoner) : IDecider
{
    private sealed record Choice(Bool Condition, bool Taken, bool OtherOpen);

    private sealed class ImpossiblePath : Exception;

    private readonly List<Choice> _choices = [];
    private readonly Dictionary<Bool, bool> _known = [];
    private int _next, _scopes;

    /// <summary>Complete paths so far.</summary>
    public int Paths { get; private set; }

    /// <summary>Explores every path of <paramref name="run"/>.</summary>
    public void Explore(Action run)
    {
        terms.Decider = this;
        try
        {
            do
            {
                _next = 0;
                _known.Clear();
                terms.ResetFresh();
                try
                {
                    run();
                    Paths++;
                }
                catch (ImpossiblePath)
                {
                    // The facts that the path itself brought up contradict its choices: nothing takes it.
                }

                if (_next != _choices.Count) throw new ProverException("a path took fewer choices than when it was first explored");
            }
            while (Backtrack());
        }
        finally
        {
            terms.Decider = null;
        }
    }

    public bool? Known(Bool condition)
    {
        var value = true;
        while (condition is { Op: Op.Not, A: Bool inner }) (condition, value) = (inner, !value);
        return _known.TryGetValue(condition, out var known) ? known == value : null;
    }

    public bool Decide(Bool condition)
    {
        if (Known(condition) is { } known) return known;
        if (_next == _choices.Count) _choices.Add(Choose(condition));
        var choice = _choices[_next++];
        if (!ReferenceEquals(choice.Condition, condition))
            throw new ProverException($"a path is not reproducible: {condition} where it was {choice.Condition}");
        var taken = choice.Taken ? condition : Not(condition);
        if (_next > _scopes)
        {
            reasoner.Push();
            _scopes++;
        }

        Learn(taken);
        return choice.Taken;
    }

    /// <summary>
    /// Builds a fact for every path: without what this path has decided, and without deciding (which throws).
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
        if (fact.Undecided is Bool condition) Learn(condition);
        else if (!fact.Known) throw new ImpossiblePath();
    }

    /// <summary>Whether <paramref name="goal"/> holds on this path, whatever the values; if not, the reasoner holds a model.</summary>
    public bool Shows(Truth goal)
    {
        if (goal.Undecided is not Bool condition) return goal.Known || !reasoner.Satisfiable();
        if (Known(condition) == true) return true;
        if (reasoner.Satisfiable(Not(condition))) return false;
        _known[Positive(condition, out var value)] = value;
        return true;
    }

    /// <summary>Shows <paramref name="goal"/> on this path.</summary>
    /// <exception cref="RefutedException">It does not hold; the reasoner holds the model.</exception>
    public void Require(Truth goal, string what)
    {
        if (!Shows(goal)) throw new RefutedException(what);
    }

    /// <summary>Shows every goal: all at once, and one by one only to name the one that fails.</summary>
    public void RequireAll(IReadOnlyList<(Truth Goal, string What)> goals)
    {
        Truth all = true;
        foreach (var (goal, _) in goals) all &= goal;
        if (Shows(all)) return;
        foreach (var (goal, what) in goals) Require(goal, what);
        throw new ProverException("goals that hold one by one do not hold together");
    }

    /// <summary>The constant that <paramref name="word"/> must be on this path, or the word itself where there are several.</summary>
    public Symbolic Settle(Symbolic word)
    {
        if (Symbolic.TryValue(word, out _)) return word;
        if (!reasoner.Satisfiable()) throw new ImpossiblePath();
        Symbolic value = reasoner.ValueOf(word);
        return Shows(word == value) ? value : word;
    }

    /// <summary>Fails on this path unless nothing takes it.</summary>
    public Exception Refuted(string what)
    {
        if (!reasoner.Satisfiable()) return new ImpossiblePath();
        return new RefutedException(what);
    }

    private Choice Choose(Bool condition)
    {
        // Where it cannot hold it fails, or nothing takes the path at all and every goal on it is idle.
        if (!reasoner.Satisfiable(condition)) return new Choice(condition, false, false);
        return new Choice(condition, true, reasoner.Satisfiable(Not(condition)));
    }

    private void Learn(Bool condition)
    {
        _known[Positive(condition, out var value)] = value;
        reasoner.Assert(new Truth(condition));
    }

    private static Bool Not(Bool condition) => (Bool)condition.Not().Undecided!;

    private static Bool Positive(Bool condition, out bool value)
    {
        value = true;
        while (condition is { Op: Op.Not, A: Bool inner }) (condition, value) = (inner, !value);
        return condition;
    }

    private bool Backtrack()
    {
        while (_choices.Count > 0 && !_choices[^1].OtherOpen) _choices.RemoveAt(_choices.Count - 1);
        for (; _scopes > Math.Max(0, _choices.Count - 1); _scopes--) reasoner.Pop();
        if (_choices.Count == 0) return false;
        _choices[^1] = _choices[^1] with { Taken = !_choices[^1].Taken, OtherOpen = false };
        return true;
    }
}

/// <summary>A goal that does not hold on some path.</summary>
public sealed class RefutedException(string what) : Exception(what);
