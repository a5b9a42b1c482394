using Verified.Kernel;
using Verified.Machine.Chips;
using Verified.Machine.Computer;
using Verified.Proofs.First;
using Verified.Proofs.Prove;
using Verified.Spec.Values;

namespace Verified.Proofs.Commands;

/// <summary>
/// Checks how boot has programmed the chips, by their behaviour.
/// <list>
/// <item>Each line interrupts at its vector, once per edge.</item>
/// <item>An interrupt in service holds back itself and all lower priorities until its end.</item>
/// <item>The kernel's clock ticks once per millisecond.</item>
/// </list>
/// </summary>
public static class ChipChecks
{
    private const uint FirstPort = 0x20,
        SecondPort = 0xA0;
    private const byte EndOfInterrupt = 0x20;
    private const int Cascade = 2,
        Last = 7,
        Lines = 16,
        Milliseconds = 50;

    /// <summary>The claims. The clock is checked only if the demonstration runs, because it runs long enough.</summary>
    /// <exception cref="ImageException">The image does not reach the first cut point.</exception>
    public static IEnumerable<Claim> Of(string boot, KernelImage image, IReadOnlyList<BootModule> modules)
    {
        var wrong = Interrupts(Booting.Boot(image, modules).Pc.Interrupts);
        yield return Claim.Of(
            $"{boot}: interrupts come at their vectors",
            wrong is null,
            Standing.Tested,
            wrong ?? $"{Lines - 1} lines, one at a time"
        );
        var register = FirstStateCheck.Chips(Booting.Boot(image, modules).Pc).FirstOrDefault();
        yield return Claim.Of(
            $"{boot}: the chips' registers are as declared",
            register is null,
            Standing.Tested,
            register ?? $"{DeclaredChips.All.Count} registers of serial port, interrupt controllers and timer"
        );
        if (modules.Count > 0)
            yield break;
        var late = Clock(image, Booting.Boot(image).Pc);
        yield return Claim.Of(
            $"{boot}: the clock ticks each millisecond",
            late is null,
            Standing.Tested,
            late ?? $"{Milliseconds} ticks in {Milliseconds} ms of the machine, one more or less"
        );
    }

    /// <summary>The first deviation of the chips after a boot without modules, or null.</summary>
    /// <exception cref="ImageException">The image does not reach the first cut point.</exception>
    public static string? Wrong(KernelImage image) =>
        FirstStateCheck.Chips(Booting.Boot(image).Pc).FirstOrDefault()
        ?? Interrupts(Booting.Boot(image).Pc.Interrupts)
        ?? Clock(image, Booting.Boot(image).Pc);

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

    private static string? Clock(KernelImage image, Pc pc)
    {
        var clock = Layout.Physical(image.Layout.Clock.Address<Concrete>(0, Layout.ClockTicks).Value);
        var (before, since) = (pc.Memory.Load(clock, 4), pc.Time);
        while (pc.Time - since < Milliseconds * pc.ClockRate / 1000)
            if (pc.Run(pc.ClockRate / 1000) != StopReason.Budget)
                return $"the machine stops before {Milliseconds} ms have passed";
        var (ticks, passed) = (pc.Memory.Load(clock, 4) - before, (pc.Time - since) * 1000 / pc.ClockRate);
        return Math.Abs(ticks - passed) <= 1 ? null : $"{ticks} ticks in {passed} ms";
    }
}
