using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>
/// An interrupt that a device raises while the kernel works on an event, after a given number of steps on mappings. It
/// comes between two of these steps. If it is raised at the start and the kernel makes no such step, it comes when the
/// kernel has finished. A long operation can have several, each of which is raised after the one before it came.
/// </summary>
/// <param name="Steps">
/// Steps on mappings since the event. If this is at least 1 and the kernel makes fewer steps, no interrupt is raised.
/// </param>
/// <param name="Id">The interrupt's id; 0 for the timer's tick.</param>
/// <param name="Then">The next one; null if there is none.</param>
public sealed record InterruptBetweenSteps(uint Steps, uint Id = 0, InterruptBetweenSteps? Then = null)
{
    /// <summary>Makes one of several, in order; null if there is none.</summary>
    public static InterruptBetweenSteps? Of(IEnumerable<InterruptBetweenSteps> each) =>
        each.Reverse().Aggregate((InterruptBetweenSteps?)null, (then, one) => one with { Then = then });

    /// <summary>Each of them, in order.</summary>
    public static IEnumerable<InterruptBetweenSteps> Each(InterruptBetweenSteps? first)
    {
        for (var one = first; one is not null; one = one.Then)
            yield return one with
            {
                Then = null,
            };
    }

    public Entry Entry => Id == 0 ? Entry.Tick : Entry.Interrupt;

    /// <summary>The line of the interrupt controllers that is raised.</summary>
    public int Line => Id == 0 ? 0 : (int)Id - 1;

    /// <summary>Whether the controllers let it through in a state.</summary>
    public bool MayCome(State<Concrete> s) => Id == 0 || Event.MayArise(s, Id);

    public override string ToString() =>
        string.Join(
            ", ",
            Each(this).Select(one => $"{(one.Id == 0 ? "a tick" : $"interrupt {one.Line}")} after {one.Steps} steps")
        ) + " on mappings";
}
