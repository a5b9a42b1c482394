using System.Text;
using Verified.Machine.Computer;
using Verified.Proofs.Oracle;
using Verified.Tests.Host;
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

    [FactWith(Tool.Qemu)]
    public void So_does_qemu()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, WaitingRom.Build());
            // A 486 has no local APIC, which would need programming to let the 8259's interrupts through.
            Assert.Equal(WaitingRom.Transcript, Qemu.RunRom(file, "-cpu", "486"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [FactWith(Tool.Bochs)]
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
