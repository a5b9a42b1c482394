using System.Diagnostics;
using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>The amount of a simulation.</summary>
/// <param name="Seed">Seed of all random choices.</param>
/// <param name="Runs">The number of runs, each from boot.</param>
/// <param name="Steps">The most steps of a run.</param>
public sealed record SimulationOptions(int Seed = 1, int Runs = SimulationOptions.DefaultRuns, int Steps = 100)
{
    public const int DefaultRuns = 1_000;
}

/// <summary>The result of a simulation.</summary>
/// <param name="Model">The model.</param>
/// <param name="Runs">The number of runs that were made.</param>
/// <param name="Steps">The steps that were judged: each step from each state of a run.</param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="Failure">The violation in the first run that has one; null if there is none.</param>
/// <param name="Happened">The names of the events that happened, of those that must happen sometimes.</param>
/// <param name="Unfinished">Says that it is no search of all states; or the limit that was reached.</param>
public sealed record SimulationResult(
    Model Model,
    int Runs,
    long Steps,
    double Seconds,
    Violation? Failure,
    IReadOnlySet<string> Happened,
    Unfinished Unfinished
)
{
    /// <summary>The events that happened and should not be able to.</summary>
    public IEnumerable<string> Unexpected => Model.Never.Where(Happened.Contains);

    /// <summary>Whether the simulation has found something wrong.</summary>
    public bool Fails => Failure is not null || Unexpected.Any();
}

/// <summary>
/// Random runs of a model. In each state of a run, every possible step is judged, and a random one is taken. Every run
/// has its own random numbers, so the result does not depend on the number of workers.
/// </summary>
public sealed class Simulation
{
    private readonly Walker _walker;
    private readonly MeaningJudge? _meaning;
    private readonly IReadOnlyList<Invariant<State<Concrete>, Concrete>> _invariants;
    private readonly InvariantMemo _memo;
    private readonly uint[] _threads;
    private readonly Key _boot;
    private readonly bool[] _happened = new bool[Sometimes.All.Count];
    private long _steps;

    private Simulation(Model model, CheckOptions options)
    {
        var properties = options.PropertiesOf();
        _walker = new(model, options.Damage, properties.Count > 0);
        _meaning = properties.Count == 0 ? null : new(_walker.Tables, properties);
        _invariants = options.InvariantsOf();
        _memo = new(_walker, _invariants, InvariantMemo.TreeOf(_walker, _invariants));
        _threads = [State<Concrete>.Nobody, .. _walker.Codec.Rows];
        _walker.Tables.Fill(model.Initial());
        _boot = _walker.Codec.Pack(out _)
            ?? throw new ModelException($"model {model.Name}: the boot state is outside of it");
    }

    /// <summary>Makes the runs, until the first violation or a limit.</summary>
    public static SimulationResult Run(Model model, SimulationOptions options, CheckOptions? check = null)
    {
        check ??= new();
        var (clock, limits) = (Stopwatch.StartNew(), check.LimitsOf());
        var (next, made, gate) = (-1, 0, new Lock());
        var found = new SortedList<int, Violation>();
        Unfinished? stopped = null;
        Simulation[] workers =
        [
            .. Enumerable.Range(0, Math.Max(1, check.Workers)).Select(_ => new Simulation(model, check)),
        ];
        Parallel.ForEach(workers, worker =>
        {
            for (int run; (run = Interlocked.Increment(ref next)) < options.Runs; )
            {
                var (first, limit) = (int.MaxValue, limits.Reached(0, 0));
                lock (gate)
                {
                    stopped ??= limit;
                    if (found.Count > 0)
                        first = found.Keys[0];
                }

                if (stopped is not null || run > first)
                    return;
                var violation = worker.One(new Random(unchecked(options.Seed * 1_000_003 + run)), options.Steps);
                var ended = Interlocked.Increment(ref made);
                check.Progress?.Invoke(ended, options.Steps);
                if (violation is null)
                    continue;
                lock (gate)
                    found.Add(run, violation);
            }
        });
        return new(
            model,
            made,
            workers.Sum(worker => worker._steps),
            clock.Elapsed.TotalSeconds,
            found.Values.FirstOrDefault(),
            Sometimes.All.Where((_, n) => workers.Any(worker => worker._happened[n])).Select(s => s.Name).ToHashSet(),
            stopped ?? new($"random runs of at most {options.Steps} steps, seed {options.Seed}", IsLimit: false)
        );
    }

    // One run: the violation, or null.
    private Violation? One(Random random, int most)
    {
        var (events, at) = (new List<Event>(), _boot);
        for (var step = 0; step < most; step++)
        {
            var choices = 0;
            (Key Key, Event Event)? taken = null;
            (Event Event, string Property, string Why)? violated = null;
            _walker.Expand(at, (made, key) =>
            {
                _steps++;
                for (var n = 0; n < _happened.Length; n++)
                    _happened[n] = _happened[n] || Sometimes.All[n].Happens(made);

                // The choice comes first, because the judgement makes further steps of the kernel.
                if (key is { } next && random.Next(++choices) == 0)
                    taken = (next, _walker.EventOf(made));
                if (Judge(made, key) is not var (property, why))
                    return true;
                violated = (_walker.EventOf(made), property, why);
                return false;
            });
            if (violated is var (last, name, says))
                return new(name, says, new(Snapshot.Of(_walker.Model.Initial()), [.. events, last]));
            if (taken is not var (to, @event))
                return null;
            events.Add(@event);
            at = to;
        }

        return null;
    }

    private (string Property, string Why)? Judge(Transition step, Key? key)
    {
        if (_meaning?.Judge(step.Entry, step.Argument, 0, _threads, _walker.RowsOf) is { } meant)
            return meant;
        var holds = key is { } present && _memo.Hold(present);
        if (!holds && _walker.Violation(_invariants) is { } violated)
            return violated;
        if (key is null)
            return _walker.IsBeyond(_walker.Outside) ? null : _walker.OutsideTheModel(_walker.Outside);
        return Kernel<Concrete>.OwnStep(step.StageBefore) == step.Entry || _walker.Settles()
            ? null
            : _walker.Meant ?? Walker.DoesNotSettle;
    }
}
