using Verified.Proofs.Values;

namespace Verified.Proofs.Paths;

/// <summary>
/// Looks for a model near a known one. While a condition does not hold, it changes one variable so that the condition
/// has another value (<see cref="Inverse"/>), and computes all terms above that variable again.
/// </summary>
/// <remarks>
/// The idea is that of A. Niemetz, M. Preiner, A. Biere: "Precise and Complete Propagation Based Local Search for
/// Satisfiability Modulo Theories" (CAV 2016). A search that ends without a model says nothing, and then the solver
/// gets the question. A model that it finds satisfies every condition, because each has been evaluated.
/// </remarks>
internal sealed class Repair
{
    // A search that has not ended after so many changes seldom ends. Most that end need fewer than ten.
    private const int Changes = 60;

    // A change may break conditions. A search with more broken ones at a time seldom ends.
    private const int MostBroken = 24;

    private readonly Dictionary<int, List<ITerm>> _users = [];
    private readonly HashSet<int> _indexed = [];
    private readonly PriorityQueue<ITerm, int> _stale = new();
    private readonly HashSet<int> _isStale = [];
    private readonly HashSet<Bool> _conditions = [];

    // The broken conditions in the order in which they broke, so that every run makes the same search.
    private readonly List<Bool> _broken = [];

    /// <summary>Values that satisfy all conditions; null if none were found.</summary>
    /// <param name="near">The values to begin with.</param>
    /// <param name="conditions">The conditions.</param>
    /// <param name="last">One more; may be null.</param>
    public Evaluation? Find(Evaluation near, IReadOnlyList<Bool> conditions, Bool? last)
    {
        _conditions.Clear();
        _broken.Clear();
        foreach (var condition in last is null ? conditions : conditions.Append(last))
        {
            Index(condition);
            if (_conditions.Add(condition) && !near.Of(condition))
                _broken.Add(condition);
            if (_broken.Count > MostBroken)
                return null;
        }

        var values = near.Copy();
        var inverse = new Inverse(values);
        for (var change = 0; _broken.Count > 0; change++)
        {
            if (change == Changes || _broken.Count > MostBroken)
                return null;

            // The newest one first. If no change is possible there, another one has its turn.
            var condition = _broken[^1];
            if (inverse.Of(condition, 1) is var (variable, value))
                Change(values, variable, value);
            else
            {
                _broken.RemoveAt(_broken.Count - 1);
                _broken.Insert(0, condition);
            }
        }

        return Fresh(values);
    }

    // Terms outside of the conditions may have old values, so all are computed again from the variables alone.
    private Evaluation Fresh(Evaluation values)
    {
        var model = new Evaluation(variable => values.Has(variable) ? values.Of(variable) : 0);
        return _conditions.All(model.Of)
            ? model
            : throw new ProverException("a model that was found near another one breaks a condition");
    }

    private void Change(Evaluation values, Word variable, uint value)
    {
        values.Put(variable, value);
        Stale(values, variable);
        while (_stale.TryDequeue(out var term, out _))
        {
            _isStale.Remove(term.Id);
            var (old, now) = (values.Of(term), Apply(values, term));
            if (now == old)
                continue;
            values.Put(term, now);
            Stale(values, term);
            if (term is not Bool condition || !_conditions.Contains(condition))
                continue;
            if (now == 0)
                _broken.Add(condition);
            else
                _broken.Remove(condition);
        }
    }

    private static uint Apply(Evaluation values, ITerm term)
    {
        return OpMeaning.Apply(term.Op, At(term.A), At(term.B), At(term.C));

        uint At(ITerm? operand) => operand is null ? 0 : values.Of(operand);
    }

    // Terms that have the term as an operand are computed again, operands first.
    private void Stale(Evaluation values, ITerm term)
    {
        foreach (var user in _users.GetValueOrDefault(term.Id) ?? [])
            if (values.Has(user) && _isStale.Add(user.Id))
                _stale.Enqueue(user, user.Id);
    }

    private void Index(Bool condition)
    {
        if (_indexed.Contains(condition.Id))
            return;
        foreach (var term in Graph.Pending(condition, term => _indexed.Contains(term.Id)))
        {
            _indexed.Add(term.Id);
            Use(term.A, term);
            Use(term.B, term);
            Use(term.C, term);
        }
    }

    private void Use(ITerm? operand, ITerm user)
    {
        if (operand is null)
            return;
        if (!_users.TryGetValue(operand.Id, out var users))
            _users.Add(operand.Id, users = []);
        if (users.Count == 0 || users[^1] != user)
            users.Add(user);
    }
}
