using Verified.Machine.Chips;

namespace Verified.Machine.Computer;

/// <summary>The devices of the PC, their ports and their interrupt lines.</summary>
public sealed partial class Pc
{
    private const int TimerLine = 0,
        KeyboardLine = 1,
        CascadeLine = 2,
        SecondSerialLine = 3,
        SerialLine = 4,
        ClockLine = 8;

    // Devices have ports below this one.
    private const uint PortsEnd = HostBridge.DataPort + 4;

    private readonly record struct PortRange(uint First, uint Count);

    private readonly List<IDevice> _devices = [];
    private readonly IDevice?[] _deviceAt = new IDevice?[PortsEnd];
    private IDevice[] _clocked = [];

    /// <summary>COM2.</summary>
    public Uart SecondSerial { get; } = new();

    /// <summary>The device at the parallel ports. 378h, 278h and 3BCh are the same port.</summary>
    public ParallelPort Printer { get; } = new();

    /// <summary>The text display's registers.</summary>
    public Vga Display { get; } = new();

    // The printer's third port lies among those of the display.
    private void WireDevices()
    {
        Wire(_pics, pending => _interruptPending = pending, [new(0x20, 2), new(0xA0, 2)]);
        Wire(_pit, TimerLine, [new(0x40, 4)]);
        Wire(_keyboard, KeyboardLine, [new(0x60, 1), new(0x64, 1)]);
        Wire(_clock, ClockLine, [new(0x70, 2)]);
        Wire(Serial, SerialLine, [new(0x3F8, 8)]);
        Wire(SecondSerial, SecondSerialLine, [new(0x2F8, 8)]);
        Wire(Printer, null, [new(0x378, 3), new(0x278, 3), new(0x3BC, 3)]);
        Wire(Display, null, [new(Vga.FirstPort, Vga.LastPort - Vga.FirstPort + 1)]);
        if (_bridge is not null)
            Wire(_bridge, null, [new(HostBridge.DataPort, 4)]);
        _clocked = [.. _devices.Where(device => device.Frequency > 0)];
    }

    private void Wire(IDevice device, int line, PortRange[] ports) =>
        Wire(device, high => UpdateLine(line, high), ports);

    private void Wire(IDevice device, Action<bool>? output, PortRange[] ports)
    {
        _devices.Add(device);
        device.Output = output;
        foreach (var (first, count) in ports)
            for (var port = first; port < first + count; port++)
                _deviceAt[port] ??= device;
    }

    private IDevice? DeviceAt(uint port) => port < PortsEnd ? _deviceAt[port] : null;

    /// <summary>The count of a device's clock at a time of the machine.</summary>
    private long ClockAt(IDevice device, long time) =>
        device.Frequency == 0 ? 0 : (long)((Int128)time * device.Frequency / ClockRate);

    private void AdvanceDevices()
    {
        _devicesChanged = true;
        foreach (var device in _clocked)
            device.Advance(ClockAt(device, Time));
        ScheduleDevices();
    }

    private void ScheduleDevices()
    {
        _nextEvent = long.MaxValue;
        foreach (var device in _clocked)
            if (device.NextEvent is var next && next != long.MaxValue)
                _nextEvent = Math.Min(_nextEvent, TimeOf(next, device.Frequency));
    }

    private long TimeOf(long ticks, long frequency) => (long)(((Int128)ticks * ClockRate + frequency - 1) / frequency);

    /// <summary>Called when a device sets its interrupt line: the line, and whether it is high.</summary>
    public Action<int, bool>? LineSet { get; set; }

    private void UpdateLine(int line, bool high)
    {
        LineSet?.Invoke(line, high);
        _pics.SetLine(line, high);
        _interruptPending = _pics.IsPending;
    }
}
