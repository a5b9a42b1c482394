namespace Verified.Machine.Chips;

/// <summary>A parallel port (378h..37Ah) with a printer that is always ready: each strobe prints the data byte.</summary>
public sealed class ParallelPort
{
    private const byte Strobe = 1, NotBusy = 0x80, NotAcknowledge = 0x40, Selected = 0x10, NoError = 8;
    private byte _data, _control = 0x0C;

    public Action<byte>? Sent { get; set; }

    public byte Read(int register) => register switch
    {
        0 => _data,
        1 => NotBusy | NotAcknowledge | Selected | NoError | 7,
        _ => (byte)(_control | 0xE0),
    };

    public void Write(int register, byte value)
    {
        if (register == 0)
            _data = value;
        if (register != 2)
            return;
        if ((value & ~_control & Strobe) != 0)
            Sent?.Invoke(_data);
        _control = (byte)(value & 0x1F);
    }

    internal void CopyFrom(ParallelPort other) => (_data, _control) = (other._data, other._control);
}
