using System.Diagnostics;

namespace Verified.Tests.Machine;

/// <summary>Runs a ROM in Bochs, which prints what is written to port E9h among its own messages, or a disk.</summary>
internal static class Bochs
{
    public const string Program = "bochs";

    /// <summary>Everything that it prints until the ROM ends it by port 8900h, without carriage returns.</summary>
    /// <param name="rom">A file of 64 KB.</param>
    public static string Run(string rom) => With(["megs: 16", $"romimage: file={rom}, address=0xffff0000", "com1: enabled=1, mode=file, dev=/dev/null"], bochs =>
    {
        var text = bochs.StandardOutput.ReadToEnd();
        bochs.WaitForExit();
        return text.Replace("\r", "", StringComparison.Ordinal);
    });

    /// <summary>What a disk's program writes to COM1, up to a line or until it has not come for a minute.</summary>
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
                "megs: 64", $"romimage: file={Bios}", $"vgaromimage: file={VideoBios}", "boot: disk",
                $"ata0-master: type=disk, path={image}, mode=flat, cylinders={disk.Length / (16 * 63 * 512)}, heads=16, spt=63",
                $"com1: enabled=1, mode=file, dev={serial}",
            ],
            bochs =>
            {
                bochs.OutputDataReceived += (_, _) => { };
                bochs.BeginOutputReadLine();
                string text;
                do
                {
                    text = ReadShared(serial);
                } while (!text.Contains(last + "\r\n", StringComparison.Ordinal) && !bochs.WaitForExit(50));
                // It waits for interrupts for ever.
                bochs.Kill();
                return text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            });
        }
        finally
        {
            File.Delete(image);
            File.Delete(serial);
        }
    }

    public const string Bios = "/usr/share/bochs/BIOS-bochs-latest", VideoBios = "/usr/share/bochs/VGABIOS-lgpl-latest";

    /// <summary>What is not there to run it, or null: it starts nothing without a video BIOS, and boots a disk with its own BIOS alone.</summary>
    /// <param name="biosToo">Whether a disk is to be booted.</param>
    /// <param name="others">Other programs that are needed.</param>
    public static string? Missing(bool biosToo, params string[] others) => Programs.Missing([Program, .. others])
        ?? (biosToo ? [Bios, VideoBios] : (string[])[VideoBios]).Where(file => !IsThere(file)).Select(file => $"{file} is not installed").FirstOrDefault();

    // A package may bring a link to a file of another package.
    private static bool IsThere(string file) => File.Exists(file) && File.ResolveLinkTarget(file, returnFinalTarget: true) is not { Exists: false };

    private static string ReadShared(string file)
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        return reader.ReadToEnd();
    }

    private static T With<T>(string[] machine, Func<Process, T> use)
    {
        var folder = Directory.CreateTempSubdirectory("verified-bochs").FullName;
        try
        {
            var (options, commands) = (Path.Combine(folder, "bochsrc"), Path.Combine(folder, "commands"));
            File.WriteAllLines(options,
            [
                .. machine, "display_library: rfb, options=\"timeout=0\"", "cpu: model=p2_klamath, ips=50000000, reset_on_triple_fault=0",
                "port_e9_hack: enabled=1", $"log: {Path.Combine(folder, "log")}", "panic: action=fatal", "error: action=ignore", "info: action=ignore",
            ]);
            // A build with the debugger waits for a command first.
            File.WriteAllText(commands, "c\n");
            using var bochs = Start(options, commands);
            using var limit = new Timer(_ => bochs.Kill(), null, TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan);
            return use(bochs);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Process Start(string options, string commands)
    {
        var process = Process.Start(new ProcessStartInfo(Program, ["-q", "-f", options, "-rc", commands])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }
}

/// <summary>A fact that needs Bochs, skipped where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BochsFact : Xunit.FactAttribute
{
    public BochsFact() => Skip = Bochs.Missing(biosToo: false);
}

/// <summary>A theory that needs Bochs and its BIOS, skipped where either is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BochsBiosTheory : Xunit.TheoryAttribute
{
    public BochsBiosTheory() => Skip = Bochs.Missing(biosToo: true);
}
