using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Tests.Interface;
using Xunit;
using static Verified.Tests.Kernel.ServerBoot;

namespace Verified.Tests.Kernel;

/// <summary>Servers and loaders that the kernel refuses.</summary>
public class RefusedServerTests
{
    public static TheoryData<string, uint> Refused =>
        new()
        {
            { "one module is not enough: give first sigma0, then the root task", 64 },
            { "module 1 is empty", 64 },
            { "module 2 is not a 32-bit little-endian ELF file", 64 },
            { "module 2 is an ELF file, but no executable for IA-32", 64 },
            { "module 1 is cut off: its program headers are beyond its end", 64 },
            { "module 2 is cut off: a segment is beyond its end", 64 },
            { "a segment of module 2 has more bytes in the file than in memory", 64 },
            { "a segment of module 2 goes beyond 4 GB", 64 },
            { "module 2 starts at 00700000h, where it has no segment", 64 },
            { "module 2 overlaps what is at 00800000h", 64 },
            { "module 2 overlaps what is at 0009FC00h", 64 },
            { "module 2 overlaps what is at 00020000h", 64 },
            { "module 2 needs it up to 01401000h", 20 },
            { "not enough memory: the kernel needs it up to", 64 },
            { "not enough memory to unpack module 1", 17 },
            { "the boot loader's information does not fit in a page of 4096 bytes", 64 },
        };

    [Theory]
    [MemberData(nameof(Refused))]
    [Sentence("19.15")]
    public void Bad_input_is_told_in_one_line_and_the_processor_halts(string says, uint megabytes)
    {
        byte[] program = [0xEB, 0xFE];
        byte[] good = ElfProgram.Of(0x20000, new ProgramSegment(0x20000, program, 2)),
            other = ElfProgram.Of(0x400000, new ProgramSegment(0x400000, program, 2));
        byte[] Changed(byte[] file, int at, byte value)
        {
            file[at] = value;
            return file;
        }

        byte[][] modules = says switch
        {
            "one module is not enough: give first sigma0, then the root task" => [good],
            "module 1 is empty" =>
            [
                [],
                other,
            ],
            "module 2 is not a 32-bit little-endian ELF file" => [good, Changed(other, 4, 2)],
            "module 2 is an ELF file, but no executable for IA-32" => [good, Changed(other, 16, 1)],
            "module 1 is cut off: its program headers are beyond its end" => [good[..60], other],
            "module 2 is cut off: a segment is beyond its end" => [good, other[..^1]],
            "a segment of module 2 has more bytes in the file than in memory" =>
            [
                good,
                ElfProgram.Of(0x400000, new ProgramSegment(0x400000, program, 1)),
            ],
            "a segment of module 2 goes beyond 4 GB" =>
            [
                good,
                ElfProgram.Of(0xFFFFFFFE, new ProgramSegment(0xFFFFFFFE, program, 4)),
            ],
            "module 2 starts at 00700000h, where it has no segment" =>
            [
                good,
                ElfProgram.Of(0x700000, new ProgramSegment(0x400000, program, 2)),
            ],
            "module 2 overlaps what is at 00800000h" =>
            [
                good,
                ElfProgram.Of(0x880000, new ProgramSegment(0x880000, program, 2)),
            ],
            "module 2 overlaps what is at 0009FC00h" =>
            [
                good,
                ElfProgram.Of(0x90000, new ProgramSegment(0x90000, program, 0x10000)),
            ],
            "module 2 overlaps what is at 00020000h" =>
            [
                good,
                ElfProgram.Of(0x1F000, new ProgramSegment(0x1F000, program, 0x1001)),
            ],
            "module 2 needs it up to 01401000h" =>
            [
                good,
                ElfProgram.Of(0x1400000, new ProgramSegment(0x1400000, program, 0x1000)),
            ],
            "not enough memory to unpack module 1" =>
            [
                ElfProgram.Of(
                    0x20000,
                    new ProgramSegment(0x20000, program, 2),
                    new ProgramSegment(0x100000, new byte[0x180000], 0x180000)
                ),
                ElfProgram.Of(0x280000, new ProgramSegment(0x280000, program, 0x580000)),
            ],
            _ => [good, other],
        };
        var text = says.Contains("4096", StringComparison.Ordinal) ? new string('x', 5000) : "module";

        // The loader reports less memory than the machine has.
        void Less(Pc pc)
        {
            if (says.Contains("the kernel needs", StringComparison.Ordinal))
                pc.Memory.Store(pc.Cpu.R[3].Value + 8, 4, 512);
        }

        var (lines, pc) = Boot(megabytes, Less, modules.Select(module => new BootModule(text, module)).ToArray());
        Assert.Single(lines);
        Assert.StartsWith("boot: ", lines[0], StringComparison.Ordinal);
        Assert.Contains(says, lines[0], StringComparison.Ordinal);
        Assert.Equal(StopReason.Halted, pc.Run(1000));
    }
}
