using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Proofs.Events;
using Verified.Proofs.First;
using Verified.Proofs.Mutation;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Mutation;

/// <summary>The outcomes of known flipped bits, and their report.</summary>
public sealed class FlipsTests : IDisposable
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    private readonly string _folder = Directory.CreateTempSubdirectory("verified-flips").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_bit_of_a_piece_is_flipped_once()
    {
        var flips = Flips.Between(Image, Image.Symbols["ipc"], Image.Symbols["ipc_slow"]);
        Assert.Equal(8 * (Image.Symbols["ipc_slow"] - Image.Symbols["ipc"]), (uint)flips.Count);
        Assert.Equal(flips.Count, flips.Distinct().Count());
        Assert.Equal([new(0x100, 6), new(0x100, 7), new(0x101, 0)], Flips.Of(0x100, 2).Skip(6).Take(3));
    }

    // id_nearest begins PUSHA; MOV ECX, 10h, of whose constant segment registers take the lower half.
    [Fact]
    public void A_flip_is_noticed_or_proved_to_do_the_same_and_its_proofs_are_not_kept()
    {
        var cache = new ProofCache(_folder);
        Assert.All(Prover.Prove(OfIdNearest(Image), 1, cache), result => Assert.True(result.Proved));
        var kept = Kept();
        var entry = Offset("id_nearest");
        List<FlipResult> told = [];
        var results = new Flips(Image, Map(cache), OfIdNearest, cache, events: 20_000, seed: 1).Run(
            [new(entry + 4, 0), new(entry, 0)],
            2,
            told.Add
        );

        Assert.Equal(
            [(new(entry, 0), Fate.Differs), (new Flip(entry + 4, 0), Fate.Equivalent)],
            results.Select(result => (result.Flip, result.Fate))
        );
        Assert.Equal(results.ToHashSet(), told.ToHashSet());
        Assert.Equal(kept, Kept());
    }

    [Fact]
    public void A_byte_that_no_theorem_executes_has_no_answer()
    {
        var cache = new ProofCache(_folder);
        Prover.Prove(OfIdNearest(Image), 1, cache);
        var result = Assert.Single(
            new Flips(Image, Map(cache), OfIdNearest, cache, events: 1, seed: 1).Run(
                [new(Offset("thread_schedule") + 20, 7)],
                1
            )
        );
        Assert.Equal(Fate.Unknown, result.Fate);
        Assert.StartsWith("no theorem executes ", result.Why, StringComparison.Ordinal);
    }

    // The flip changes no behaviour, so all theorems about the byte are needed.
    [Theory]
    [InlineData(Fate.Refuted, "no image is right")]
    [InlineData(Fate.Unknown, "InvalidOperationException: no image is wrong")]
    public void What_becomes_of_a_theorem_is_its_flips_fate(Fate fate, string why)
    {
        var cache = new ProofCache(_folder);
        Prover.Prove(OfIdNearest(Image), 1, cache);
        var flips = new Flips(
            Image,
            Map(cache),
            image => [.. OfIdNearest(image), new Never(fate == Fate.Refuted)],
            cache,
            events: 1,
            seed: 1
        );
        var result = Assert.Single(flips.Run([new(Offset("id_nearest") + 4, 0)], 1));
        Assert.Equal((fate, "never", why), (result.Fate, result.By, result.Why));
    }

    /// <summary>A theorem that is refuted, or stops its prover.</summary>
    private sealed class Never(bool refuted) : KernelTheorem("never", Limits.Shipping)
    {
        public override int Weight => 5;

        protected override void Assume(ProofContext attempt)
        {
            // Nothing.
        }

        protected override void Run(ProofContext attempt) =>
            throw (
                refuted ? attempt.Path.Refuted("no image is right") : new InvalidOperationException("no image is wrong")
            );
    }

    private static IReadOnlyList<Theorem> OfIdNearest(KernelImage image) =>
        Theorems.Named(Theorems.Of(image), "image.id_nearest");

    private static ByteMap Map(ProofCache cache) =>
        ByteMap.Of(
            Image,
            OfIdNearest(Image).SelectMany(theorem => cache.Find(theorem)!.Executed).ToHashSet(),
            new HashSet<uint>()
        );

    private static uint Offset(string symbol) =>
        Flips.Between(Image, Image.Symbols[symbol], Image.Symbols[symbol] + 1)[0].Offset;

    // One flip of each kind that needs no proof: the region, the offset in it, the bit.
    [Theory]
    [InlineData(FilePiece.Header, 5, 3, Fate.Unreadable, "not a 32-bit x86 executable")]
    [InlineData(FilePiece.Header, 24, 0, Fate.Unreadable, "the entry is ")]
    [InlineData(FilePiece.Programs, 28, 0, Fate.Unreadable, "program headers, offset ")]
    [InlineData(FilePiece.Padding, 9, 1, Fate.Unreadable, "padding, offset ")]
    [InlineData("Multiboot header", 4, 1, Fate.Unreadable, "the Multiboot header has ")]
    [InlineData("Multiboot header", 20, 1, Fate.Unreadable, "the Multiboot header has ")]
    [InlineData(FilePiece.Symbols, 28, 0, Fate.Unreadable, "symbols, offset ")]
    [InlineData(FilePiece.Sections, 50, 0, Fate.Unreadable, "section headers, offset ")]
    [InlineData("gdt", 0x16, 4, Fate.Misbooted, "gdt+14h, kernel_data is ")]
    [InlineData("idt", 0x105, 5, Fate.Misbooted, "idt+104h, gate 20h to tick is ")]
    [InlineData("tss", 0x40, 0, Fate.Misbooted, "tss+40h, unused is ")]
    [InlineData("behind tss", 0x100, 0, Fate.Misbooted, "behind tss+100h at ")]
    [InlineData("nodes", 0x28, 1, Fate.Misbooted, "nodes+28h, row 1, frame is ")]
    [InlineData("kernel_page_tables", 0x2004, 1, Fate.Misbooted, "kernel_page_tables+2004h at ")]
    [InlineData(ByteMap.Constants, 0, 0, Fate.Misbooted, "vector 2 prints 'Werified")]
    public void A_flip_outside_of_the_code_is_noticed_by_a_cheap_check(
        string region,
        uint at,
        int bit,
        Fate fate,
        string why
    )
    {
        var map = ByteMap.Of(Image, new HashSet<uint>(), new HashSet<uint>());
        var offset = map.Ranges.First(range => range.Region == region).Offset + at;
        var result = Assert.Single(
            new Flips(Image, map, _ => [], new ProofCache(_folder), events: 1, seed: 1).Run([new(offset, bit)], 1)
        );
        Assert.Equal((region, fate), (result.Region, result.Fate));
        Assert.StartsWith(why, result.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_byte_of_the_file_is_in_one_range_of_the_map()
    {
        var ranges = ByteMap.Of(Image, new HashSet<uint>(), new HashSet<uint>()).Ranges;
        Assert.Equal(0u, ranges[0].Offset);
        Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.Equal(pair.First.End, pair.Second.Offset));
        Assert.Equal((uint)Image.ToElf().Length, ranges[^1].End);
        Assert.Equal(
            ["no theorem and no claim executes the instruction"],
            ranges.Where(range => range.Guard == Guard.None).Select(range => range.Why).Distinct()
        );
    }

    private Dictionary<string, string> Kept() =>
        Directory.GetFiles(_folder).ToDictionary(file => file, File.ReadAllText);

    [Fact]
    public void The_counts_add_up_and_the_slowest_is_named()
    {
        FlipResult[] results =
        [
            new(new(0x1000, 0), "fast path", Fate.Unbootable, "", "stops", 0.5),
            new(new(0x1000, 1), "fast path", Fate.Differs, "", "Eax of 1.1", 1),
            new(new(0x1000, 2), "fast path", Fate.Differs, "", "Eax of 1.1", 2),
            new(new(0x1001, 0), "fast path", Fate.Refuted, "image.ipc", "Eax is what the spec says", 3),
            new(new(0x1001, 1), "fast path", Fate.Refuted, "image.ipc", "Ebx is what the spec says", 4),
            new(new(0x1001, 2), "fast path", Fate.Refuted, "image.ipc-slow", "Ebx is what the spec says", 5),
            new(new(0x1002, 0), "fast path", Fate.Equivalent, "", "nop -> nop", 6),
            new(new(0x9000, 0), "symbols", Fate.NoEffect, "", "the symbol names an address in reports", 0.1),
            new(new(0x9001, 0), "symbols", Fate.Unknown, "", "no symbol has changed", 0.1),
        ];
        Assert.Equal(
            "1 not booting, 2 differ in random events, 3 refuted, 1 proved to do the same, 1 without effect, "
                + "1 without an answer",
            FlipReport.Counts(results)
        );
        Assert.Equal(
            [
                "fast path: 6 of 6 noticed: 1 not booting, 2 differ in random events, 3 refuted, "
                    + "1 proved to do the same, 0 without an answer",
                "symbols: 0 of 1 noticed: 1 without effect, 1 without an answer",
            ],
            FlipReport.ByRegion(results)
        );
        Assert.Equal(
            [
                "1 not booting; the slowest, at 1000 bit 0, in 0.5 s",
                "2 differ in random events; the slowest, at 1000 bit 2, in 2.0 s",
                "3 refuted, 2 by image.ipc, 1 by image.ipc-slow; the slowest, at 1001 bit 2, in 5.0 s",
                "1 proved to do the same; the slowest, at 1002 bit 0, in 6.0 s",
                "1 without effect; the slowest, at 9000 bit 0, in 0.1 s",
                "1 without an answer; the slowest, at 9001 bit 0, in 0.1 s",
            ],
            FlipReport.Summary(results, flip => $"at {flip.Offset:X}")
        );
        Assert.Equal(
            "ipc+1h bit 2: refuted, image.ipc-slow: Ebx is what the spec says, 5.0 s",
            FlipReport.Line(results[5], FlipReport.Place(Image, Image.Symbols["ipc"] + 1, results[5].Flip))
        );
        Assert.Equal("file+9001h", FlipReport.Place(Image, null, results[8].Flip));
    }
}
