namespace Verified.Machine.Chips;

/// <summary>
/// A parallel port with a device that takes each byte as soon as it is on the data lines. It does not wait for the
/// strobe, because programs that only show progress leave the strobe out.
/// </summary>
public sealed class ParallelPort
{
    private const byte NotBusy = 0x80,
        NotAcknowledge = 0x40,
        Selected = 0x10,
        NoError = 8;
    private byte _data,
        _control = 0x0C;

    public Action<byte>? Sent { get; set; }

    /// <summary>Registers 0, 1 and 2 are data, status and control.</summary>
    public byte Read(int register) =>
        register switch
        {
            0 => _data,
            1 => NotBusy | NotAcknowledge | Selected | NoError | 7,
            _ => (byte)(_control | 0xE0),
        };

    public void Write(int register, byte value)
    {
        if (register == 2)
            _control = (byte)(value & 0x1F);
        if (register != 0)
            return;
        _data = value;
        Sent?.Invoke(value);
    }

    internal void CopyFrom(ParallelPort other) => (_data, _control) = (other._data, other._control);
}
