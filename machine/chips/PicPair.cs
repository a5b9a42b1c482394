namespace Verified.Machine.Chips;

/// <summary>
/// The PC's two interrupt controllers, the second one on line 2 of the first: interrupts 0..15, ports 20h and A0h.
/// </summary>
public sealed class PicPair : IDevice
{
    private const int Cascade = 2;
    private readonly Pic _first = new(Cascade),
        _second = new(-1);

    /// <inheritdoc/>
    public Action<bool>? Output { get; set; }

    public bool IsPending => _first.Pending >= 0;

    /// <summary>The mask registers: the first controller's in bits 7..0, the second one's in bits 15..8.</summary>
    public uint Masks => _first.Mask | (uint)_second.Mask << 8;

    public void SetLine(int interrupt, bool high)
    {
        if (interrupt < 8)
            _first.SetLine(interrupt, high);
        else
            _second.SetLine(interrupt - 8, high);
        UpdateCascade();
    }

    /// <summary>
    /// A line falls after its request has reached the processor. The first controller still has the request of the
    /// second one, but the second one has nothing to report.
    /// </summary>
    public void Withdraw(int interrupt)
    {
        if (interrupt < 8)
            _first.SetLine(interrupt, false);
        else
            _second.SetLine(interrupt - 8, false);
    }

    /// <summary>Acknowledges the most urgent interrupt and returns its vector.</summary>
    public int Acknowledge()
    {
        var line = _first.NextLine;
        var vector = _first.Acknowledge();
        if (line == Cascade)
        {
            vector = _second.Acknowledge();
            // Each further request of the second chip is a separate edge.
            _first.SetLine(Cascade, false);
        }
        UpdateCascade();
        return vector;
    }

    /// <summary>Ports 20h, 21h, A0h, A1h.</summary>
    public byte Read(uint port)
    {
        var value = (port >= 0xA0 ? _second : _first).Read((int)port & 1);
        // A polled read acknowledges an interrupt.
        UpdateCascade();
        return value;
    }

    public void Write(uint port, byte value)
    {
        (port >= 0xA0 ? _second : _first).Write((int)port & 1, value);
        UpdateCascade();
    }

    byte IDevice.Read(uint port, long now)
    {
        var value = Read(port);
        Output?.Invoke(IsPending);
        return value;
    }

    void IDevice.Write(uint port, byte value, long now)
    {
        Write(port, value);
        Output?.Invoke(IsPending);
    }

    void IDevice.CopyFrom(IDevice other) => CopyFrom((PicPair)other);

    IDevice IDevice.Copy()
    {
        var copy = new PicPair();
        copy.CopyFrom(this);
        return copy;
    }

    internal void CopyFrom(PicPair other)
    {
        _first.CopyFrom(other._first);
        _second.CopyFrom(other._second);
    }

    private void UpdateCascade() => _first.SetLine(Cascade, _second.Pending >= 0);
}
