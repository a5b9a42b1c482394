using Verified.Proofs.Host;
using Xunit;

namespace Verified.Tests.Machine;

/// <summary>
/// Runs a ROM in Bochs, which prints the bytes written to port E9h among its own messages. Or boots a disk.
/// </summary>
internal static class Bochs
{
    public const string Program = "bochs";

    // It writes this to standard error when a program ends it by port 8900h.
    private const string RegularEnd = "shutdown requested";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Everything that it prints until the ROM ends it by port 8900h, without carriage returns.</summary>
    /// <param name="rom">A file of 64 KB.</param>
    public static string Run(string rom)
    {
        var ended = RunRom(rom);
        Assert.True(
            ended.Errors.Contains(RegularEnd, StringComparison.Ordinal),
            $"Bochs did not end as the ROM ends it: {ended.Why}"
        );
        return ended.Output.Replace("\r", "", StringComparison.Ordinal);
    }

    /// <summary>Why it does not run a ROM that prints a text, or null if it does.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">It is not installed.</exception>
    public static string? TryRom(byte[] content, string text)
    {
        if (!IsThere(VideoBios))
            return $"{VideoBios} is not installed, and Bochs starts nothing without it";
        var rom = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(rom, content);
            var ended = RunRom(rom);
            return ended.Output.Contains(text, StringComparison.Ordinal)
                ? null
                : $"Bochs does not run a ROM: {ended.Why}";
        }
        finally
        {
            File.Delete(rom);
        }
    }

    private static Ended RunRom(string rom) =>
        With(
            ["megs: 16", $"romimage: file={rom}, address=0xffff0000", "com1: enabled=1, mode=file, dev=/dev/null"],
            bochs => bochs.End(bochs.Process.StandardOutput.ReadToEnd())
        );

    /// <summary>
    /// The text that a disk's program writes to COM1, up to a given line, or until no text has come for a minute.
    /// </summary>
    /// <param name="disk">Whole cylinders of 16 heads and 63 sectors.</param>
    /// <param name="last">The line.</param>
    public static string[] Boot(byte[] disk, string last)
    {
        var (image, serial) = (Path.GetTempFileName(), Path.GetTempFileName());
        try
        {
            File.WriteAllBytes(image, disk);
            return With(
                [
                    "megs: 64",
                    $"romimage: file={Bios}",
                    $"vgaromimage: file={VideoBios}",
                    "boot: disk",
                    $"ata0-master: type=disk, path={image}, mode=flat, cylinders={disk.Length / (16 * 63 * 512)}, "
                        + "heads=16, spt=63",
                    $"com1: enabled=1, mode=file, dev={serial}",
                ],
                bochs =>
                {
                    bochs.Process.OutputDataReceived += (_, _) => { };
                    bochs.Process.BeginOutputReadLine();
                    string text;
                    do
                    {
                        text = ReadShared(serial);
                    } while (!text.Contains(last + "\r\n", StringComparison.Ordinal) && !bochs.Process.WaitForExit(50));
                    // The program waits for interrupts for ever, so Bochs ends by itself only if it fails.
                    if (bochs.Process.HasExited)
                        Assert.Fail($"Bochs ended before '{last}' came: {bochs.End(text).Why}\n{text}");
                    return text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
                }
            );
        }
        finally
        {
            File.Delete(image);
            File.Delete(serial);
        }
    }

    public const string Bios = "/usr/share/bochs/BIOS-bochs-latest",
        VideoBios = "/usr/share/bochs/VGABIOS-lgpl-latest";

    /// <summary>Which BIOS it lacks to boot a disk, or null.</summary>
    public static string? WithoutBios => IsThere(Bios) ? null : $"{Bios} is not installed";

    // A package may bring a link to a file of another package.
    private static bool IsThere(string file) =>
        File.Exists(file) && File.ResolveLinkTarget(file, returnFinalTarget: true) is not { Exists: false };

    private static string ReadShared(string file)
    {
        using var reader = new StreamReader(
            new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)
        );
        return reader.ReadToEnd();
    }

    private static T With<T>(string[] machine, Func<OtherProgram, T> use)
    {
        var folder = Directory.CreateTempSubdirectory("verified-bochs").FullName;
        try
        {
            var (options, commands) = (Path.Combine(folder, "bochsrc"), Path.Combine(folder, "commands"));
            File.WriteAllLines(
                options,
                [
                    .. machine,
                    "display_library: rfb, options=\"timeout=0\"",
                    "cpu: model=p2_klamath, ips=50000000, reset_on_triple_fault=0",
                    "port_e9_hack: enabled=1",
                    $"log: {Path.Combine(folder, "log")}",
                    "panic: action=fatal",
                    "error: action=ignore",
                    "info: action=ignore",
                ]
            );
            // A build with the debugger waits for a command first.
            File.WriteAllText(commands, "c\n");
            using var bochs = OtherProgram.Start(Program, ["-q", "-f", options, "-rc", commands], Patience);
            return use(bochs);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
