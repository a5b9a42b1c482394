using System.Text;
using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Proofs.Host;
using Xunit;

namespace Verified.Tests.Kernel;

/// <summary>Runs the image in QEMU.</summary>
internal static class Qemu
{
    public const string Program = "qemu-system-i386";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    // A program ends QEMU with an odd status.
    private static readonly string[] Machine =
    [
        "-display",
        "none",
        "-monitor",
        "none",
        "-no-reboot",
        "-device",
        "isa-debug-exit,iobase=0xf4,iosize=4",
    ];

    /// <summary>The text that a ROM prints on port E9h until it ends QEMU.</summary>
    /// <param name="rom">A file of 64 KB.</param>
    /// <param name="options">More options.</param>
    public static string RunRom(string rom, params string[] options)
    {
        var ended = TryRom(rom, options);
        Assert.True(ended.Exit % 2 == 1, $"QEMU did not end as the ROM ends it: {ended.Why}");
        return ended.Output;
    }

    /// <summary>The reason why QEMU does not run a ROM that prints a text; null if it does.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">QEMU is not installed.</exception>
    public static string? TryRom(byte[] content, string text)
    {
        var rom = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(rom, content);
            var ended = TryRom(rom, []);
            return ended.Output == text ? null : $"{Program} does not run a ROM: {ended.Why}";
        }
        finally
        {
            File.Delete(rom);
        }
    }

    private static Ended TryRom(string rom, string[] options) =>
        OtherProgram.Run(
            Program,
            [.. Machine, "-serial", "none", "-debugcon", "stdio", "-bios", rom, .. options],
            Patience
        );

    /// <summary>Boots an image. Returns the lines of QEMU's serial port, and its exit status.</summary>
    /// <param name="image">The image.</param>
    /// <param name="modules">The servers of the image.</param>
    /// <param name="prompt">After the machine has printed this at the end of a line, the test types.</param>
    /// <param name="typed">The text that the test types.</param>
    public static (string[] Lines, int Status) Run(
        KernelImage image,
        IReadOnlyList<BootModule> modules,
        string prompt = "",
        string typed = ""
    ) => WithFiles(image.ToElf(), modules, options => Start(options, prompt, typed));

    /// <summary>
    /// Boots a kernel. Returns the text of QEMU's serial port, and its exit status: null if it did not end by itself.
    /// </summary>
    /// <param name="kernel">A Multiboot kernel.</param>
    /// <param name="modules">The modules of the kernel, with their command lines.</param>
    /// <param name="heard">Gets each byte, and returns the text to type then; null gives up.</param>
    /// <param name="devices">More options.</param>
    public static (string Text, int? Status) Converse(
        byte[] kernel,
        IReadOnlyList<BootModule> modules,
        Func<char, string?> heard,
        params string[] devices
    ) => WithFiles(kernel, modules, options =>
        {
            using var qemu = OtherProgram.Start(
                Program,
                [.. Machine, "-serial", "stdio", .. devices, "-m", "64", .. options],
                Patience
            );
            var text = new StringBuilder();
            while (qemu.Process.StandardOutput.Read() is >= 0 and var read)
            {
                text.Append((char)read);
                if (heard((char)read) is not { } typed)
                    return (text.ToString(), null);
                qemu.Process.StandardInput.Write(typed);
                qemu.Process.StandardInput.Flush();
            }

            return (text.ToString(), qemu.End(text.ToString()).Exit);
        });

    private static T WithFiles<T>(byte[] content, IReadOnlyList<BootModule> modules, Func<string[], T> use)
    {
        var folder = Directory.CreateTempSubdirectory("verified-qemu").FullName;
        try
        {
            var kernel = Path.Combine(folder, "kernel");
            File.WriteAllBytes(kernel, content);
            var files = modules
                .Select(
                    (module, i) =>
                    {
                        var file = Path.Combine(folder, $"module{i}");
                        File.WriteAllBytes(file, module.Content);
                        var space = module.CommandLine.IndexOf(' ', StringComparison.Ordinal);
                        return space < 0 ? file : file + module.CommandLine[space..];
                    }
                )
                .ToList();
            return use(["-kernel", kernel, .. files.Count == 0 ? (string[])[] : ["-initrd", string.Join(',', files)]]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Boots a disk. Returns the lines of QEMU's serial port, and its exit status.</summary>
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
        using var qemu = OtherProgram.Start(
            Program,
            [.. Machine, "-serial", "stdio", "-m", "64", .. options],
            Patience
        );
        var text = new StringBuilder();
        while (qemu.Process.StandardOutput.Read() is >= 0 and var read)
        {
            text.Append((char)read);
            if (
                typed.Length == 0
                || read != '\n'
                || !text.ToString().EndsWith(prompt + "\r\n", StringComparison.Ordinal)
            )
                continue;
            qemu.Process.StandardInput.Write(typed);
            qemu.Process.StandardInput.Flush();
        }

        var ended = qemu.End(text.ToString());
        Assert.True(ended.Exit % 2 == 1, $"QEMU did not end as its program ends it: {ended.Why}\n{text}");
        return (Lines(text.ToString()), ended.Exit!.Value);
    }

    public static string[] Lines(string text) => text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
}
