namespace Verified.Machine.Computer;

/// <summary>The I/O ports. A wider access is one byte access per port, low port first; nothing answers with ones.</summary>
public sealed partial class Pc
{
    private const uint Com1 = 0x3F8, DebugExit = 0xF4;

    internal uint In(uint port, int size)
    {
        uint value = 0;
        for (var i = 0; i < size; i++)
            value |= (uint)InByte(port + (uint)i & 0xFFFF) << 8 * i;
        return value;
    }

    internal void Out(uint port, int size, uint value)
    {
        if (port is >= DebugExit and < DebugExit + 4)
        {
            ExitStatus = (int)(value << 1 | 1);
            return;
        }
        for (var i = 0; i < size; i++)
            OutByte(port + (uint)i & 0xFFFF, (byte)(value >> 8 * i));
    }

    /// <summary>Queues bytes for COM1.</summary>
    public void Type(ReadOnlySpan<byte> bytes)
    {
        Serial.Receive(bytes);
        UpdateSerialLine();
    }

    private byte InByte(uint port)
    {
        switch (port)
        {
            case 0x20 or 0x21 or 0xA0 or 0xA1:
                return _pics.Read(port);
            case >= 0x40 and <= 0x43:
                return _pit.Read(port, TimerClock);
            case >= Com1 and < Com1 + 8:
                var value = Serial.Read((int)(port - Com1));
                UpdateSerialLine();
                return value;
            default:
                return 0xFF;
        }
    }

    private void OutByte(uint port, byte value)
    {
        switch (port)
        {
            case 0x20 or 0x21 or 0xA0 or 0xA1:
                _pics.Write(port, value);
                _interruptPending = _pics.IsPending;
                break;
            case >= 0x40 and <= 0x43:
                _pit.Write(port, value, TimerClock);
                ScheduleTimer();
                break;
            case >= Com1 and < Com1 + 8:
                Serial.Write((int)(port - Com1), value);
                UpdateSerialLine();
                break;
            default:
                // Nothing is there.
                break;
        }
    }

    private void UpdateSerialLine()
    {
        _pics.SetLine(4, Serial.Interrupts);
        _interruptPending = _pics.IsPending;
    }
}
