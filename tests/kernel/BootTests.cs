using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Spec;
using Verified.Tests.Host;
using Verified.Tests.Interface;
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
    [Sentence("19.16")]
    public void Programs_run_to_their_end_on_the_machine()
    {
        var pc = new Pc();
        var text = new System.Text.StringBuilder();
        pc.Serial.Sent = sent => text.Append((char)sent);
        Multiboot.Load(pc, KernelImage.Build(Limits.Shipping, new(RoundTrips)).ToElf());
        Assert.Equal(StopReason.Exited, pc.Run(100_000_000));
        Assert.Equal(Transcript, Qemu.Lines(text.ToString()));
        Assert.Equal(1, pc.ExitStatus);
    }

    [FactWith(Tool.Qemu)]
    public void Programs_run_to_their_end_in_qemu()
    {
        var (lines, status) = Qemu.Run(KernelImage.Build(Limits.Shipping, new(RoundTrips)), []);
        Assert.Equal(Transcript, lines);
        Assert.Equal(1, status);
    }
}
