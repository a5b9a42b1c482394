using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.Programs;
using Verified.Spec.Tables;

namespace Verified.Proofs.Fuzz;

/// <summary>Random programs on the spec, every invariant and the step's integrity checked after every step.</summary>
public static partial class FuzzRun
{
    public static FuzzResult Run(FuzzOptions? options = null)
    {
        options ??= new();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (first, trace, done, next) = (options.Count, (Trace?)null, 0, -1);
        var gate = new Lock();
        var workers = Math.Max(1, options.Workers);
        var subjects = Enumerable.Range(0, workers).Select(_ => new Subject(options)).ToArray();
        Parallel.For(0, workers, new() { MaxDegreeOfParallelism = workers }, Work);
        var steps = subjects.Sum(subject => subject.Steps);
        if (trace is null)
            return new(done, steps, clock.Elapsed.TotalSeconds, null, null);
        var small = !options.Shrinks
            ? trace
            : SimplerTraces.Smallest(trace, candidate => subjects[0].Replay(candidate)?.Trace);
        var violation = subjects[0].Replay(small) ?? throw new InvalidOperationException("a violation does not repeat");
        // Shrinking may have stopped early.
        var isMinimal = options.Shrinks && !Shrinking.Shorter(small.Events).Any(Fails);
        return new(
            first + 1,
            steps,
            clock.Elapsed.TotalSeconds,
            violation with
            {
                IsMinimal = isMinimal ? true : null,
            },
            options.SeedOf(first)
        );

        bool Fails(IReadOnlyList<Event> events) => subjects[0].Replay(small with { Events = events }) is not null;

        // The failing program with the lowest seed counts, so the others run up to it.
        void Work(int worker)
        {
            // Programs of even and odd seeds differ in length, so each worker takes the next one that is left.
            for (
                int n;
                (n = Interlocked.Increment(ref next)) < Volatile.Read(ref first)
                    && !options.Stop.IsCancellationRequested;

            )
            {
                var failing = subjects[worker].Program(new(options.SeedOf(n), subjects[worker].Limits));
                options.Progress?.Invoke(Interlocked.Increment(ref done));
                if (failing is null)
                    continue;
                lock (gate)
                    if (n < first)
                        (first, trace) = (n, failing);
            }
        }
    }

    /// <summary>Runs a trace on the spec; the first violated invariant, or null.</summary>
    public static Violation? Replay(Trace trace, FuzzOptions? options = null) =>
        new Subject((options ?? new()) with { Limits = trace.Start.Limits }).Replay(trace);

    /// <summary>
    /// Runs the one step of a trace from two states, which differ in registers of threads that take no part in it.
    /// Returns any other difference after the step, or null.
    /// </summary>
    public static Violation? ReplayTwice(Trace trace, Func<ColumnInfo, uint, uint> other) =>
        new Subject(new() { Limits = trace.Start.Limits }).ReplayTwice(trace, other);

    // The deletion of a task takes a step for each row of the tables.
    private const uint MostManaged = 64;
}
