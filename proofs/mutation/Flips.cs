using System.Collections.Concurrent;
using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Mutation;

/// <summary>What became of a damaged image.</summary>
public enum Fate
{
    /// <summary>It does not even boot, or random programs on it and on the spec differ.</summary>
    Differs,

    /// <summary>Random programs agree; a theorem is refuted.</summary>
    Refuted,

    /// <summary>Every theorem is proved of it: the changed code does the same.</summary>
    Equivalent,

    /// <summary>The prover has no answer.</summary>
    Unknown,
}

/// <summary>One flipped bit of the code, and what became of it.</summary>
/// <param name="Address">Linear address of the byte.</param>
/// <param name="Bit">0 to 7.</param>
/// <param name="Fate">What became of it.</param>
/// <param name="Why">The difference, the refuted goal, or the changed instruction.</param>
/// <param name="Seconds">How long that took.</param>
public sealed record FlipResult(uint Address, int Bit, Fate Fate, string Why, double Seconds);

/// <summary>Damages the code one bit at a time: random programs first, then the theorems that read the byte.</summary>
public static class Flips
{
    /// <summary>The results, in order of address and bit.</summary>
    /// <param name="image">The image that is right.</param>
    /// <param name="start">Linear address of the first byte to damage.</param>
    /// <param name="end">Past the last one.</param>
    /// <param name="events">Events that random programs get, at least, before the proofs.</param>
    /// <param name="workers">How many images at a time.</param>
    /// <param name="proved">The proofs of the image itself: what they did not read, a flip does not change.</param>
    /// <param name="progress">Told each result.</param>
    public static IReadOnlyList<FlipResult> Run(
        KernelImage image, uint start, uint end, long events, int workers, ProofCache proved, Action<FlipResult>? progress = null)
    {
        var flips = new ConcurrentQueue<(uint Address, int Bit)>(
            from offset in Enumerable.Range(0, (int)(end - start)) from bit in Enumerable.Range(0, 8) select (start + (uint)offset, bit));
        var results = new ConcurrentBag<FlipResult>();
        var threads = Enumerable.Range(0, workers).Select(_ => new Thread(Work, Prover.StackSize)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return [.. results.OrderBy(result => result.Address).ThenBy(result => result.Bit)];

        void Work()
        {
            while (flips.TryDequeue(out var flip))
            {
                var result = Try(image, flip.Address, flip.Bit, events, proved);
                results.Add(result);
                if (progress is not null)
                    lock (flips) progress(result);
            }
        }
    }

    private static FlipResult Try(KernelImage image, uint address, int bit, long events, ProofCache proved)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        FlipResult Result(Fate fate, string why) => new(address, bit, fate, why, clock.Elapsed.TotalSeconds);
        var damaged = image.WithFlippedBit(address, bit);
        IReadOnlyList<Theorem> theorems;
        try
        {
            if (DiffRun.Run(damaged, new DiffOptions(Events: events, Workers: 1)).Disagreement is { } found)
                return Result(Fate.Differs, found.Difference.What);
            theorems = Theorems.Of(damaged);
        }
        catch (ImageException e)
        {
            return Result(Fate.Differs, e.Message);
        }

        // The cheap ones first: one refutation is enough.
        foreach (var theorem in theorems.Where(theorem => theorem is not BootTheorem).OrderBy(theorem => theorem.Weight))
        {
            if (proved.Find(theorem) is not null) continue;
            try
            {
                if (theorem.Prove().Refutation is { } refutation) return Result(Fate.Refuted, $"{theorem.Name}: {refutation.What}");
            }
            catch (ProverException e)
            {
                return Result(Fate.Unknown, $"{theorem.Name}: {e.Message}");
            }
        }

        return Result(Fate.Equivalent, Changed(image, damaged, address));
    }

    /// <summary>The instruction that the byte belongs to, as it was and as it is.</summary>
    private static string Changed(KernelImage image, KernelImage damaged, uint address)
    {
        var line = Listing.Lines(image, image.Code.Start, address + 1).Last();
        return $"{line.Text} -> {Listing.Lines(damaged, line.Address, line.Address + 1).First().Text}";
    }
}
