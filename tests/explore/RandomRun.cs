using Verified.Proofs.Events;
using Verified.Proofs.Explore;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Tests.Explore;

/// <summary>Random runs of a small kernel, as traces of <c>fuzz</c>.</summary>
internal static class RandomRun
{
    /// <summary>Sizes of the kernel.</summary>
    public static readonly Limits Limits = new(8, 4, 4);

    /// <summary>A random state in which the kernel is about to pick a thread.</summary>
    public static State<Concrete> Population(int seed) => new Generator(seed, Limits).Population();

    /// <summary>The rows of the threads that exist.</summary>
    public static uint[] Threads(State<Concrete> s) =>
        [
            .. Enumerable
                .Range(1, (int)Limits.Threads - 1)
                .Select(row => (uint)row)
                .Where(row => s.Status[row].Value != ThreadStatus.Inactive),
        ];

    /// <summary>A run from a random state.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="events">The number of its events.</param>
    /// <param name="arises">True if each event has the instruction that raises it on a PC.</param>
    public static Trace Of(int seed, int events, bool arises = false)
    {
        var start = Snapshot.Of(Population(seed));
        var (s, sample) = (start.ToState(), new EventSample(seed, Limits, arises));
        var kernel = new Kernel<Concrete>(s);
        foreach (var (own, argument) in Event.OwnSteps(s))
            kernel.Step(own, argument);
        List<Event> run = [];
        while (run.Count < events)
        {
            run.Add(sample.Of(s, Threads(s), run.Count).FirstOrDefault() ?? sample.FromDevices(s).First());
            foreach (var step in Unfolding.Of(run[^1], s))
                step?.Apply(kernel, s);
        }

        return new(start, run, Note: "a random run", Origin: new("fuzz", seed));
    }
}
