using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Explore;

/// <summary>
/// The runs from the start of a trace that belongs to no model. In each state the next event of the trace may come, a
/// tick, an interrupt, or one of a sample of random events.
/// </summary>
public sealed class TraceWorld : IWorld
{
    private readonly Trace _trace;
    private readonly EventSample _sample;
    private readonly ImageComparison? _image;

    /// <param name="trace">The trace.</param>
    /// <param name="seed">The seed of the random events.</param>
    /// <param name="image">The image that runs beside the spec; null if only the spec runs.</param>
    /// <exception cref="TraceFileException">It is a trace of a model.</exception>
    public TraceWorld(Trace trace, int seed, ImageComparison? image = null)
    {
        if (trace.Origin is { IsOfModel: true } origin)
            throw new TraceFileException($"the trace is of model {origin.Model}: verified explore {origin.Model}");
        var limits = trace.Start.Limits;
        if (image is not null && image.Limits != limits)
            throw new TraceFileException(
                $"the trace is of size {Size(limits)}, {image.Name} of {Size(image.Limits)}: give the image that it "
                    + "was found with"
            );

        // The spec alone takes an event as it is, whatever its instruction would raise. The kernel's own steps follow
        // by themselves.
        _trace = trace with
        {
            Events =
            [
                .. trace.Events.Where(e => !Unfolding.IsOwn(e)).Select(e => image is null ? e with { By = null } : e),
            ],
        };
        (_image, _sample) = (image, new(seed, limits, image is not null));
        Start = _trace with
        {
            Events = [],
            Loop = null,
            Origin = new(Origin.Explore, trace.Origin?.Seed, Image: image?.Origin ?? trace.Origin?.Image),
        };
        Threads = ThreadsInUse.Of(trace.Start.ToState());
    }

    public string Name => _trace.Origin?.Verb is { } verb and not Origin.Explore ? verb : "trace";

    public string Says =>
        $"trace of {_trace.Origin?.ToString() ?? "an unknown check"}, {_trace.Events.Count} events; random events by "
        + $"seed {_sample.Seed}";

    public Trace Start { get; }

    public IReadOnlyList<Event> First => [];

    public uint[] Threads { get; }

    public IReadOnlyList<Invariant<State<Concrete>, Concrete>> Invariants { get; } = Invariants<Concrete>.All;

    public IReadOnlyList<Property<Concrete>> Properties { get; } = Statements<Concrete>.All;

    public IReadOnlyList<string> Conditions => [.. Sometimes.All.Select(each => each.Name)];

    /// <summary>
    /// The trace's events behind those that the run has, in order. A run may have other events between them.
    /// </summary>
    public IReadOnlyList<Event> Rest(IReadOnlyList<Event> run)
    {
        var taken = 0;
        foreach (var e in run)
            if (taken < _trace.Events.Count && _trace.Events[taken] == e)
                taken++;
        return [.. _trace.Events.Skip(taken)];
    }

    public NextEvents Next(Judged present, IReadOnlyList<Event> run)
    {
        var s = present.Tables.State;
        List<NextEvent> next = [];
        HashSet<string> texts = [];
        if (Rest(run) is [var own, ..] && own.Fits(s))
            Add(own, "the trace's next event", isOfTrace: true);
        foreach (var e in _sample.FromDevices(s))
            Add(e, $"{e.Entry}", isOfTrace: false);
        foreach (var e in _sample.Of(s, [.. present.Threads.Skip(1)], run.Count).OrderBy(e => e.Entry))
            Add(e, $"{e.Entry}", isOfTrace: false);
        return new(next, next.Count == 0 ? "Nothing can come in this state: go back or restart." : "");

        void Add(Event e, string group, bool isOfTrace)
        {
            if (Words.Line(s, e) is var text && texts.Add(text))
                next.Add(new(e, text, group, IsOfTrace: isOfTrace));
        }
    }

    public FoundRun RunUntil(string condition, Judged present, IReadOnlyList<Event> run, CancellationToken cancel) =>
        new TraceSearch(present, _sample, condition, Invariants).Run(Rest(run), run.Count, cancel);

    public Comparison? Compare(Trace run)
    {
        if (FuzzRun.Replay(run) is { } violation)
            return new(
                "the spec fails",
                $"the spec violates {violation.Property}",
                [violation.Why],
                violation.Trace.Events.Count - 1
            );
        return _image?.Of(run) ?? new("every check of fuzz passes");
    }

    public IWorld Open(Trace trace) => new TraceWorld(trace, _sample.Seed, _image);

    private static string Size(Limits limits) => $"{limits.Tasks}x{limits.Lthreads}x{limits.Priorities}";
}
