using System.Buffers.Binary;
using Verified.Machine.Computer;
using Verified.Machine.Processor;

namespace Verified.Machine.Boot;

/// <summary>
/// The memory contents that a PC's firmware leaves for the program that it starts: interrupt vectors, the BIOS data
/// area, and a map of the memory.
/// </summary>
internal static class Firmware
{
    /// <summary>Kilobytes of conventional memory; the extended BIOS data area, of one kilobyte, follows.</summary>
    public const uint LowerKilobytes = 639;

    private const uint DataArea = 0x400,
        ExtendedDataArea = LowerKilobytes << 10,
        ExtendedKilobytes = 1;

    private const uint Available = 1,
        Reserved = 2;

    /// <summary>RAM, the BIOS area, and RAM from 1 MB on, with their types in INT 15h, E820h.</summary>
    public static (uint Start, uint End, uint Type)[] Areas(uint memory) =>
        [(0, LowerKilobytes << 10, Available), (LowerKilobytes << 10, 1 << 20, Reserved), (1 << 20, memory, Available)];

    /// <summary>Writes vectors, services and data areas, and sets up the interrupt controllers and the timer.</summary>
    public static void Write(Pc pc)
    {
        var (at, services, vectors) = FirmwareServices.Make(pc.Memory.Size);
        pc.Memory.Write(at, services);
        pc.Memory.Write(0, vectors);
        pc.Memory.Write(DataArea, Data(ModelTraits.Of(pc.Cpu.Model).HasCoprocessor));
        pc.Memory.Write(ExtendedDataArea, [(byte)ExtendedKilobytes]);
        pc.LeaveAsFirmware();
    }

    /// <summary>
    /// The fields of the BIOS data area, by their offset from 400h (IBM PS/2 and PC BIOS Interface Technical Reference,
    /// section 3).
    /// </summary>
    private static byte[] Data(bool coprocessor)
    {
        const ushort serial = 0x3F8,
            parallel = 0x378,
            display = 0x3D4,
            keyboardBuffer = 0x1E,
            keyboardBufferEnd = 0x3E;
        // One serial port, one parallel port, a colour display of 80 columns, perhaps an x87; no diskette drive.
        var equipment = 1 << 14 | 1 << 9 | 2 << 4 | (coprocessor ? 2 : 0);
        const int columns = 80,
            rows = 25,
            textMode = 3,
            page = 4096,
            scanLines = 16,
            cursor = 0x0607;
        const byte enhancedKeyboard = 0x10;
        var area = new byte[0x100];
        foreach (
            var (at, value) in (ReadOnlySpan<(int, int)>)
                [
                    (0x00, serial),
                    (0x08, parallel),
                    (0x0E, (int)(ExtendedDataArea >> 4)),
                    (0x10, equipment),
                    (0x13, (int)LowerKilobytes),
                    (0x1A, keyboardBuffer),
                    (0x1C, keyboardBuffer),
                    (0x4A, columns),
                    (0x4C, page),
                    (0x60, cursor),
                    (0x63, display),
                    (0x80, keyboardBuffer),
                    (0x82, keyboardBufferEnd),
                    (0x85, scanLines),
                ]
        )
            BinaryPrimitives.WriteUInt16LittleEndian(area.AsSpan(at), (ushort)value);
        // The display mode, its control register and palette, the number of rows minus one, and the states of display
        // and keyboard.
        foreach (
            var (at, value) in (ReadOnlySpan<(int, byte)>)
                [
                    (0x49, textMode),
                    (0x65, 0x29),
                    (0x66, 0x30),
                    (0x84, rows - 1),
                    (0x87, 0x60),
                    (0x88, 0xF9),
                    (0x89, 0x11),
                    (0x96, enhancedKeyboard),
                ]
        )
            area[at] = value;
        return area;
    }
}
