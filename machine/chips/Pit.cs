namespace Verified.Machine.Chips;

/// <summary>
/// The 8254 timer (Intel data sheet 231164), which counts a clock of 1,193,182 Hz. Channel 0 interrupts. Channel 2 has
/// a gate, and port 61h shows its output.
/// </summary>
public sealed class Pit : IDevice
{
    public const long Frequency = 1_193_182;

    private readonly PitChannel[] _channels = [new(), new(), new()];

    /// <inheritdoc/>
    public Action<bool>? Output { get; set; }

    /// <summary>The clock value at which channel 0's output rises next, or <see cref="long.MaxValue"/>.</summary>
    public long NextEdge => _channels[0].NextEdge;

    /// <summary>
    /// Advances to the clock value <paramref name="now"/>. Returns true if the output rose since the last call.
    /// </summary>
    public bool Advance(long now) => _channels[0].Advance(now);

    /// <summary>The output of channel 0.</summary>
    public bool Output0(long now) => _channels[0].Output(now);

    /// <summary>The output of channel 2.</summary>
    public bool Output2(long now) => _channels[2].Output(now);

    /// <summary>Opens or closes the gate of channel 2. The gates of the other channels are always open.</summary>
    public void SetGate2(bool open, long now) => _channels[2].SetGate(open, now);

    /// <summary>Ports 40h..43h.</summary>
    public byte Read(uint port, long now) => port == 0x43 ? (byte)0xFF : _channels[port - 0x40].Read(now);

    public void Write(uint port, byte value, long now)
    {
        if (port != 0x43)
            _channels[port - 0x40].Write(value, now);
        else if (value >> 6 != 3)
            _channels[value >> 6].Control(value, now);
        else
            ReadBack(value, now);
    }

    long IDevice.Frequency => Frequency;

    long IDevice.NextEvent => NextEdge;

    void IDevice.Advance(long now)
    {
        if (!Advance(now))
            return;
        // The output is low for a moment before each edge.
        Output?.Invoke(false);
        Output?.Invoke(true);
    }

    void IDevice.Write(uint port, byte value, long now)
    {
        Write(port, value, now);
        // A mode whose output starts low withdraws a request that has not been acknowledged.
        if (!Output0(now))
            Output?.Invoke(false);
    }

    void IDevice.CopyFrom(IDevice other) => CopyFrom((Pit)other);

    IDevice IDevice.Copy()
    {
        var copy = new Pit();
        copy.CopyFrom(this);
        return copy;
    }

    internal void CopyFrom(Pit other)
    {
        for (var i = 0; i < 3; i++)
            _channels[i].CopyFrom(other._channels[i]);
    }

    private void ReadBack(byte command, long now)
    {
        for (var i = 0; i < 3; i++)
        {
            if ((command >> i + 1 & 1) == 0)
                continue;
            if ((command & 0x20) == 0)
                _channels[i].Latch(now);
            if ((command & 0x10) == 0)
                _channels[i].LatchStatus(now);
        }
    }
}
