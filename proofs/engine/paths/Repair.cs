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

    // Of so many possible changes, the search makes the one after which the fewest conditions are broken.
    private const int Candidates = 3;

    // A variable that was changed is not changed again during so many changes, if another one can be changed. So the
    // search does not go to and fro between two values.
    private const int Rest = 3;

    // How often the search asks for a change before it does with the candidates that it has.
    private const int Attempts = 5;

    private readonly Dictionary<int, List<ITerm>> _users = [];
    private readonly HashSet<int> _indexed = [];
    private readonly PriorityQueue<ITerm, int> _stale = new();
    private readonly HashSet<int> _isStale = [];
    private readonly HashSet<Bool> _conditions = [];

    // The broken conditions in the order in which they broke, so that every run makes the same search.
    private readonly List<Bool> _broken = [];

    // The present values; and the last change of each variable, by its number.
    private readonly Evaluation _values = new(_ => 0);
    private readonly Dictionary<int, int> _lastChange = [];

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

        _values.CopyFrom(near);
        _lastChange.Clear();
        var inverse = new Inverse(_values);
        for (var change = 0; _broken.Count > 0; change++)
        {
            if (change == Changes || _broken.Count > MostBroken)
                return null;
            var condition = _broken[inverse.Below(_broken.Count)];
            if (Best(inverse, condition, change) is var (variable, value))
            {
                _lastChange[variable.Id] = change;
                Change(variable, value);
            }
        }

        return Fresh();
    }

    /// <summary>
    /// The change that may make a condition true and after which the fewest conditions are broken; null if none was
    /// found.
    /// </summary>
    private (Word Variable, uint Value)? Best(Inverse inverse, Bool condition, int change)
    {
        (Word, uint)? best = null;
        var (fewest, candidates) = (int.MaxValue, 0);
        for (var attempt = 0; attempt < Attempts && candidates < Candidates; attempt++)
        {
            if (inverse.Of(condition, 1) is not var (variable, value))
                continue;
            if (change - _lastChange.GetValueOrDefault(variable.Id, -Rest) < Rest)
            {
                best ??= (variable, value);
                continue;
            }

            candidates++;
            var old = _values.Of(variable);
            Change(variable, value);
            if (_broken.Count < fewest)
                (best, fewest) = ((variable, value), _broken.Count);
            Change(variable, old);
        }

        return best;
    }

    // Terms outside of the conditions may have old values, so all are computed again from the variables alone.
    private Evaluation Fresh()
    {
        var model = new Evaluation(variable => _values.Has(variable) ? _values.Of(variable) : 0);
        return _conditions.All(model.Of)
            ? model
            : throw new ProverException("a model that was found near another one breaks a condition");
    }

    private void Change(Word variable, uint value)
    {
        _values.Put(variable, value);
        Stale(variable);
        while (_stale.TryDequeue(out var term, out _))
        {
            _isStale.Remove(term.Id);
            var (old, now) = (_values.Of(term), Apply(term));
            if (now == old)
                continue;
            _values.Put(term, now);
            Stale(term);
            if (term is not Bool condition || !_conditions.Contains(condition))
                continue;
            if (now == 0)
                _broken.Add(condition);
            else
                _broken.Remove(condition);
        }
    }

    private uint Apply(ITerm term)
    {
        return OpMeaning.Apply(term.Op, At(term.A), At(term.B), At(term.C));

        uint At(ITerm? operand) => operand is null ? 0 : _values.Of(operand);
    }

    // Terms that have the term as an operand are computed again, operands first.
    private void Stale(ITerm term)
    {
        foreach (var user in _users.GetValueOrDefault(term.Id) ?? [])
            if (_values.Has(user) && _isStale.Add(user.Id))
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
