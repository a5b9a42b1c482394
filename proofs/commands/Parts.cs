using System.Runtime.ExceptionServices;
using Verified.Proofs.Paths;

namespace Verified.Proofs.Commands;

/// <summary>
/// Parts of a run that do not depend on each other. All cores take jobs from one queue. Each part prints on a display
/// of its own; the lines appear in the order in which the parts were added, whichever part ends first.
/// </summary>
/// <param name="display">The display that shows the lines.</param>
internal sealed class Parts(Display display)
{
    private const int MostNamed = 12;

    // Jobs that are asked to stop need a moment, mostly for a question to the solver. A job that does not listen is
    // left behind.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(0.1);

    private sealed class Part(int jobs, Display display, Func<Display, IReadOnlyList<Claim>> end)
    {
        private int _open = jobs;

        public Display Display => display;

        public IReadOnlyList<Claim> Claims { get; private set; } = [];

        public bool HasEnded { get; private set; }

        /// <summary>Notes that a job is done; true if it was the last one.</summary>
        public bool Done() => Interlocked.Decrement(ref _open) == 0;

        public void End() => (Claims, HasEnded) = (end(display), true);
    }

    private sealed record Job(Part Part, string Name, int Weight, Action Run);

    private readonly List<Part> _parts = [];
    private readonly List<Job> _jobs = [];
    private readonly List<(string Name, TimeSpan Time)> _times = [];

    /// <summary>Adds a part that is one job.</summary>
    /// <param name="name">The name of the job.</param>
    /// <param name="weight">About how many seconds it takes: long jobs start first.</param>
    /// <param name="run">Does the job, prints, and returns the claims.</param>
    public void Add(string name, int weight, Func<Display, IReadOnlyList<Claim>> run)
    {
        IReadOnlyList<Claim> claims = [];
        Add(display => [(name, weight, () => claims = run(display))], _ => claims);
    }

    /// <summary>Adds a part of several jobs that do not depend on each other.</summary>
    /// <param name="jobs">The jobs, each with its name and weight; given the display of the part.</param>
    /// <param name="end">Runs after the last job; returns the claims.</param>
    public void Add(
        Func<Display, IEnumerable<(string Name, int Weight, Action Run)>> jobs,
        Func<Display, IReadOnlyList<Claim>> end
    )
    {
        var own = Display.Held(display);
        var of = jobs(own).ToList();
        var part = new Part(of.Count, own, end);
        _parts.Add(part);
        _jobs.AddRange(of.Select(job => new Job(part, job.Name, job.Weight, job.Run)));
    }

    /// <summary>The number of jobs.</summary>
    public int Jobs => _jobs.Count;

    /// <summary>The number of jobs that came to their end, and were not asked to stop.</summary>
    public int Ended { get; private set; }

    private string Longest =>
        string.Join(
            ", ",
            _times
                .OrderByDescending(job => job.Time)
                .Take(MostNamed)
                .Select(job => $"{job.Name} {job.Time.TotalSeconds:F0} s")
        );

    /// <summary>
    /// Runs all jobs; the claims in the order of the parts. If the display is asked to stop, the claims are those of
    /// the parts that have ended.
    /// </summary>
    /// <param name="workers">How many jobs run at once.</param>
    public IReadOnlyList<Claim> Run(int workers)
    {
        // A stable sort: of equal weight, the first added starts first.
        var waiting = new Queue<Job>(_jobs.OrderByDescending(job => job.Weight));
        var (clock, gate, jobs) = (System.Diagnostics.Stopwatch.StartNew(), new Lock(), waiting.Count);
        var running = new List<Job>();
        ExceptionDispatchInfo? failure = null;
        var (shown, all, done) = (0, _jobs.Sum(job => job.Weight + 1), 0);
        var stop = display.Stop;
        Show();
        display.While("verified", say =>
        {
            // Theorems need deep stacks.
            var threads = Enumerable
                .Range(0, workers)
                .Select(_ => new Thread(Work, Prover.StackSize) { IsBackground = true })
                .ToList();
            threads.ForEach(thread => thread.Start());
            threads.ForEach(Await);
            return 0;

            void Await(Thread thread)
            {
                while (!thread.Join(Moment))
                    if (stop.IsCancellationRequested)
                    {
                        thread.Join(Patience);
                        return;
                    }
            }

            void Work()
            {
                while (Next() is { } job)
                    try
                    {
                        var start = clock.Elapsed;
                        job.Run();
                        if (stop.IsCancellationRequested)
                            return;
                        lock (gate)
                        {
                            _times.Add((job.Name, clock.Elapsed - start));
                            (Ended, done) = (Ended + 1, done + job.Weight + 1);
                        }

                        if (job.Part.Done())
                        {
                            job.Part.End();
                            Show();
                        }
                    }
                    catch (Exception e)
                    {
                        lock (gate)
                            failure ??= ExceptionDispatchInfo.Capture(e);
                    }
                    finally
                    {
                        lock (gate)
                            running.Remove(job);
                    }
            }

            Job? Next()
            {
                lock (gate)
                {
                    if (failure is not null || stop.IsCancellationRequested || !waiting.TryDequeue(out var job))
                        return null;
                    running.Add(job);
                    say(
                        $"{jobs - waiting.Count} of {jobs}, now {string.Join(", ", running.Select(now => now.Name))}",
                        (double)done / all
                    );
                    return job;
                }
            }
        });
        failure?.Throw();
        if (stop.IsCancellationRequested)
            return Interrupted();
        var busy = _times.Sum(job => job.Time.TotalSeconds) / (workers * clock.Elapsed.TotalSeconds);
        display.Line($"verified: {jobs} jobs, workers busy {busy:P0} of the time, longest: {Longest}");
        return [.. _parts.SelectMany(part => part.Claims)];

        IReadOnlyList<Claim> Interrupted()
        {
            lock (gate)
                foreach (var part in _parts.Skip(shown).Where(part => part.HasEnded))
                {
                    part.Display.ShowOn(display);
                    display.Findings.AddRange(part.Display.Findings);
                }

            return [.. _parts.Where(part => part.HasEnded).SelectMany(part => part.Claims)];
        }

        // Shows the parts up to the first one that has not ended; the lines of that part appear as they come.
        void Show()
        {
            lock (gate)
                for (; shown < _parts.Count; shown++)
                {
                    _parts[shown].Display.ShowOn(display);
                    if (!_parts[shown].HasEnded)
                        return;
                    display.Findings.AddRange(_parts[shown].Display.Findings);
                }
        }
    }
}
