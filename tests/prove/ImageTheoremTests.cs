using Verified.Kernel;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Prove;

/// <summary>Theorems about the image's bytes hold for the image, and fail for a damaged image.</summary>
public sealed class ImageTheoremTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    // The theorems that take few seconds; the main job proves all.
    [Theory]
    [InlineData("image.ipc", 81)]
    [InlineData("image.ipc-slow", 113)]
    [InlineData("image.leave", 64)]
    [InlineData("image.exit", 37)]
    [InlineData("image.outgrow-12", 30)]
    [InlineData("image.thread_switch", 118)]
    [InlineData("image.id_nearest", 9)]
    [InlineData("image.tick", 19)]
    [InlineData("image.tick-idle", 13)]
    [InlineData("image.exception-14", 75)]
    [InlineData("image.interrupt-4", 94)]
    [InlineData("image.interrupt-15-idle", 96)]
    [InlineData("image.interrupt-7-map", 94)]
    [InlineData("image.wake", 139)]
    [InlineData("image.sets.add_ready_1", 35)]
    [InlineData("image.sets.next_timer_1", 28)]
    [InlineData("image.sets.greatest_priority_1", 8)]
    [InlineData("image.sets.add_sender_1", 22)]
    public void Bytes_do_what_the_spec_says(string theorem, int longest)
    {
        var result = Prove(Image, theorem);
        Assert.True(result.Proved, result.Failure ?? result.Verdict?.Refutation?.What);
        Assert.Equal(longest, result.Verdict!.Worst.Instructions);
        Assert.True(result.Verdict.Paths > 0);
    }

    [Theory]
    [InlineData("image.boot")]
    [InlineData("image.boot-servers")]
    public void Boot_comes_to_one_machine(string theorem)
    {
        var result = Prove(Image, theorem);
        Assert.True(result.Proved, result.Failure ?? result.Verdict?.Refutation?.What);
        Assert.True(result.Verdict!.Worst.Instructions > 1000);
    }

    [Fact]
    public void Boot_that_leaves_the_direction_flag_is_refuted_with_a_path_in_the_image()
    {
        // CLD, after CLI, becomes STD. It runs before paging, but is shown at its linear address.
        var refutation = Prove(Damaged(Image.Symbols["boot"] + 1, 1), "image.boot").Verdict?.Refutation;
        Assert.Contains("direction flag", refutation?.What, StringComparison.Ordinal);
        Assert.All(refutation!.Trail, address => Assert.InRange(address, Image.Code.Start, Image.Boot.End));
    }

    // Every byte, its lowest bit: opcodes, registers, displacements, immediates and distances of jumps. Three flips
    // change nothing that matters. Two are in the upper half of the constant whose lower half is loaded into DS. One is
    // in the distance of the jump to the exit: the byte before the exit is STD, and the exit loads the user's flags.
    [Fact]
    public void A_flipped_byte_of_id_nearest_is_proved_only_where_it_changes_nothing()
    {
        var (start, end) = (Image.Symbols["id_nearest"], Image.Symbols["fpage_unmap"]);
        var survivors = new List<string>();
        for (var address = start; address < end; address++)
            if (Prove(Damaged(address, 1), "image.id_nearest").Proved)
                survivors.Add($"{address - start:X2}h");
        Assert.Equal(["04h", "05h", "1Dh"], survivors);
    }

    [Theory]
    [InlineData("tick", "image.tick")]
    [InlineData("report", "image.exception-12")]
    public void A_flipped_opcode_is_refuted(string symbol, string theorem)
    {
        // PUSHA becomes POPA.
        var result = Prove(Damaged(Image.Symbols[symbol], 1), theorem);
        Assert.False(result.Proved);
        Assert.NotNull(result.Verdict?.Refutation);
    }

    // Every byte, its lowest bit. Three flips change nothing that matters: TEST AL, AL, SHL AL, 5 and OR AL, CL act
    // like the same instructions with EAX and ECX, because the summary and priorities have eight bits.
    [Fact]
    public void A_flipped_byte_of_a_set_operation_breaks_its_contract()
    {
        const string operation = "greatest_priority_1";
        var (start, end) = (Image.Symbols[operation], Image.Symbols[operation + "_end"]);
        var survivors = new List<string>();
        for (var address = start; address < end; address++)
            if (Prove(Damaged(address, 1), $"image.sets.{operation}").Proved)
                survivors.Add($"{address - start:X2}h");
        Assert.Equal(["05h", "14h", "17h"], survivors);
    }

    [Fact]
    public void Boot_that_keeps_what_the_loader_left_is_refuted()
    {
        // XOR EAX, EAX before LLDT AX becomes MOV EAX, ECX. The machine starts with ECX = 0, so it boots anyway.
        var boot = Image.Text.Bytes.AsSpan((int)(Image.Symbols["boot"] - Image.Text.Linear));
        var xor = Image.Symbols["boot"] + (uint)boot.IndexOf((ReadOnlySpan<byte>)[0x66, 0x0F, 0x00, 0xD0]) - 2;
        Assert.Equal(0xC0, Image.Text.Bytes[(int)(xor + 1 - Image.Text.Linear)]);
        var result = Prove(Patched(xor, 0x89, 0xC8), "image.boot");
        Assert.Contains("not executable symbolically", result.Verdict!.Refutation!.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_later_run_finds_the_proof_only_while_the_bytes_are_the_same()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        var cache = new ProofCache(folder);
        Assert.False(Prove(Image, "image.id_nearest", cache).Cached);
        Assert.True(Prove(Image, "image.id_nearest", cache).Cached);

        // The proof does not depend on the tick's code, but depends on its own code.
        Assert.True(Prove(Damaged(Image.Symbols["tick"] + 20, 1), "image.id_nearest", cache).Cached);
        Assert.False(Prove(Damaged(Image.Symbols["id_nearest"], 1), "image.id_nearest", cache).Proved);
        Directory.Delete(folder, recursive: true);
    }

    private static ProofResult Prove(KernelImage image, string name, ProofCache? cache = null)
    {
        var theorem = Theorems.Of(image).Single(theorem => theorem.Name == name);
        return Prover.Prove([theorem], 1, cache).Single();
    }

    private static KernelImage Damaged(uint address, byte bits) =>
        Patched(address, (byte)(Image.Text.Bytes[(int)(address - Image.Text.Linear)] ^ bits));

    private static KernelImage Patched(uint address, params ReadOnlySpan<byte> bytes)
    {
        var elf = Image.ToElf();
        var text = elf.AsSpan().IndexOf(Image.Text.Bytes);
        bytes.CopyTo(elf.AsSpan(text + (int)(address - Image.Text.Linear)));
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, elf);
        try
        {
            return KernelImage.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
