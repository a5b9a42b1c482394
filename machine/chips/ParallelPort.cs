namespace Verified.Machine.Chips;

/// <summary>
/// A parallel port with a device that takes each byte as soon as it is on the data lines. It does not wait for the
/// strobe, because programs that only show progress leave the strobe out.
/// </summary>
public sealed class ParallelPort : IDevice
{
    private const byte NotBusy = 0x80,
        NotAcknowledge = 0x40,
        Selected = 0x10,
        NoError = 8;
    private byte _data,
        _control = 0x0C;

    /// <inheritdoc/>
    public Action<bool>? Output { get; set; }

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

    byte IDevice.Read(uint port, long now) => Read((int)(port & 3));

    void IDevice.Write(uint port, byte value, long now) => Write((int)(port & 3), value);

    void IDevice.CopyFrom(IDevice other) => CopyFrom((ParallelPort)other);

    IDevice IDevice.Copy()
    {
        var copy = new ParallelPort();
        copy.CopyFrom(this);
        return copy;
    }

    internal void CopyFrom(ParallelPort other) => (_data, _control) = (other._data, other._control);
}
