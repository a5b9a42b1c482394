namespace Verified.Machine.Chips;

/// <summary>
/// A 16550A (National data sheet PC16550D). Its transmitter is ready unless <see cref="BusyReads"/> says otherwise: a
/// written byte goes to <see cref="Sent"/> at once. The processor reads what <see cref="Receive"/> has queued. A byte
/// arrives when the processor reads the status, or when its interrupt is enabled. So a driver that empties the receiver
/// when it starts loses no byte of the queue. In FIFO mode, fewer bytes than the trigger level raise the time-out
/// interrupt. The modem lines are those of a connected terminal, or in loop-back the chip's own outputs.
/// </summary>
public sealed class Uart : IDevice
{
    // The bytes that the other side has sent, and those of them that have arrived.
    private readonly Queue<byte> _wire = new(),
        _received = new();
    private byte _enable,
        _line,
        _modem,
        _scratch,
        _divisorLow = 1,
        _divisorHigh;
    private bool _fifo,
        _transmitterEmptied;
    private int _trigger = 1,
        _busy;
    private byte _modemBefore = TerminalLines;

    private const byte TerminalLines = 0xB0;

    /// <inheritdoc/>
    public Action<bool>? Output { get; set; }

    /// <summary>
    /// How often the line status is read before the transmitter takes the next byte. A byte that is written earlier is
    /// lost.
    /// </summary>
    public int BusyReads { get; set; }

    /// <summary>Receives the transmitted bytes.</summary>
    public Action<byte>? Sent { get; set; }

    /// <summary>The interrupt output. It is connected to the controller only while OUT2 is set.</summary>
    public bool Interrupts => (_modem & 8) != 0 && !Loopback && Cause != 1;

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
            _wire.Enqueue(b);
    }

    // The number of bytes that can be read.
    private int Waiting => _received.Count + (Loopback ? 0 : _wire.Count);

    private int Depth => _fifo ? 16 : 1;

    private void Arrive()
    {
        while (!Loopback && _received.Count < Depth && _wire.TryDequeue(out var b))
            _received.Enqueue(b);
    }

    // Interrupt identification: 4 data available, Ch data below the trigger level, 2 transmitter empty, 0 modem lines,
    // 1 none.
    private byte Cause =>
        (_enable & 1) != 0 && Waiting > 0
            ? _fifo && Waiting < _trigger
                ? (byte)12
                : (byte)4
            : (_enable & 2) != 0 && _transmitterEmptied
                ? (byte)2
                : (_enable & 8) != 0 && ModemChanges != 0
                    ? (byte)0
                    : (byte)1;

    // DCD, RI, DSR and CTS. Loop-back connects them to OUT2, OUT1, DTR and RTS.
    private byte ModemLines =>
        Loopback
            ? (byte)((_modem & 1) << 5 | (_modem & 2) << 3 | (_modem & 4) << 4 | (_modem & 8) << 4)
            : TerminalLines;

    // RI counts only when it falls.
    private byte ModemChanges =>
        (byte)((ModemLines ^ _modemBefore) >> 4 & 0xB | _modemBefore >> 4 & ~(ModemLines >> 4) & 4);

    private bool DivisorLatch => (_line & 0x80) != 0;

    private bool Loopback => (_modem & 0x10) != 0;

    /// <summary>Reads register 0..7, counted from the chip's first port.</summary>
    public byte Read(int register)
    {
        if (register is 2 or 5 || (register == 0 && !DivisorLatch))
            Arrive();
        switch (register)
        {
            case 0 when DivisorLatch:
                return _divisorLow;
            case 0:
                return _received.TryDequeue(out var b) ? b : (byte)0;
            case 1:
                return DivisorLatch ? _divisorHigh : _enable;
            case 2:
                var cause = Cause;
                if (cause == 2)
                    _transmitterEmptied = false;
                return (byte)(cause | (_fifo ? 0xC0 : 0));
            case 3:
                return _line;
            case 4:
                return _modem;
            case 5:
                var ready = _busy == 0;
                if (!ready)
                    _busy--;
                return (byte)((ready ? 0x60 : 0) | (Waiting > 0 ? 1 : 0));
            case 6:
                var status = (byte)(ModemLines | ModemChanges);
                _modemBefore = ModemLines;
                return status;
            default:
                return _scratch;
        }
    }

    public void Write(int register, byte value)
    {
        switch (register)
        {
            case 0 when DivisorLatch:
                _divisorLow = value;
                break;
            case 0:
                _transmitterEmptied = true;
                if (!Loopback && _busy == 0)
                    Sent?.Invoke(value);
                else if (Loopback && _received.Count < Depth)
                    _received.Enqueue(value);
                _busy = BusyReads;
                break;
            case 1 when DivisorLatch:
                _divisorHigh = value;
                break;
            case 1:
                // Enabling the transmitter interrupt while it is empty raises it.
                _transmitterEmptied |= (value & 2 & ~_enable) != 0;
                _enable = (byte)(value & 15);
                break;
            case 2:
                // A change of mode also empties the receiver. Without FIFOs there is nothing else to control.
                var fifo = (value & 1) != 0;
                if ((_enable & 1) != 0)
                    Arrive();
                if (fifo != _fifo || (fifo && (value & 2) != 0))
                    _received.Clear();
                _fifo = fifo;
                _trigger = (value >> 6) switch
                {
                    0 => 1,
                    1 => 4,
                    2 => 8,
                    _ => 14,
                };
                break;
            case 3:
                _line = value;
                break;
            case 4:
                _modem = (byte)(value & 31);
                break;
            case 7:
                _scratch = value;
                break;
            default:
                // Line status and modem status are read-only.
                break;
        }
    }

    byte IDevice.Read(uint port, long now)
    {
        var value = Read((int)(port & 7));
        Output?.Invoke(Interrupts);
        return value;
    }

    void IDevice.Write(uint port, byte value, long now)
    {
        Write((int)(port & 7), value);
        Output?.Invoke(Interrupts);
    }

    void IDevice.CopyFrom(IDevice other) => CopyFrom((Uart)other);

    IDevice IDevice.Copy()
    {
        var copy = new Uart();
        copy.CopyFrom(this);
        return copy;
    }

    internal void CopyFrom(Uart other)
    {
        (_enable, _line, _modem, _scratch, _divisorLow, _divisorHigh, _fifo, _transmitterEmptied) = (
            other._enable,
            other._line,
            other._modem,
            other._scratch,
            other._divisorLow,
            other._divisorHigh,
            other._fifo,
            other._transmitterEmptied
        );
        (_trigger, _modemBefore, _busy) = (other._trigger, other._modemBefore, other._busy);
        BusyReads = other.BusyReads;
        foreach (var (to, from) in ((Queue<byte>, Queue<byte>)[])[(_wire, other._wire), (_received, other._received)])
        {
            to.Clear();
            foreach (var b in from)
                to.Enqueue(b);
        }
    }
}
