using Verified.Machine.Chips;
using Verified.Machine.Memory;

namespace Verified.Machine.Computer;

/// <summary>
/// The I/O ports. A wider access is one byte access for each port, lowest port first. If no device answers, reads
/// return ones.
/// </summary>
public sealed partial class Pc
{
    private const uint Com1 = 0x3F8,
        Com2 = 0x2F8,
        DebugExit = 0xF4,
        DebugConsole = 0xE9,
        FirmwareConsole = 0x402,
        PostCard = 0x80,
        OtherPostCard = 0x190;
    private const int KeyboardLine = 1,
        CascadeLine = 2,
        SecondSerialLine = 3,
        SerialLine = 4,
        ClockLine = 8;

    private readonly Dictionary<uint, long> _unanswered = [];

    // Port 61h: the gate of timer channel 2, the loudspeaker, and bits without a function.
    private byte _system;
    private byte _post;
    private bool _refresh;

    /// <summary>COM2.</summary>
    public Uart SecondSerial { get; } = new();

    /// <summary>The device at the parallel ports. 378h, 278h and 3BCh are the same port.</summary>
    public ParallelPort Printer { get; } = new();

    /// <summary>The text display's registers.</summary>
    public Vga Display { get; } = new();

    /// <summary>Receives each byte written to port E9h or 402h, to which firmware prints messages.</summary>
    public Action<byte>? ConsoleSent { get; set; }

    /// <summary>Receives each diagnostic code, written to port 80h or 190h.</summary>
    public Action<byte>? PostCode { get; set; }

    /// <summary>The last diagnostic code.</summary>
    public byte LastPostCode => _post;

    /// <summary>Ports without a device that were accessed, with the number of accesses.</summary>
    public IReadOnlyDictionary<uint, long> Unanswered => _unanswered;

    /// <summary>
    /// For a processor without chips in a test rig: the value that each port reads. Writes have no effect. Null in a
    /// PC.
    /// </summary>
    public Func<uint, byte>? BarePorts { get; init; }

    uint IPorts.In(uint port, int size)
    {
        NotePort(port, size);
        _devicesChanged = BarePorts is null;
        if (port == HostBridge.AddressPort && size == 4 && _bridge is not null)
            return _bridge.Address;
        uint value = 0;
        for (var i = 0; i < size; i++)
            value |= (uint)InByte(port + (uint)i & 0xFFFF) << 8 * i;
        return value;
    }

    void IPorts.Out(uint port, int size, uint value)
    {
        NotePort(port, size);
        if (BarePorts is not null)
            return;
        _devicesChanged = true;
        if (port is >= DebugExit and < DebugExit + 4)
        {
            ExitStatus = (int)(value << 1 | 1);
            _stop = StopReason.Exited;
            return;
        }
        if (port == HostBridge.AddressPort && size == 4)
        {
            // CF8h to CFBh are one register, so the byte at CF9h in it resets nothing.
            if (_bridge is not null)
                _bridge.Address = value;
            else
                NoteUnanswered(port);
            return;
        }
        for (var i = 0; i < size; i++)
            OutByte(port + (uint)i & 0xFFFF, (byte)(value >> 8 * i));
    }

    /// <summary>Queues bytes for COM1.</summary>
    public void Type(ReadOnlySpan<byte> bytes)
    {
        _devicesChanged = true;
        Serial.Receive(bytes);
        UpdateLine(SerialLine, Serial.Interrupts);
    }

    /// <summary>
    /// Leaves the chips as a PC's firmware leaves them to a loader. Interrupts 0..15 are at 08h and 70h, and the timer
    /// ticks 18.2 times a second. The lines of timer, keyboard, second controller, diskette, clock, mouse, coprocessor
    /// and disks are open (Multiboot specification, 3.2).
    /// </summary>
    internal void LeaveAsFirmware()
    {
        foreach (
            var (port, value) in (ReadOnlySpan<(uint, byte)>)
                [
                    (0x20, 0x11),
                    (0x21, 8),
                    (0x21, 4),
                    (0x21, 1),
                    (0x21, 0xB8),
                    (0xA0, 0x11),
                    (0xA1, 0x70),
                    (0xA1, 2),
                    (0xA1, 1),
                    (0xA1, 0x8E),
                    (0x43, 0x36),
                    (0x40, 0),
                    (0x40, 0),
                ]
        )
            OutByte(port, value);
    }

    private byte InByte(uint port)
    {
        if (BarePorts is { } bare)
            return bare(port);
        switch (port)
        {
            case 0x20 or 0x21 or 0xA0 or 0xA1:
                var status = _pics.Read(port);
                _interruptPending = _pics.IsPending;
                return status;
            case >= 0x40 and <= 0x43:
                return _pit.Read(port, TimerClockAt(Now));
            case 0x60 or 0x64:
                var key = _keyboard.Read(port);
                UpdateLine(KeyboardLine, false);
                UpdateLine(KeyboardLine, _keyboard.Interrupts);
                return key;
            case 0x61:
                _refresh = !_refresh;
                return (byte)(_system & 0xF | (_refresh ? 0x10 : 0) | (_pit.Output2(TimerClockAt(Now)) ? 0x20 : 0));
            case 0x71:
                _clock.Advance(NanosecondsAt(Now));
                var cell = _clock.Read();
                UpdateLine(ClockLine, _clock.Interrupts);
                return cell;
            case 0x92:
                return (byte)(Mmu.AddressLine20 ? 2 : 0);
            case PostCard or OtherPostCard:
                return _post;
            case DebugConsole or FirmwareConsole:
                // This value tells software that the console exists.
                return (byte)DebugConsole;
            case >= HostBridge.DataPort and < HostBridge.DataPort + 4 when _bridge is not null:
                return _bridge.Read(port);
            case (>= 0x378 and < 0x37B) or (>= 0x278 and < 0x27B) or (>= 0x3BC and < 0x3BF):
                return Printer.Read((int)(port & 3));
            case >= Com1 and < Com1 + 8:
                var value = Serial.Read((int)(port - Com1));
                UpdateLine(SerialLine, Serial.Interrupts);
                return value;
            case >= Com2 and < Com2 + 8:
                var second = SecondSerial.Read((int)(port - Com2));
                UpdateLine(SecondSerialLine, SecondSerial.Interrupts);
                return second;
            case >= Vga.FirstPort and <= Vga.LastPort:
                return Display.Read(port);
            default:
                NoteUnanswered(port);
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
                _pit.Write(port, value, TimerClockAt(Now));
                // A mode whose output starts low withdraws a request that has not been acknowledged.
                if (!_pit.Output0(TimerClockAt(Now)))
                    UpdateLine(0, false);
                ScheduleTimer();
                break;
            case 0x60 or 0x64:
                _keyboard.Write(port, value);
                UpdateLine(KeyboardLine, _keyboard.Interrupts);
                break;
            case 0x61:
                _system = value;
                _pit.SetGate2((value & 1) != 0, TimerClockAt(Now));
                break;
            case 0x70:
                _clock.Select(value);
                break;
            case 0x71:
                _clock.Advance(NanosecondsAt(Now));
                _clock.Write(value);
                UpdateLine(ClockLine, _clock.Interrupts);
                ScheduleTimer();
                break;
            case 0x92:
                Mmu.AddressLine20 = (value & 2) != 0;
                _keyboard.NoteAddressGate((value & 2) != 0);
                if ((value & 1) != 0)
                    RequestReset();
                break;
            case 0xCF9 when (value & 4) != 0:
                RequestReset();
                break;
            case PostCard or OtherPostCard:
                _post = value;
                PostCode?.Invoke(value);
                break;
            case DebugConsole or FirmwareConsole:
                ConsoleSent?.Invoke(value);
                break;
            case >= HostBridge.DataPort and < HostBridge.DataPort + 4 when _bridge is not null:
                _bridge.Write(port, value);
                break;
            case (>= 0x378 and < 0x37B) or (>= 0x278 and < 0x27B) or (>= 0x3BC and < 0x3BF):
                Printer.Write((int)(port & 3), value);
                break;
            case >= Com2 and < Com2 + 8:
                SecondSerial.Write((int)(port - Com2), value);
                UpdateLine(SecondSerialLine, SecondSerial.Interrupts);
                break;
            case >= Com1 and < Com1 + 8:
                Serial.Write((int)(port - Com1), value);
                UpdateLine(SerialLine, Serial.Interrupts);
                break;
            case >= Vga.FirstPort and <= Vga.LastPort:
                Display.Write(port, value);
                break;
            default:
                NoteUnanswered(port);
                break;
        }
    }

    private void NoteUnanswered(uint port) => _unanswered[port] = _unanswered.GetValueOrDefault(port) + 1;

    private void UpdateLine(int line, bool high)
    {
        _pics.SetLine(line, high);
        _interruptPending = _pics.IsPending;
    }
}
