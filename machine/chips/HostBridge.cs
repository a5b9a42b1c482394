namespace Verified.Machine.Chips;

/// <summary>
/// The host bridge of an Intel 440FX (data sheet 290549) as far as firmware needs it: configuration mechanism 1 (ports
/// CF8h..CFFh) with one device, itself, whose PAM registers say where RAM is in place of the ROM between C0000h and 1
/// MB. Its other registers keep what is written.
/// </summary>
public sealed class HostBridge
{
    public const uint AddressPort = 0xCF8,
        DataPort = 0xCFC;

    /// <summary>Pieces of 16 KB from C0000h to 1 MB.</summary>
    public const int Pieces = 16;

    private const uint Enable = 1u << 31,
        FirstPiece = 0xC0000,
        PieceSize = 0x4000;
    private const int FirstAttributes = 0x59,
        LastAttributes = 0x5F,
        FirstOfLast64K = 12,
        ReadsRam = 1,
        WritesRam = 2;

    // Command and status can be written in part; vendor to revision, class and header cannot.
    private const int Command = 4,
        CommandHigh = 5,
        LatencyTimer = 0x0D,
        FirstOwn = 0x50;

    private readonly byte[] _registers = new byte[256];
    private uint _address;

    /// <param name="romStart">
    /// Where the ROM's copy below 1 MB starts: its piece, and those behind, are the ROM's, those before it RAM.
    /// </param>
    public HostBridge(uint romStart)
    {
        ReadOnlySpan<byte> identity = [0x86, 0x80, 0x37, 0x12, 0x06, 0x00, 0x80, 0x02, 0x02, 0x00, 0x00, 0x06];
        identity.CopyTo(_registers);
        for (var piece = 0; piece < FirstOfLast64K && FirstPiece + (uint)(piece + 1) * PieceSize <= romStart; piece++)
            _registers[AttributesAt(piece)] |= (byte)((ReadsRam | WritesRam) << ShiftOf(piece));
    }

    /// <summary>Told where the attributes of memory have changed.</summary>
    public Action? ShadowChanged { get; set; }

    /// <summary>The address register, which only a whole dword reads and writes.</summary>
    public uint Address
    {
        get => _address;
        set => _address = value & 0x80FFFFFC;
    }

    /// <summary>Where a piece is read from RAM, and where it is written to RAM.</summary>
    public (bool Reads, bool Writes) Shadow(int piece)
    {
        var attributes = _registers[AttributesAt(piece)] >> ShiftOf(piece);
        return ((attributes & ReadsRam) != 0, (attributes & WritesRam) != 0);
    }

    /// <summary>
    /// A byte of the data port: of the register that the address names; ones where there is no such device.
    /// </summary>
    public byte Read(uint port) => Register(port) is { } register ? _registers[register] : (byte)0xFF;

    public void Write(uint port, byte value)
    {
        if (
            Register(port) is not { } register
            || register is not (Command or CommandHigh or LatencyTimer or >= FirstOwn)
        )
            return;
        _registers[register] = value;
        if (register is >= FirstAttributes and <= LastAttributes)
            ShadowChanged?.Invoke();
    }

    internal void CopyFrom(HostBridge other)
    {
        other._registers.CopyTo(_registers, 0);
        _address = other._address;
    }

    private int? Register(uint port) => (_address & ~0xFCu) == Enable ? (int)(_address & 0xFC | port & 3) : null;

    // The upper half of the first register is for the last 64 KB; the others have two pieces each.
    private static int AttributesAt(int piece) =>
        piece >= FirstOfLast64K ? FirstAttributes : FirstAttributes + 1 + piece / 2;

    private static int ShiftOf(int piece) => piece >= FirstOfLast64K || piece % 2 != 0 ? 4 : 0;
}
