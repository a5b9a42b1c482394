using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>A property violated by the step <paramref name="Event"/> from state <paramref name="From"/>.</summary>
public sealed record Finding(string Property, string Why, int From, Event Event);

/// <summary>One worker of the search. It expands a part of a level against the states known before the level.</summary>
public sealed class Expander
{
    private readonly KeySet _states;
    private readonly IReadOnlyList<Invariant<State<Concrete>, Concrete>> _invariants;
    private readonly Func<Transition, Key?, bool> _visit;
    private readonly InvariantMemo _memo;
    private readonly MeaningJudge? _meaning;
    private readonly uint[] _threads;
    private readonly List<int> _pending = [];
    private KeySet _found;
    private int _from,
        _step;

    public Expander(
        Walker walker,
        KeySet states,
        IReadOnlyList<Invariant<State<Concrete>, Concrete>> invariants,
        IReadOnlyList<Property<Concrete>> properties
    )
    {
        (Walker, _states, _invariants) = (walker, states, invariants);
        (_memo, _found) = (new(walker, invariants), new(walker.Codec.Width));
        _meaning = properties.Count == 0 ? null : new(walker.Tables, properties);
        _threads = [State<Concrete>.Nobody, .. walker.Codec.Rows];
        _visit = Visit;
    }

    public Walker Walker { get; }

    public long Transitions { get; private set; }

    public long Beyond { get; private set; }

    /// <summary>
    /// States that were not known before the level, each with the state from which it was first found.
    /// </summary>
    public KeySet Found => _found;

    /// <summary>The first occurrence of each pending event.</summary>
    public List<Happening> Witnesses { get; } = [];

    public Finding? Failure { get; private set; }

    /// <summary>
    /// Expands states <paramref name="from"/>..<paramref name="end"/>-1, or up to the first violation.
    /// </summary>
    public void Expand(int from, int end, IEnumerable<int> pending)
    {
        _found = new(Walker.Codec.Width);
        Witnesses.Clear();
        _pending.Clear();
        _pending.AddRange(pending);
        for (_from = from; _from < end && Failure is null; _from++)
        {
            _step = -1;
            Walker.Expand(_states[_from], _visit);
        }
    }

    private bool Visit(Transition step, Key? key)
    {
        Transitions++;
        _step++;
        for (var n = _pending.Count - 1; n >= 0; n--)
            if (Sometimes.All[_pending[n]].Happens(step))
            {
                Witnesses.Add(new(_pending[n], _from, _step));
                _pending.RemoveAt(n);
            }

        if (_meaning?.Judge(step.Entry, step.Argument, 0, _threads, Walker.RowsOf) is var (property, why))
        {
            Failure = new(property, why, _from, Walker.EventOf(step));
            return false;
        }

        if (key is { } known && _states.Contains(known))
            return true;
        Failure = Judge(step, key);
        return Failure is null;
    }

    // Judges a state that was not known before the level, and keeps it if nothing is wrong. A state found twice may
    // differ in registers that are not in the key, so invariants that read them are evaluated again.
    private Finding? Judge(Transition step, Key? key)
    {
        var again = key is { } known && _found.Contains(known);
        var holds = key is { } present && (again ? _memo.HoldAgain() : _memo.Hold(present));
        if (!holds && Walker.Violation(_invariants) is var (invariant, says))
            return new(invariant, says, _from, Walker.EventOf(step));
        if (key is not { } fresh)
        {
            if (Walker.IsBeyond(Walker.Outside))
            {
                Beyond++;
                return null;
            }

            var (outside, became) = Walker.OutsideTheModel(Walker.Outside);
            return new(outside, became, _from, Walker.EventOf(step));
        }

        // If an own step leads to this state, its further own steps are those of the state before, which settles.
        var isOwn = Kernel<Concrete>.OwnStep(step.StageBefore) == step.Entry;
        return again || (_found.Add(fresh, _from) && (isOwn || Walker.Settles()))
            ? null
            : NotSettled(Walker.Meant ?? Walker.DoesNotSettle, step);
    }

    private Finding NotSettled((string Property, string Why) violated, Transition step) =>
        new(violated.Property, violated.Why, _from, Walker.EventOf(step));
}
