using System.Diagnostics;

namespace Verified.Tests.Machine;

/// <summary>Runs a ROM in Bochs, which prints what is written to port E9h among its own messages.</summary>
internal static class Bochs
{
    public const string Program = "bochs";

    /// <summary>Everything that it prints until the ROM ends it by port 8900h, without carriage returns.</summary>
    /// <param name="rom">A file of 64 KB.</param>
    public static string Run(string rom)
    {
        var folder = Directory.CreateTempSubdirectory("verified-bochs").FullName;
        try
        {
            var (options, commands) = (Path.Combine(folder, "bochsrc"), Path.Combine(folder, "commands"));
            File.WriteAllLines(options,
            [
                "display_library: rfb, options=\"timeout=0\"", "megs: 16", $"romimage: file={rom}, address=0xffff0000",
                "cpu: model=p2_klamath, ips=50000000, reset_on_triple_fault=0", "port_e9_hack: enabled=1",
                $"log: {Path.Combine(folder, "log")}", "panic: action=fatal", "error: action=ignore", "info: action=ignore",
            ]);
            // A build with the debugger waits for a command first.
            File.WriteAllText(commands, "c\n");
            using var bochs = Start(options, commands);
            using var limit = new Timer(_ => bochs.Kill(), null, TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan);
            var text = bochs.StandardOutput.ReadToEnd();
            bochs.WaitForExit();
            return text.Replace("\r", "", StringComparison.Ordinal);
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
    public BochsFact() => Skip = Programs.Missing(Bochs.Program);
}
