using Verified.Machine.Computer;

namespace Verified.Proofs.Prove;

/// <summary>
/// Chips that firmware and a boot loader have used for their own purposes. Multiboot promises nothing about chips, so
/// boot has to set up every register that matters. After RESET, many of them happen to have the right value.
/// </summary>
internal static class UsedChips
{
    private const uint LineControl = 0x3FB,
        SevenBits = 0x1A;

    // Every register that boot sets up gets another value.
    private static readonly (uint Port, uint Value)[] Writes =
    [
        // Interrupt controllers (8259A): vectors 08h and 70h, as a BIOS has them; some lines open.
        (0x20, 0x11),
        (0x21, 0x08),
        (0x21, 0x04),
        (0x21, 0x01),
        (0x21, 0xB8),
        (0xA0, 0x11),
        (0xA1, 0x70),
        (0xA1, 0x02),
        (0xA1, 0x01),
        (0xA1, 0x8E),
        // Timer channel 0 (8254): a square wave of the longest period.
        (0x43, 0x36),
        (0x40, 0x00),
        (0x40, 0x00),
        // COM1 (PC16550D): all interrupts, loop-back, FIFOs off, 7 bits with parity, divisor 010Ch, which it shows.
        (LineControl, SevenBits),
        (0x3F9, 0x0F),
        (0x3FC, 0x1F),
        (0x3FA, 0x00),
        (LineControl, 0x80 | SevenBits),
        (0x3F8, 0x0C),
        (0x3F9, 0x01),
    ];

    /// <summary>Leaves the chips of a machine as firmware and a loader may leave them.</summary>
    /// <param name="pc">The machine.</param>
    /// <param name="showsDivisor">Whether COM1 shows its divisor in place of other registers.</param>
    public static void Leave(Pc pc, bool showsDivisor = true)
    {
        foreach (var (port, value) in Writes)
            pc.Cpu.Bus.Out(port, 1, value);
        if (!showsDivisor)
            pc.Cpu.Bus.Out(LineControl, 1, SevenBits);
    }
}
