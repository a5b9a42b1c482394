using Verified.Kernel;
using Verified.Machine.Chips;
using Verified.Machine.Computer;
using Verified.Proofs.Prove;
using Verified.Spec.Values;

namespace Verified.Proofs.First;

/// <summary>
/// Checks how boot has programmed the chips, by their behaviour.
/// <list>
/// <item>Each line interrupts at its vector, once per edge.</item>
/// <item>An interrupt in service holds back itself and all lower priorities until its end.</item>
/// <item>The kernel's clock ticks once per millisecond.</item>
/// </list>
/// </summary>
public static class ChipCheck
{
    private const uint FirstPort = 0x20,
        SecondPort = 0xA0;
    private const byte EndOfInterrupt = 0x20;
    private const int Cascade = 2,
        Last = 7;

    /// <summary>The lines of both controllers.</summary>
    public const int Lines = 16;

    /// <summary>The time, by the machine's clock, in which the ticks are counted.</summary>
    public const int Milliseconds = 50;

    /// <summary>The first deviation of the chips after a boot without modules, or null.</summary>
    /// <exception cref="ImageException">The image does not reach the first cut point.</exception>
    public static string? Wrong(KernelImage image) =>
        FirstStateCheck.Chips(Booting.Boot(image).Pc).FirstOrDefault()
        ?? Interrupts(Booting.Boot(image).Pc.Interrupts)
        ?? Clock(image);

    /// <summary>The first deviation of the controllers, or null.</summary>
    public static string? Interrupts(PicPair controllers)
    {
        controllers.Write(FirstPort + 1, 0);
        controllers.Write(SecondPort + 1, 0);
        for (var line = 0; line < Lines; line++)
            controllers.SetLine(line, false);
        for (var line = Lines - 1; line >= 0; line--)
        {
            if (line == Cascade)
                continue;
            controllers.SetLine(line, true);
            if (controllers.Acknowledge() is var vector && vector != Layout.TickVector + line)
                return $"line {line} interrupts at vector {vector:X}h";
            Edge(line);
            Edge(Last);
            if (line is 0 or 1 or > Last)
                Edge(Lines - 1);
            if (controllers.IsPending)
                return $"while line {line} is in service, another one of no higher priority interrupts";
            controllers.Write(FirstPort, EndOfInterrupt);
            if (line >= 8)
                controllers.Write(SecondPort, EndOfInterrupt);
            for (var waiting = 0; waiting < Lines; waiting++)
                controllers.SetLine(waiting, false);
            controllers.SetLine(line, true);
            if (controllers.Acknowledge() != Layout.TickVector + line)
                return $"line {line} does not interrupt a second time";
            controllers.Write(FirstPort, EndOfInterrupt);
            if (line >= 8)
                controllers.Write(SecondPort, EndOfInterrupt);
            if (controllers.IsPending)
                return $"line {line} interrupts again though it has stayed as it was";
            controllers.SetLine(line, false);
        }

        return null;

        void Edge(int line)
        {
            controllers.SetLine(line, false);
            controllers.SetLine(line, true);
        }
    }

    /// <summary>The first deviation of the kernel's clock after a boot without modules, or null.</summary>
    /// <exception cref="ImageException">The image does not reach the first cut point.</exception>
    public static string? Clock(KernelImage image)
    {
        var pc = Booting.Boot(image).Pc;
        var clock = Layout.Physical(image.Layout.Clock.Address<Concrete>(0, Layout.ClockTicks).Value);
        var (before, since) = (pc.Memory.Load(clock, 4), pc.Time);
        while (pc.Time - since < Milliseconds * pc.ClockRate / 1000)
            if (pc.Run(pc.ClockRate / 1000) != StopReason.Budget)
                return $"the machine stops before {Milliseconds} ms have passed";
        var (ticks, passed) = (pc.Memory.Load(clock, 4) - before, (pc.Time - since) * 1000 / pc.ClockRate);
        return Math.Abs(ticks - passed) <= 1 ? null : $"{ticks} ticks in {passed} ms";
    }
}
