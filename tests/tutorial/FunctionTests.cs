using Verified.Proofs.Host;
using Verified.Proofs.Subjects;
using Verified.Proofs.Values;
using Verified.Spec.Values;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Tutorial;

/// <summary>A function in C, translated by gcc, against the same function as a text.</summary>
public sealed class FunctionTests
{
    private const string Source = """
        /* Free slots of a ring of 16 slots; 0 if the counters are broken. */
        unsigned free_slots(unsigned head, unsigned tail, unsigned reserved)
        {
            unsigned used = tail - head;
            if (used > 16)
                return 0;
            if (reserved >= 16 - used)
                return 0;
            return 16 - used - reserved;
        }
        """;

    private static W FreeSlots<W>(W head, W tail, W reserved)
        where W : struct, IWord<W>
    {
        var used = tail - head;
        var free = (W)16 - used;
        return W.Select((used > 16) | (reserved >= free), 0, free - reserved);
    }

    [FactWith(Tool.Gcc)]
    public void A_function_of_gcc_does_what_the_text_says() => Assert.Null(Refuted(Source, FreeSlots));

    [FactWith(Tool.Gcc)]
    public void A_function_that_is_wrong_for_one_value_is_refuted() =>
        Assert.Equal(
            "the function returns what the text says",
            Refuted(Source.Replace("used > 16", "used > 17", StringComparison.Ordinal), FreeSlots)
        );

    [FactWith(Tool.Gcc)]
    public void A_function_that_writes_to_its_callers_frame_is_refuted() =>
        Assert.Equal(
            "the function writes only below its return address and to its arguments",
            Refuted(
                Source.Replace(
                    "unsigned used =",
                    "((volatile unsigned *)__builtin_frame_address(0))[6] = 0; unsigned used =",
                    StringComparison.Ordinal
                ),
                FreeSlots
            )
        );

    [Theory]
    [InlineData(0x2002, 64, "not aligned")]
    [InlineData(0x2000, 1_000, "beyond the end of the file")]
    public void A_segment_that_cannot_be_read_is_an_error(uint linear, uint size, string why)
    {
        var file = new byte[52 + 32 + 64];
        foreach (
            var (at, dword) in ((int, uint)[])[(0, 0x464C457F), (28, 52), (52, 1), (56, 84), (60, linear), (68, size)]
        )
            BitConverter.TryWriteBytes(file.AsSpan(at), dword);
        (file[4], file[44]) = (1, 1);
        Assert.Contains(why, Assert.Throws<InvalidDataException>(() => new ElfCode(file).Dwords()).Message);
        Assert.Contains("cut off", Assert.Throws<InvalidDataException>(() => new ElfCode(file[..60]).Dwords()).Message);
    }

    private static string? Refuted(string source, Func<Symbolic, Symbolic, Symbolic, Symbolic> text)
    {
        var output = Path.GetTempFileName();
        try
        {
            var gcc = OtherProgram.Run(
                "gcc",
                [
                    "-m32",
                    "-O1",
                    "-ffreestanding",
                    "-fno-pie",
                    "-no-pie",
                    "-fno-stack-protector",
                    "-nostdlib",
                    "-static",
                    "-Wl,-e,free_slots",
                    "-x",
                    "c",
                    "-",
                    "-o",
                    output,
                ],
                TimeSpan.FromMinutes(2),
                source
            );
            Assert.True(gcc.Exit == 0, gcc.Errors);
            var elf = new ElfCode(File.ReadAllBytes(output));
            return new FunctionTheorem("free_slots", elf.Dwords(), elf.AddressOf("free_slots"), 3, given =>
                text(given[0], given[1], given[2])
            )
                .Prove()
                .Refutation?.What;
        }
        finally
        {
            File.Delete(output);
        }
    }
}
