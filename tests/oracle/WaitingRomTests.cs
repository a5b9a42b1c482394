using System.Diagnostics;
using System.Text;
using Verified.Machine.Computer;
using Verified.Proofs.Oracle;
using Verified.Tests.Kernel;
using Verified.Tests.Machine;
using Xunit;

namespace Verified.Tests.Oracle;

/// <summary>Waiting for an interrupt ends the same way on the machine, in QEMU and in Bochs.</summary>
public class WaitingRomTests
{
    [Fact]
    public void The_machine_wakes_at_each_tick()
    {
        var pc = new Pc(16 << 20, WaitingRom.Build());
        var text = new StringBuilder();
        pc.ConsoleSent = sent => text.Append((char)sent);
        Assert.Equal(StopReason.Exited, pc.Run(1_000_000));
        Assert.Equal(WaitingRom.Transcript, text.ToString());
    }

    [QemuFact]
    public void So_does_qemu()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, WaitingRom.Build());
            // A 486 has no local APIC, which would have to be told to let the 8259 through.
            using var qemu = Process.Start(new ProcessStartInfo(QemuFact.Program,
                ["-cpu", "486", "-bios", file, "-display", "none", "-debugcon", "stdio", "-serial", "none", "-monitor", "none", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
            using var limit = new Timer(_ => qemu.Kill(), null, TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan);
            Assert.Equal(WaitingRom.Transcript, qemu.StandardOutput.ReadToEnd());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [BochsFact]
    public void So_does_bochs()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, WaitingRom.Build());
            Assert.Contains(WaitingRom.Transcript, Bochs.Run(file));
        }
        finally
        {
            File.Delete(file);
        }
    }
}
