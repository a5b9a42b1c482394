using Verified.Spec;

namespace Verified.Kernel;

/// <summary>The two 8259A interrupt controllers: ports and commands.</summary>
internal static class PicPorts
{
    public const uint MasterCommand = 0x20,
        MasterData = 0x21,
        SlaveCommand = 0xA0,
        SlaveData = 0xA1;

    /// <summary>Non-specific end of interrupt (OCW2).</summary>
    public const uint EndOfInterrupt = 0x20;

    /// <summary>Specific end of interrupt; the line is added (OCW2).</summary>
    public const uint SpecificEnd = 0x60;

    /// <summary>Lines of a controller.</summary>
    public const uint Lines = 8;

    /// <summary>The vector of the slave's first line.</summary>
    private const uint SlaveVector = Layout.TickVector + Lines;

    /// <summary>
    /// Ports and values: edge-triggered, cascaded on line 2, 8086 mode, all lines masked except the kernel's (ICW1-4,
    /// OCW1).
    /// </summary>
    public static IReadOnlyList<(uint Port, uint Value)> Initialisation =>
        [
            (MasterCommand, 0x11),
            (MasterData, Layout.TickVector),
            (MasterData, 1 << (int)Interrupts.Cascade),
            (MasterData, 0x01),
            (SlaveCommand, 0x11),
            (SlaveData, SlaveVector),
            (SlaveData, Interrupts.Cascade),
            (SlaveData, 0x01),
            (MasterData, Interrupts.AllMasked & 0xFF),
            (SlaveData, Interrupts.AllMasked >> (int)Lines),
        ];
}

/// <summary>The 8254 timer.</summary>
internal static class PitPorts
{
    /// <summary>1,193,182 Hz / 1,193: a tick of 1 ms.</summary>
    private const uint Divisor = 1193;

    /// <summary>Ports and values: channel 0, both bytes, mode 2 (rate generator), binary.</summary>
    public static IReadOnlyList<(uint Port, uint Value)> Initialisation =>
        [(0x43, 0x34), (0x40, Divisor & 0xFF), (0x40, Divisor >> 8)];

    /// <summary>The port of the gate of channel 2. The channel's output can be read there, too.</summary>
    public const uint Gate = 0x61;

    /// <summary>Channel 2 has counted down.</summary>
    public const uint Ended = 0x20;

    /// <summary>
    /// Ports and values: speaker off, gate open, and channel 2 with both bytes, mode 0 (the output rises at the end)
    /// and one millisecond.
    /// </summary>
    public static IReadOnlyList<(uint Port, uint Value)> Millisecond =>
        [(Gate, 0x01), (0x43, 0xB0), (0x42, Divisor & 0xFF), (0x42, Divisor >> 8)];
}

/// <summary>The 16550 serial port COM1.</summary>
internal static class Com1Ports
{
    public const uint Data = 0x3F8,
        InterruptEnable = 0x3F9,
        FifoControl = 0x3FA,
        ModemControl = 0x3FC,
        LineStatus = 0x3FD,
        Last = 0x3FF;

    /// <summary>A byte has been received (LSR bit 0); the transmitter can take a byte (bit 5).</summary>
    public const uint DataReady = 0x01,
        TransmitterEmpty = 0x20;

    /// <summary>IER: an interrupt for received data.</summary>
    public const uint ReceivedData = 0x01;

    /// <summary>FCR: FIFOs on. The first received byte raises an interrupt at once.</summary>
    public const uint FifosOn = 0x01;

    /// <summary>MCR: DTR, RTS, and OUT2, which connects the interrupt to its line.</summary>
    public const uint Connected = 0x0B;

    /// <summary>
    /// Ports and values: 115,200 baud, 8 bits, no parity, 1 stop bit, no interrupts, FIFOs on, DTR and RTS. Until the
    /// line control is known, the port may show its divisor in place of other registers. A byte that was received
    /// before is kept.
    /// </summary>
    public static IReadOnlyList<(uint Port, uint Value)> Initialisation =>
        [
            (Data + 3, 0x80),
            (Data, 0x01),
            (Data + 1, 0x00),
            (Data + 3, 0x03),
            (Data + 1, 0x00),
            (Data + 2, 0xC1),
            (Data + 4, 0x03),
        ];
}

/// <summary>The exit device of QEMU (isa-debug-exit): a byte v ends the run with status 2v + 1.</summary>
internal static class DebugExit
{
    public const uint Port = 0xF4;
}
