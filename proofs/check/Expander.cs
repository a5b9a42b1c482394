using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>A property violated by the step <paramref name="Event"/> from state <paramref name="From"/>.</summary>
public sealed record Finding(string Property, string Why, int From, Event Event);

/// <summary>One worker of the search. It expands a part of a level against the states known before the level.</summary>
internal sealed class Expander
{
    private readonly KeySet _states;
    private readonly IReadOnlyList<Invariant<State<Concrete>, Concrete>> _invariants;
    private readonly Func<KnownStep, bool, bool> _visit;
    private readonly StepMemo _steps;
    private readonly InvariantMemo _memo;
    private (string Property, string Why)? _violated;
    private Marks _pending;
    private KeySet _found;
    private int _from,
        _step;

    public Expander(
        StepMemo steps,
        InvariantMemo memo,
        KeySet states,
        IReadOnlyList<Invariant<State<Concrete>, Concrete>> invariants
    )
    {
        (_steps, _memo, _states, _invariants) = (steps, memo, states, invariants);
        (_visit, _found) = (Visit, new(Walker.Codec.Width));
    }

    public Walker Walker => _steps.Walker;

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
    public void Expand(int from, int end, Marks pending)
    {
        _found = new(Walker.Codec.Width);
        Witnesses.Clear();
        _pending = pending;
        for (_from = from; _from < end && Failure is null; _from++)
        {
            (_step, _violated) = (-1, null);
            _steps.Expand(_states[_from], _visit);
            if (_violated is var (property, why))
                Failure = new(property, why, _from, Walker.EventAt(_states[_from], _step));
        }
    }

    // Looks at a step that has just been made. Returns false if it violates a property.
    private bool Visit(KnownStep step, bool holds)
    {
        Transitions++;
        _step++;
        if (!((step.Happened | step.Open) & _pending).IsEmpty)
            Note(step);
        var key = Walker.Codec.Pack(out var outside);
        if (!holds)
            _violated = _steps.Explain(_states[_from], _step);
        else if (key is not { } known || !_states.Contains(known))
            _violated = Judge(key, outside, step.IsOwn);
        return _violated is null;
    }

    private void Note(KnownStep step)
    {
        var happened = step.Happened & _pending;
        foreach (var mark in (step.Open & _pending).Numbers)
            if (_steps.Happens(mark, step))
                happened = happened.With(mark);
        foreach (var mark in happened.Numbers)
            Witnesses.Add(new(mark, _from, _step));
        _pending -= happened;
    }

    // Judges a state that was not known before the level, and keeps it if nothing is wrong. A state found twice may
    // differ in registers that are not in the key, so invariants that read them are evaluated again.
    private (string Property, string Why)? Judge(Key? key, int outside, bool isOwn)
    {
        var again = key is { } known && _found.Contains(known);
        var holds = key is { } present && (again ? _memo.HoldAgain(present) : _memo.Hold(present));
        if (!holds && Walker.Violation(_invariants) is { } violation)
            return violation;
        if (key is not { } fresh)
        {
            if (!Walker.IsBeyond(outside))
                return Walker.OutsideTheModel(outside);
            Beyond++;
            return null;
        }

        // If an own step leads to this state, its further own steps are those of the state before, which settles.
        if (again || (_found.Add(fresh, _from) && (isOwn || Walker.Settles())))
            return null;
        return Walker.Meant ?? Walker.DoesNotSettle;
    }
}
