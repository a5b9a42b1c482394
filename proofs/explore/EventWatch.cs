using Verified.Proofs.Check;

namespace Verified.Proofs.Explore;

/// <summary>
/// Judges a condition after an event, which is several steps of the kernel. A part about steps holds if one of these
/// steps satisfies it. A part about the state is judged in the last state.
/// </summary>
/// <param name="condition">The condition.</param>
internal sealed class EventWatch(Condition condition)
{
    private readonly bool[] _happened = new bool[condition.Parts.Count];
    private Transition? _last;

    /// <summary>True if the condition holds after the steps since <see cref="Begin"/>.</summary>
    public bool Holds =>
        _last is { } last
        && condition
            .Parts.Zip(_happened)
            .All(each => each.First.IsNegated != (each.First.IsOfState ? each.First.Holds(last) : each.Second));

    /// <summary>Begins an event.</summary>
    public void Begin()
    {
        Array.Clear(_happened);
        _last = null;
    }

    /// <summary>Looks at a step that was just made.</summary>
    public void Note(Transition step)
    {
        _last = step;
        for (var n = 0; n < _happened.Length; n++)
            _happened[n] |= !condition.Parts[n].IsOfState && condition.Parts[n].Holds(step);
    }
}
