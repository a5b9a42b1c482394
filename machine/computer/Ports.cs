using Verified.Machine.Chips;
using Verified.Machine.Memory;

namespace Verified.Machine.Computer;

/// <summary>
/// The I/O ports. A wider access is one byte access for each port, lowest port first. If no device answers, reads
/// return ones.
/// </summary>
public sealed partial class Pc
{
    private const uint DebugExit = 0xF4,
        DebugConsole = 0xE9,
        FirmwareConsole = 0x402,
        PostCard = 0x80,
        OtherPostCard = 0x190;

    private readonly Dictionary<uint, long> _unanswered = [];

    // Port 61h: the gate of timer channel 2, the loudspeaker, and bits without a function.
    private byte _system;
    private byte _post;
    private bool _refresh;

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
    public void Type(ReadOnlySpan<byte> bytes) => Receive(Serial, SerialLine, bytes);

    /// <summary>Queues bytes for COM2.</summary>
    public void TypeSecond(ReadOnlySpan<byte> bytes) => Receive(SecondSerial, SecondSerialLine, bytes);

    private void Receive(Uart serial, int line, ReadOnlySpan<byte> bytes)
    {
        _devicesChanged = true;
        serial.Receive(bytes);
        UpdateLine(line, serial.Interrupts);
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
        if (DeviceAt(port) is { } device)
            return device.Read(port, ClockAt(device, Now));
        switch (port)
        {
            case 0x61:
                _refresh = !_refresh;
                return (byte)(_system & 0xF | (_refresh ? 0x10 : 0) | (_pit.Output2(ClockAt(_pit, Now)) ? 0x20 : 0));
            case 0x92:
                return (byte)(Mmu.AddressLine20 ? 2 : 0);
            case PostCard or OtherPostCard:
                return _post;
            case DebugConsole or FirmwareConsole:
                // This value tells software that the console exists.
                return (byte)DebugConsole;
            default:
                NoteUnanswered(port);
                return 0xFF;
        }
    }

    private void OutByte(uint port, byte value)
    {
        if (DeviceAt(port) is { } device)
        {
            device.Write(port, value, ClockAt(device, Now));
            if (device.Frequency > 0)
                ScheduleDevices();
            return;
        }
        switch (port)
        {
            case 0x61:
                _system = value;
                _pit.SetGate2((value & 1) != 0, ClockAt(_pit, Now));
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
            default:
                NoteUnanswered(port);
                break;
        }
    }

    private void NoteUnanswered(uint port) => _unanswered[port] = _unanswered.GetValueOrDefault(port) + 1;
}
