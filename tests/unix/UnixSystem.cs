using System.Runtime.CompilerServices;
using System.Text;
using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Proofs.Unix;
using Verified.Spec;
using Verified.Tests.Kernel;

namespace Verified.Tests.Unix;

/// <summary>The Unix server on the machine and in QEMU, with a terminal on which a test types.</summary>
internal static class UnixSystem
{
    private const long Slice = 1_000_000,
        Slices = 3_000;

    // Both kinds of machine have their own amount of free memory, which the server reports last.
    private const string Started = " KB of memory are free\r\n";

    internal static readonly Lazy<KernelImage> Image = new(() => KernelImage.Build(Limits.Shipping));

    /// <summary>The folder that keeps what gcc builds.</summary>
    public static readonly string Built = Path.Combine(Path.GetTempPath(), "verified-unix-server");

    /// <summary>The file system that <c>kernel/unix/packages</c> makes.</summary>
    public static string Klibc => Path.Combine(Here(), "..", "..", ".verified", "unix", "root");

    /// <summary>The folder of the tests' own programs.</summary>
    public static string Programs => Path.Combine(Here(), "programs");

    /// <summary>A program of <c>programs/</c>, built for Linux on IA-32.</summary>
    public static byte[] Program(string name)
    {
        var source = ($"{name}.c", File.ReadAllText(Path.Combine(Programs, $"{name}.c")));
        var kernel = ("kernel.h", File.ReadAllText(Path.Combine(Programs, "kernel.h")));
        var headers = Compiled.Find(path => path == "programs/call.h");
        return new Compiled(name, [source, kernel, .. headers], [], ["programs"]).File(Built, "gcc");
    }

    /// <summary>An archive with one file, /init, which everybody may execute.</summary>
    public static byte[] ArchiveOf(byte[] init)
    {
        var folder = Directory.CreateTempSubdirectory("verified-unix").FullName;
        try
        {
            var file = Path.Combine(folder, "init");
            File.WriteAllBytes(file, init);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(
                    file,
                    UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupExecute
                );
            return Archive.Of(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The machine's output after the server's start, and its exit status.</summary>
    /// <param name="archive">The file system.</param>
    /// <param name="heard">Gets the text so far, and returns the text to type then; null gives up.</param>
    /// <param name="way">The way of system calls.</param>
    public static (string Text, int? Status) OnTheMachine(
        byte[] archive,
        Func<string, string?> heard,
        UnixWay way = UnixWay.Library
    )
    {
        // Programs of Debian for i386 are built for processors from the Pentium Pro on.
        var pc = new Pc();
        pc.Cpu.Model = ProcessorModel.PentiumII;
        var listener = new Listener(heard);
        pc.Serial.Sent = sent => pc.Type(System.Text.Encoding.Latin1.GetBytes(listener.Hear((char)sent) ?? ""));
        var boot = UnixBoot.Of(way, () => Image.Value, archive, Built);
        Multiboot.Load(pc, boot.Kernel, "", [.. boot.Modules]);
        var reason = StopReason.Budget;
        for (var i = 0; i < Slices && reason == StopReason.Budget && !listener.GaveUp; i++)
            reason = pc.Run(Slice);
        return (listener.Text, reason == StopReason.Exited ? pc.ExitStatus >> 1 : null);
    }

    /// <summary>The output and the exit status of the same session in QEMU.</summary>
    public static (string Text, int? Status) InQemu(
        byte[] archive,
        Func<string, string?> heard,
        UnixWay way = UnixWay.Library
    )
    {
        var listener = new Listener(heard);
        var boot = UnixBoot.Of(way, () => Image.Value, archive, Built);
        var (_, status) = Qemu.Converse(boot.Kernel, boot.Modules, listener.Hear);
        return (listener.Text, status >> 1);
    }

    private static string Here([CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;

    /// <summary>Waits for the server's start, then lets a test answer.</summary>
    internal sealed class Listener(Func<string, string?> heard)
    {
        private readonly StringBuilder _before = new(),
            _text = new();
        private bool _started;

        public bool GaveUp { get; private set; }

        public string Text => _started ? _text.ToString() : _before.ToString();

        public string? Hear(char c)
        {
            if (!_started)
            {
                _started = _before.Append(c).ToString().EndsWith(Started, StringComparison.Ordinal);
                return "";
            }

            var answer = heard(_text.Append(c).ToString());
            GaveUp |= answer is null;
            return answer;
        }
    }
}
