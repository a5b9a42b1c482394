using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Tests.Kernel;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>
/// What ring 3 of the host cannot reach, against QEMU and Bochs: ROMs that walk through real mode, gates, tasks, virtual-8086 mode, paging and debug
/// registers, and print what they meet. The transcripts are the same byte for byte. The chips' registers, virtual interrupts and most of the tasks are
/// compared with Bochs's alone: QEMU has no null count, closed gates, changed modem lines, VIF or VIP, and switches tasks with few of their checks.
/// </summary>
public class ModeTests
{
    [ModeTheory]
    [InlineData("real")]
    [InlineData("protected")]
    public void A_rom_prints_the_same_here_and_in_qemu(string name) => Compare(name, (rom, own) =>
        Assert.Equal(Run(QemuFact.Program, "-bios", rom, "-display", "none", "-debugcon", "stdio", "-serial", "none", "-monitor", "none", "-no-reboot",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4").Replace("#", "\n#", StringComparison.Ordinal), own.Replace("#", "\n#", StringComparison.Ordinal)));

    [BochsTheory]
    [InlineData("real")]
    [InlineData("protected")]
    [InlineData("chips")]
    [InlineData("virtual")]
    [InlineData("tasks")]
    public void A_rom_prints_the_same_here_and_in_bochs(string name) => Compare(name, (rom, own) =>
        Assert.Contains(own.Replace("\r", "", StringComparison.Ordinal), Bochs.Run(rom)));

    private static void Compare(string name, Action<string, string> with)
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            var rom = Path.Combine(directory.FullName, "rom.bin");
            Run("nasm", "-f", "bin", Path.Combine(Folder(), name + ".asm"), "-o", rom);
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

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "programs");

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        using var limit = new Timer(_ => process.Kill(), null, TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan);
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text;
    }
}

/// <summary>A theory that needs QEMU and NASM, skipped where either is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ModeTheory : TheoryAttribute
{
    public ModeTheory() => Skip = Programs.Missing(QemuFact.Program, "nasm");
}

/// <summary>A theory that needs Bochs and NASM, skipped where either is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BochsTheory : TheoryAttribute
{
    public BochsTheory() => Skip = Bochs.Missing(biosToo: false, "nasm");
}

/// <summary>Programs that tests need.</summary>
internal static class Programs
{
    /// <summary>That one of them is not installed, or null.</summary>
    public static string? Missing(params string[] programs)
    {
        var paths = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return programs.FirstOrDefault(program => !paths.Any(path => File.Exists(Path.Combine(path, program)))) is { } missing
            ? $"{missing} is not installed" : null;
    }
}
