using System.Runtime.CompilerServices;
using System.Text;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Proofs.Host;
using Verified.Tests.Host;
using Verified.Tests.Kernel;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>
/// System features that ring 3 of the host cannot reach, compared with QEMU and Bochs: ROMs walk through real mode,
/// gates, tasks, virtual-8086 mode, paging and debug registers, and print their results. The transcripts are equal byte
/// for byte. Some transcripts are compared only with Bochs: the chips' registers, virtual interrupts and most of the
/// tasks. QEMU has no null count, closed gates, changed modem lines, VIF or VIP, and performs few of the checks of task
/// switches.
/// </summary>
public class ModeTests
{
    [TheoryWith(Tool.Qemu | Tool.Nasm)]
    [InlineData("real")]
    [InlineData("protected")]
    public void A_rom_prints_the_same_here_and_in_qemu(string name) =>
        Compare(name, (rom, own) => Assert.Equal(InLines(Qemu.RunRom(rom)), InLines(own)));

    [TheoryWith(Tool.Bochs | Tool.Nasm)]
    [InlineData("real")]
    [InlineData("protected")]
    [InlineData("chips")]
    [InlineData("virtual")]
    [InlineData("tasks")]
    public void A_rom_prints_the_same_here_and_in_bochs(string name) =>
        Compare(name, (rom, own) => Assert.Contains(own.Replace("\r", "", StringComparison.Ordinal), Bochs.Run(rom)));

    private static void Compare(string name, Action<string, string> with)
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            var rom = Path.Combine(directory.FullName, "rom.bin");
            var nasm = OtherProgram.Run(
                "nasm",
                ["-f", "bin", Path.Combine(Folder(), name + ".asm"), "-o", rom],
                TimeSpan.FromMinutes(1)
            );
            Assert.True(nasm.Exit == 0, nasm.Why);
            var pc = new Pc(16 << 20, File.ReadAllBytes(rom));
            pc.Cpu.Model = ProcessorModel.PentiumII;
            var text = new StringBuilder();
            pc.ConsoleSent = sent => text.Append((char)sent);
            Assert.Equal(StopReason.Exited, pc.Run(5_000_000));
            Assert.True(text.Length > 250, "the program ends before it has done much");
            with(rom, text.ToString());
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static string Folder([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "programs");

    private static string InLines(string text) => text.Replace("#", "\n#", StringComparison.Ordinal);
}
