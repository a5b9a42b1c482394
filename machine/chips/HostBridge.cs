namespace Verified.Machine.Chips;

/// <summary>
/// The host bridge of an Intel 440FX (data sheet 290549), as far as firmware needs it. Configuration mechanism 1 (ports
/// CF8h..CFFh) has one device, the bridge itself. Its PAM registers select RAM instead of the ROM between C0000h and 1
/// MB. Its other registers keep the values that are written.
/// </summary>
public sealed class HostBridge : IDevice
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

    // Command and status are partly writable. Vendor, device, revision, class and header type are read-only.
    private const int Command = 4,
        CommandHigh = 5,
        LatencyTimer = 0x0D,
        FirstOwn = 0x50;

    private readonly byte[] _registers = new byte[256];
    private uint _address;

    /// <param name="romStart">
    /// The start of the ROM's copy below 1 MB. The piece that contains it and all later pieces are ROM; earlier pieces
    /// are RAM.
    /// </param>
    public HostBridge(uint romStart)
    {
        ReadOnlySpan<byte> identity = [0x86, 0x80, 0x37, 0x12, 0x06, 0x00, 0x80, 0x02, 0x02, 0x00, 0x00, 0x06];
        identity.CopyTo(_registers);
        for (var piece = 0; piece < FirstOfLast64K && FirstPiece + (uint)(piece + 1) * PieceSize <= romStart; piece++)
            _registers[AttributesAt(piece)] |= (byte)((ReadsRam | WritesRam) << ShiftOf(piece));
    }

    /// <inheritdoc/>
    public Action<bool>? Output { get; set; }

    /// <summary>Called when the attributes of memory have changed.</summary>
    public Action? ShadowChanged { get; set; }

    /// <summary>The address register, which can only be read and written as a whole dword.</summary>
    public uint Address
    {
        get => _address;
        set => _address = value & 0x80FFFFFC;
    }

    /// <summary>Whether reads and writes of a piece go to RAM.</summary>
    public (bool Reads, bool Writes) Shadow(int piece)
    {
        var attributes = _registers[AttributesAt(piece)] >> ShiftOf(piece);
        return ((attributes & ReadsRam) != 0, (attributes & WritesRam) != 0);
    }

    /// <summary>
    /// A byte of the data port, from the register that the address selects. Without such a device, the byte is FFh.
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

    byte IDevice.Read(uint port, long now) => Read(port);

    void IDevice.Write(uint port, byte value, long now) => Write(port, value);

    void IDevice.CopyFrom(IDevice other) => CopyFrom((HostBridge)other);

    IDevice IDevice.Copy()
    {
        var copy = new HostBridge(0);
        copy.CopyFrom(this);
        return copy;
    }

    internal void CopyFrom(HostBridge other)
    {
        other._registers.CopyTo(_registers, 0);
        _address = other._address;
        ShadowChanged?.Invoke();
    }

    private int? Register(uint port) => (_address & ~0xFCu) == Enable ? (int)(_address & 0xFC | port & 3) : null;

    // The upper half of the first register is for the last 64 KB. Each other register has two pieces.
    private static int AttributesAt(int piece) =>
        piece >= FirstOfLast64K ? FirstAttributes : FirstAttributes + 1 + piece / 2;

    private static int ShiftOf(int piece) => piece >= FirstOfLast64K || piece % 2 != 0 ? 4 : 0;
}
