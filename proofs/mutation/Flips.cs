using System.Collections.Concurrent;
using System.Diagnostics;
using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.First;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Mutation;

/// <summary>
/// Damages the image file one bit at a time. The checks run from cheap to expensive: the reader, the boot checks,
/// random programs or the image's own programs, then the theorems that read the byte.
/// </summary>
/// <param name="image">The correct image.</param>
/// <param name="map">The guard of each byte.</param>
/// <param name="theorems">The theorems of an image (<see cref="Theorems.Of"/>).</param>
/// <param name="proved">
/// The proofs of the correct image. A flip of a byte that a proof did not read cannot change this proof. Proofs of
/// damaged images are not added.
/// </param>
/// <param name="events">The least number of events in random programs before the proofs.</param>
/// <param name="seed">The random programs'.</param>
public sealed class Flips(
    KernelImage image,
    ByteMap map,
    Func<KernelImage, IReadOnlyList<Theorem>> theorems,
    ProofCache proved,
    long events,
    int seed
)
{
    private const long DemonstrationBudget = 200_000_000;

    private readonly IReadOnlyList<FilePiece> _pieces = FilePiece.Of(image.ToElf());

    /// <summary>Every bit of the code from a linear address up to another, in order.</summary>
    public static IReadOnlyList<Flip> Between(KernelImage image, uint start, uint end)
    {
        var text = FilePiece.Of(image.ToElf()).Single(piece => piece.Name == FilePiece.Text);
        return Of(text.Offset + start - image.Text.Linear, end - start);
    }

    /// <summary>Every bit of some bytes of the file, in order.</summary>
    public static IReadOnlyList<Flip> Of(uint offset, uint length) =>
        [.. Enumerable.Range(0, (int)length * 8).Select(i => new Flip(offset + (uint)i / 8, i % 8))];

    /// <summary>The results, in order of offset and bit.</summary>
    /// <param name="flips">The bits; each damages one image.</param>
    /// <param name="workers">The number of images at a time.</param>
    /// <param name="progress">Called with each result, from several threads, one call at a time.</param>
    /// <param name="stop">If it is cancelled, the bits that are not yet tried have no results.</param>
    public IReadOnlyList<FlipResult> Run(
        IEnumerable<Flip> flips,
        int workers,
        Action<FlipResult>? progress = null,
        CancellationToken stop = default
    )
    {
        var waiting = new ConcurrentQueue<Flip>(flips);
        var results = new List<FlipResult>();
        var threads = Enumerable.Range(0, workers).Select(_ => new Thread(Work, Prover.StackSize)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return [.. results.OrderBy(result => result.Flip.Offset).ThenBy(result => result.Flip.Bit)];

        void Work()
        {
            while (!stop.IsCancellationRequested && waiting.TryDequeue(out var flip))
            {
                var clock = Stopwatch.StartNew();
                var (fate, by, why) = Try(flip);
                lock (results)
                {
                    results.Add(new(flip, map.At(flip.Offset).Region, fate, by, why, clock.Elapsed.TotalSeconds));
                    progress?.Invoke(results[^1]);
                }
            }
        }
    }

    /// <summary>The linear address of a bit; null if no loader puts it into memory.</summary>
    public uint? Linear(Flip flip) =>
        _pieces.First(piece => flip.Offset - piece.Offset < piece.Length) is { Linear: { } linear } piece
            ? linear + flip.Offset - piece.Offset
            : null;

    private (Fate Fate, string By, string Why) Try(Flip flip)
    {
        KernelImage damaged;
        try
        {
            damaged = flip.Damage(image);
            if (FileCheck.Wrong(damaged) is { } wrong)
                return (Fate.Unreadable, "", wrong);
        }
        catch (ImageException e)
        {
            return (Fate.Unreadable, "", e.Message);
        }

        var by = "";
        try
        {
            if (FirstStateCheck.Differences(damaged).FirstOrDefault() is { } alone)
                return (Fate.Misbooted, "", alone);
            if (
                Booting.Servers(damaged) is { Count: > 0 } servers
                && FirstStateCheck.Differences(damaged, servers).FirstOrDefault() is { } served
            )
                return (Fate.Misbooted, "", $"with servers, {served}");
            return map.At(flip.Offset).Region switch
            {
                ByteMap.FastPath or ByteMap.Code => OfCode(damaged, flip, ref by),
                ByteMap.Panic or ByteMap.Boot or ByteMap.Constants => OfBoot(damaged, flip, ref by),
                ByteMap.Programs => OfPrograms(damaged),
                FilePiece.Symbols or FilePiece.Names => OfSymbols(damaged, ref by),
                _ => OfData(damaged, flip),
            };
        }
        catch (ImageException e)
        {
            return (Fate.Unbootable, "", e.Message);
        }
        catch (Exception e)
        {
            // An exception counts as the failure of this flip and of no other flip.
            return (Fate.Unknown, by, e is ProverException ? e.Message : $"{e.GetType().Name}: {e.Message}");
        }
    }

    private (Fate, string, string) OfCode(KernelImage damaged, Flip flip, ref string by)
    {
        // The first difference is enough: it is not shrunk.
        if (DiffRun.Run(damaged, new(seed, events, Workers: 1, Shrink: false)).Disagreement is { } found)
            return (Fate.Differs, "", found.Difference.What);
        var line = Line(flip);
        if (map.At(flip.Offset).Guard != Guard.Theorem)
            return (Fate.Unknown, "", $"no theorem executes {line.Text}");
        return Refuted(damaged, theorem => theorem is not BootTheorem, ref by) is { } refutation
            ? (Fate.Refuted, by, refutation)
            : (Fate.Equivalent, "", Change(damaged, line));
    }

    /// <summary>
    /// Boot and the panic path: the lines that they print, and the state that boot reaches from any initial
    /// registers.
    /// </summary>
    private (Fate, string, string) OfBoot(KernelImage damaged, Flip flip, ref string by)
    {
        if ((BootMessages.Wrong(damaged) ?? OtherBoots.Wrong(damaged) ?? ChipCheck.Wrong(damaged)) is { } wrong)
            return (Fate.Misbooted, "", wrong);
        if (Refuted(damaged, theorem => theorem is BootTheorem, ref by) is { } refutation)
            return (Fate.Refuted, by, refutation);
        if (map.At(flip.Offset).Region == ByteMap.Constants)
            return OfData(damaged, flip);
        var change = Change(damaged, Line(flip));
        return (Fate.Unknown, "", $"boot reaches the same first state and prints the same lines: {change}");
    }

    /// <summary>
    /// Data of the file that no check of the first state has found wrong. The kernel starts from this state, so the bit
    /// has no effect if boot leaves the same memory as the correct image does.
    /// </summary>
    private (Fate, string, string) OfData(KernelImage damaged, Flip flip)
    {
        if (map.At(flip.Offset) is { Guard: Guard.NoEffect } range)
            return (Fate.NoEffect, "", range.Why);
        if (OtherBoots.Wrong(damaged) is { } wrong)
            return (Fate.Misbooted, "", wrong);
        var (left, right) = (Booting.Boot(image).Pc.Memory, Booting.Boot(damaged).Pc.Memory);
        var (own, marks) = (Linear(flip) & ~3u, 0u);
        foreach (var region in FirstStateCheck.Declared(image, []).Regions)
            for (var at = region.Start; at < region.End; at += 4)
            {
                var physical = Layout.Physical(at);
                var changed = left.Load(physical, 4) ^ right.Load(physical, 4);
                if ((changed & ~region.Marks) != 0 && (at != own || at >= image.Boot.End))
                    return (Fate.Unknown, "", $"every check holds, and the dword at {at:X8}h differs");
                marks |= changed & region.Marks;
            }

        return (
            Fate.NoEffect,
            "",
            marks == 0
                ? "boot leaves the same memory as without the flip, every bit"
                : "an accessed or dirty bit of a page table, which the processor may set at any time"
        );
    }

    private static (Fate, string, string) OfPrograms(KernelImage damaged)
    {
        var run = DemonstrationRun.Of(damaged, DemonstrationBudget);
        return !run.IsContent
            ? (Fate.Discontent, "", $"the run ends otherwise: {run.Reason}")
            : (
                Fate.NoEffect,
                "",
                "a demonstration program: all programs end content, and the kernel does not depend on them"
            );
    }

    /// <summary>
    /// A symbol that only reports use may have any name and value. A theorem about another address is another theorem.
    /// </summary>
    private (Fate, string, string) OfSymbols(KernelImage damaged, ref string by)
    {
        var changed = damaged
            .Symbols.Except(image.Symbols)
            .Concat(image.Symbols.Except(damaged.Symbols))
            .Select(symbol => symbol.Key)
            .Distinct()
            .ToList();
        if (changed.Count == 0)
            return (Fate.Unknown, "", "no symbol has changed, and every check holds");
        if (!changed.Any(IsRead))
            return (Fate.NoEffect, "", $"the symbol {string.Join(", ", changed)} names an address in reports");
        foreach (var theorem in theorems(damaged).OfType<CodeTheorem>().OrderBy(theorem => theorem.Weight))
        {
            by = theorem.Name;
            if (theorem.Prove().Refutation is { } refutation)
                return (Fate.Refuted, by, refutation.What);
        }

        return (Fate.Unknown, "", $"every theorem holds with another {string.Join(", ", changed)}");
    }

    /// <summary>Whether theorems begin or end at a symbol.</summary>
    private static bool IsRead(string symbol) =>
        CodePoints.All.Any(point => point.Symbol == symbol)
        || SetOperation.Beginnings.Any(name => symbol.StartsWith(name, StringComparison.Ordinal));

    private string? Refuted(KernelImage damaged, Func<Theorem, bool> about, ref string by)
    {
        // The cheap theorems come first, because one refutation is enough.
        foreach (var theorem in theorems(damaged).Where(about).OrderBy(theorem => theorem.Weight))
        {
            if (proved.Find(theorem) is not null)
                continue;
            by = theorem.Name;
            if (theorem.Prove().Refutation is { } refutation)
                return refutation.What;
        }

        return null;
    }

    private ListingLine Line(Flip flip)
    {
        var address = Linear(flip)!.Value;
        return Listing
            .Lines(image, address >= image.Boot.Start ? image.Boot.Start : image.Code.Start, address + 1)
            .Last();
    }

    private static string Change(KernelImage damaged, ListingLine line) =>
        $"{line.Text} -> {Listing.Lines(damaged, line.Address, line.Address + 1).First().Text}";
}
