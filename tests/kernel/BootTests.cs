using System.Diagnostics;
using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Kernel;

/// <summary>The image boots, its programs talk, and the transcript is the same on the machine and in QEMU.</summary>
public class BootTests
{
    private const uint RoundTrips = 2000;

    private static readonly string[] Transcript =
    [
        "Verified: L4 X.0 on IA-32",
        "ping: 2000 round trips to pong, every answer right",
        "client: woken every 16th time, every answer right",
        "counter: moved when the others waited",
    ];

    [Fact]
    public void Programs_run_to_their_end_on_the_machine()
    {
        var pc = new Pc();
        var text = new System.Text.StringBuilder();
        pc.Serial.Sent = sent => text.Append((char)sent);
        Multiboot.Load(pc, KernelImage.Build(Limits.Shipping, new(RoundTrips)).ToElf());
        Assert.Equal(StopReason.Exited, pc.Run(100_000_000));
        Assert.Equal(Transcript, Lines(text.ToString()));
        Assert.Equal(1, pc.ExitStatus);
    }

    [QemuFact]
    public void Programs_run_to_their_end_in_qemu()
    {
        var file = Path.GetTempFileName();
        try
        {
            KernelImage.Build(Limits.Shipping, new(RoundTrips)).Save(file);
            using var qemu = Process.Start(new ProcessStartInfo(QemuFact.Program,
                ["-kernel", file, "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot",
                 "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"])
            { RedirectStandardOutput = true, RedirectStandardInput = true })!;
            using var limit = new Timer(_ => qemu.Kill(), null, TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan);
            var text = qemu.StandardOutput.ReadToEnd();
            qemu.WaitForExit();
            Assert.Equal(Transcript, Lines(text));
            Assert.Equal(1, qemu.ExitCode);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string[] Lines(string text) => text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>A fact that needs QEMU, skipped where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class QemuFact : FactAttribute
{
    public const string Program = "qemu-system-i386";

    public QemuFact()
    {
        var paths = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!paths.Any(path => File.Exists(Path.Combine(path, Program)) || File.Exists(Path.Combine(path, Program + ".exe"))))
            Skip = $"{Program} is not installed";
    }
}
