using System.Diagnostics;
using System.Text;
using Verified.Kernel;
using Verified.Machine.Computer;
using Xunit;

namespace Verified.Tests.Kernel;

/// <summary>Runs the image in QEMU.</summary>
internal static class Qemu
{
    public const string Program = "qemu-system-i386";

    /// <summary>Why it cannot be used here, or null.</summary>
    public static readonly string? Missing = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(path => File.Exists(Path.Combine(path, Program)) || File.Exists(Path.Combine(path, Program + ".exe")))
        ? null : $"{Program} is not installed";

    /// <summary>The lines of its serial port and its exit status.</summary>
    /// <param name="image">The image.</param>
    /// <param name="modules">Its servers.</param>
    /// <param name="prompt">When it has said this, which is the end of a line, something is typed.</param>
    /// <param name="typed">What.</param>
    public static (string[] Lines, int Status) Run(KernelImage image, IReadOnlyList<BootModule> modules, string prompt = "", string typed = "")
    {
        var folder = Directory.CreateTempSubdirectory("verified-qemu").FullName;
        try
        {
            var kernel = Path.Combine(folder, "kernel");
            image.Save(kernel);
            var files = modules.Select((module, i) =>
            {
                var file = Path.Combine(folder, $"module{i}");
                File.WriteAllBytes(file, module.Content);
                return file;
            }).ToList();
            return Start(["-kernel", kernel, .. files.Count == 0 ? (string[])[] : ["-initrd", string.Join(',', files)]], prompt, typed);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The same of a disk that it boots from.</summary>
    public static (string[] Lines, int Status) Boot(byte[] disk, string prompt, string typed)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, disk);
            return Start(["-drive", $"file={file},format=raw"], prompt, typed);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static (string[] Lines, int Status) Start(string[] options, string prompt = "", string typed = "")
    {
        using var qemu = Process.Start(new ProcessStartInfo(Program,
            [.. options, "-m", "64", "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot",
             "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"])
        { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        using var limit = new Timer(_ => qemu.Kill(), null, TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan);
        var text = new StringBuilder();
        while (qemu.StandardOutput.Read() is >= 0 and var read)
        {
            text.Append((char)read);
            if (typed.Length == 0 || read != '\n' || !text.ToString().EndsWith(prompt + "\r\n", StringComparison.Ordinal)) continue;
            qemu.StandardInput.Write(typed);
            qemu.StandardInput.Flush();
        }

        qemu.WaitForExit();
        return (Lines(text.ToString()), qemu.ExitCode);
    }

    public static string[] Lines(string text) => text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A fact that needs QEMU, skipped where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class QemuFact : FactAttribute
{
    public const string Program = Qemu.Program;

    public QemuFact() => Skip = Qemu.Missing;
}
