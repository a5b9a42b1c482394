using System.Collections.Concurrent;
using System.Diagnostics;
using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Mutation;

/// <summary>What became of a damaged image.</summary>
public enum Fate
{
    /// <summary>It does not boot.</summary>
    Unbootable,

    /// <summary>Random programs on it and on the spec differ.</summary>
    Differs,

    /// <summary>Random programs agree; a theorem is refuted.</summary>
    Refuted,

    /// <summary>Every theorem is proved of it: the changed code does the same.</summary>
    Equivalent,

    /// <summary>The prover has no answer, or no theorem is about the byte.</summary>
    Unknown,
}

/// <summary>A bit of the code that is wrong.</summary>
/// <param name="Address">Linear address of its byte.</param>
/// <param name="Bit">0 to 7.</param>
public readonly record struct Flip(uint Address, int Bit);

/// <summary>A flipped bit, and what became of it.</summary>
/// <param name="Flip">The bit.</param>
/// <param name="Fate">What became of it.</param>
/// <param name="By">The theorem that is refuted or has no answer; empty where it was none.</param>
/// <param name="Why">The difference, the refuted goal, the changed instruction, or why there is no answer.</param>
/// <param name="Seconds">How long that took.</param>
public sealed record FlipResult(Flip Flip, Fate Fate, string By, string Why, double Seconds);

/// <summary>Damages the code one bit at a time: random programs first, then the theorems that read the byte.</summary>
/// <param name="image">The image that is right.</param>
/// <param name="theorems">What is to be proved of an image (<see cref="Theorems.Of"/>).</param>
/// <param name="proved">The proofs of the image itself: what they did not read, a flip does not change. Those of damaged images are not added.</param>
/// <param name="events">Events that random programs get, at least, before the proofs.</param>
/// <param name="seed">The random programs'.</param>
public sealed class Flips(KernelImage image, Func<KernelImage, IReadOnlyList<Theorem>> theorems, ProofCache proved, long events, int seed)
{
    private readonly HashSet<uint> _executed =
        [.. theorems(image).SelectMany(theorem => proved.Find(theorem)?.Executed ?? (IEnumerable<uint>)[])];

    /// <summary>Every bit from a linear address of the code up to another, in order.</summary>
    public static IReadOnlyList<Flip> Between(uint start, uint end) =>
        [.. from offset in Enumerable.Range(0, (int)(end - start)) from bit in Enumerable.Range(0, 8) select new Flip(start + (uint)offset, bit)];

    /// <summary>The results, in order of address and bit.</summary>
    /// <param name="flips">The bits, one to an image.</param>
    /// <param name="workers">How many images at a time.</param>
    /// <param name="progress">Told each result as it comes, from several threads, one call at a time.</param>
    public IReadOnlyList<FlipResult> Run(IEnumerable<Flip> flips, int workers, Action<FlipResult>? progress = null)
    {
        var waiting = new ConcurrentQueue<Flip>(flips);
        var results = new List<FlipResult>();
        var threads = Enumerable.Range(0, workers).Select(_ => new Thread(Work, Prover.StackSize)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return [.. results.OrderBy(result => result.Flip.Address).ThenBy(result => result.Flip.Bit)];

        void Work()
        {
            while (waiting.TryDequeue(out var flip))
            {
                var clock = Stopwatch.StartNew();
                var (fate, by, why) = Try(flip);
                lock (results)
                {
                    results.Add(new(flip, fate, by, why, clock.Elapsed.TotalSeconds));
                    progress?.Invoke(results[^1]);
                }
            }
        }
    }

    private (Fate Fate, string By, string Why) Try(Flip flip)
    {
        var by = "";
        try
        {
            // The first difference is enough: it is not shrunk.
            var damaged = image.WithFlippedBit(flip.Address, flip.Bit);
            if (DiffRun.Run(damaged, new(seed, events, Workers: 1, Shrink: false)).Disagreement is { } found)
                return (Fate.Differs, "", found.Difference.What);
            var line = Listing.Lines(image, image.Code.Start, flip.Address + 1).Last();
            if (!_executed.Contains(line.Address)) return (Fate.Unknown, "", $"no theorem executes {line.Text}");

            // The cheap ones first: one refutation is enough.
            foreach (var theorem in theorems(damaged).Where(theorem => theorem is not BootTheorem).OrderBy(theorem => theorem.Weight))
            {
                if (proved.Find(theorem) is not null) continue;
                by = theorem.Name;
                if (theorem.Prove().Refutation is { } refutation) return (Fate.Refuted, by, refutation.What);
            }

            return (Fate.Equivalent, "", $"{line.Text} -> {Listing.Lines(damaged, line.Address, line.Address + 1).First().Text}");
        }
        catch (ImageException e)
        {
            return (Fate.Unbootable, "", e.Message);
        }
        catch (Exception e)
        {
            // Whatever stops one is its failure, and no other's.
            return (Fate.Unknown, by, e is ProverException ? e.Message : $"{e.GetType().Name}: {e.Message}");
        }
    }
}
