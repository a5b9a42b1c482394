using Verified.Spec;

namespace Verified.Kernel;

/// <summary>A register of a chip, and its value at the first cut point.</summary>
/// <param name="Register">Its name.</param>
/// <param name="Port">The port that reads it, as a byte.</param>
/// <param name="Value">Its value.</param>
/// <param name="Why">The meaning of the value.</param>
/// <param name="Mask">The bits that are declared.</param>
/// <param name="Select">
/// The write (port and value) that selects the register for reading; null if none is needed.
/// </param>
public sealed record DeclaredChip(
    string Register,
    uint Port,
    uint Value,
    string Why,
    uint Mask = 0xFF,
    (uint Port, uint Value)? Select = null
);

/// <summary>
/// The chips that boot sets up, with the values of their registers at the first cut point. These are the serial port
/// (PC16550D data sheet), the interrupt controllers (8259A) and the timer (8254, read-back command).
/// </summary>
public static class DeclaredChips
{
    private const uint LineControl = Com1Ports.Data + 3,
        EightBits = 0x03,
        DivisorLatch = 0x80;

    // OCW3: the next read gives the interrupts in service. Read-back: latch the status of channel 0.
    private const uint ReadInService = 0x0B,
        ReadStatusOf0 = 0xE2;

    /// <summary>
    /// All declared registers, in the order in which to read them. The divisor comes last, because its selection hides
    /// other registers.
    /// </summary>
    public static readonly IReadOnlyList<DeclaredChip> All =
    [
        new("COM1 interrupt enable", Com1Ports.InterruptEnable, 0x00, "the port raises no interrupts"),
        new("COM1 interrupt identification", Com1Ports.FifoControl, 0xC1, "FIFOs on, no interrupt waits"),
        new("COM1 line control", LineControl, EightBits, "8 bits, no parity, 1 stop bit, no divisor latch"),
        new("COM1 modem control", Com1Ports.ModemControl, 0x03, "DTR and RTS, no interrupt line, no loop-back"),
        new(
            "first controller's mask",
            PicPorts.MasterData,
            Interrupts.AllMasked & 0xFF,
            "timer and second controller open"
        ),
        new(
            "second controller's mask",
            PicPorts.SlaveData,
            Interrupts.AllMasked >> (int)PicPorts.Lines,
            "every line is masked"
        ),
        new(
            "first controller in service",
            PicPorts.MasterCommand,
            0,
            "none",
            Select: (PicPorts.MasterCommand, ReadInService)
        ),
        new(
            "second controller in service",
            PicPorts.SlaveCommand,
            0,
            "none",
            Select: (PicPorts.SlaveCommand, ReadInService)
        ),
        new(
            "timer channel 0",
            0x40,
            PitPorts.Initialisation[0].Value,
            "both bytes, mode 2, binary",
            0x3F,
            (0x43, ReadStatusOf0)
        ),
        new(
            "COM1 divisor, low byte",
            Com1Ports.Data,
            0x01,
            "115,200 baud",
            Select: (LineControl, DivisorLatch | EightBits)
        ),
        new("COM1 divisor, high byte", Com1Ports.InterruptEnable, 0x00, "115,200 baud"),
    ];

    /// <summary>Describes every register that differs.</summary>
    /// <param name="input">Reads a byte from a port.</param>
    /// <param name="output">Writes a byte to a port, which selects the next register.</param>
    public static IEnumerable<string> Differences(Func<uint, uint> input, Action<uint, uint> output)
    {
        foreach (var chip in All)
        {
            if (chip.Select is var (port, value))
                output(port, value);
            if ((input(chip.Port) & chip.Mask) is var seen && seen != (chip.Value & chip.Mask))
                yield return $"{chip.Register} is {seen:X2}h, not {chip.Value & chip.Mask:X2}h: {chip.Why}";
        }
    }
}
