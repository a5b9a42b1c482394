using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Proofs.Mutation;
using Verified.Proofs.Prove;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Mutation;

/// <summary>What becomes of flipped bits whose fate is known, and how it is told.</summary>
public sealed class FlipsTests : IDisposable
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    private readonly string _folder = Directory.CreateTempSubdirectory("verified-flips").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_bit_of_a_piece_is_flipped_once()
    {
        var flips = Flips.Between(Image.Symbols["ipc"], Image.Symbols["ipc_slow"]);
        Assert.Equal(8 * (Image.Symbols["ipc_slow"] - Image.Symbols["ipc"]), (uint)flips.Count);
        Assert.Equal(flips.Count, flips.Distinct().Count());
        Assert.Equal([new(0x100, 6), new(0x100, 7), new(0x101, 0)], Flips.Between(0x100, 0x102).Skip(6).Take(3));
    }

    // id_nearest begins PUSHA; MOV ECX, 10h, of whose constant segment registers take the lower half.
    [Fact]
    public void A_flip_is_noticed_or_proved_to_do_the_same_and_its_proofs_are_not_kept()
    {
        var cache = new ProofCache(_folder);
        Assert.All(Prover.Prove(OfIdNearest(Image), 1, cache), result => Assert.True(result.Proved));
        var kept = Kept();
        var entry = Image.Symbols["id_nearest"];
        List<FlipResult> told = [];
        var results = new Flips(Image, OfIdNearest, cache, events: 20_000, seed: 1).Run([new(entry + 4, 0), new(entry, 0)], 2, told.Add);

        Assert.Equal([(new(entry, 0), Fate.Differs), (new Flip(entry + 4, 0), Fate.Equivalent)], results.Select(result => (result.Flip, result.Fate)));
        Assert.Equal(results.ToHashSet(), told.ToHashSet());
        Assert.Equal(kept, Kept());
    }

    [Fact]
    public void A_byte_that_no_theorem_executes_has_no_answer()
    {
        var cache = new ProofCache(_folder);
        Prover.Prove(OfIdNearest(Image), 1, cache);
        var result = Assert.Single(new Flips(Image, OfIdNearest, cache, events: 1, seed: 1).Run([new(Image.Symbols["boot"] - 1, 7)], 1));
        Assert.Equal(Fate.Unknown, result.Fate);
        Assert.StartsWith("no theorem executes ", result.Why, StringComparison.Ordinal);
    }

    // The flip does the same, so all of what is proved of it comes to be asked for.
    [Theory]
    [InlineData(Fate.Refuted, "no image is right")]
    [InlineData(Fate.Unknown, "InvalidOperationException: no image is wrong")]
    public void What_becomes_of_a_theorem_is_its_flips_fate(Fate fate, string why)
    {
        var cache = new ProofCache(_folder);
        Prover.Prove(OfIdNearest(Image), 1, cache);
        var flips = new Flips(Image, image => [.. OfIdNearest(image), new Never(fate == Fate.Refuted)], cache, events: 1, seed: 1);
        var result = Assert.Single(flips.Run([new(Image.Symbols["id_nearest"] + 4, 0)], 1));
        Assert.Equal((fate, "never", why), (result.Fate, result.By, result.Why));
    }

    /// <summary>Is refuted, or stops its prover.</summary>
    private sealed class Never(bool refuted) : Theorem("never", Limits.Shipping)
    {
        public override int Weight => 5;

        protected override void Assume(Attempt attempt)
        {
            // Nothing.
        }

        protected override void Run(Attempt attempt) =>
            throw (refuted ? attempt.Path.Refuted("no image is right") : new InvalidOperationException("no image is wrong"));
    }

    private static IReadOnlyList<Theorem> OfIdNearest(KernelImage image) => Theorems.Named(Theorems.Of(image), "image.id_nearest");

    private Dictionary<string, string> Kept() => Directory.GetFiles(_folder).ToDictionary(file => file, File.ReadAllText);

    [Fact]
    public void The_counts_add_up_and_the_slowest_is_named()
    {
        var address = Image.Symbols["ipc"];
        FlipResult[] results =
        [
            new(new(address, 0), Fate.Unbootable, "", "stops", 0.5),
            new(new(address, 1), Fate.Differs, "", "Eax of 1.1", 1),
            new(new(address, 2), Fate.Differs, "", "Eax of 1.1", 2),
            new(new(address + 1, 0), Fate.Refuted, "image.ipc", "Eax is what the spec says", 3),
            new(new(address + 1, 1), Fate.Refuted, "image.ipc", "Ebx is what the spec says", 4),
            new(new(address + 1, 2), Fate.Refuted, "image.ipc-slow", "Ebx is what the spec says", 5),
            new(new(address + 2, 0), Fate.Equivalent, "", "nop -> nop", 6),
        ];
        Assert.Equal("1 not booting, 2 differ in random events, 3 refuted, 1 proved to do the same, 0 without an answer", FlipReport.Counts(results));
        Assert.Equal(
            [
                "1 not booting; the slowest, ipc bit 0, in 0.5 s",
                "2 differ in random events; the slowest, ipc bit 2, in 2.0 s",
                "3 refuted, 2 by image.ipc, 1 by image.ipc-slow; the slowest, ipc+1h bit 2, in 5.0 s",
                "1 proved to do the same; the slowest, ipc+2h bit 0, in 6.0 s",
                "0 without an answer",
            ],
            FlipReport.Summary(Image, results));
        Assert.Equal("ipc+1h bit 2: refuted, image.ipc-slow: Ebx is what the spec says, 5.0 s", FlipReport.Line(Image, results[5]));
    }
}
