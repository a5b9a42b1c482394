namespace Verified.Machine.Chips;

/// <summary>
/// A chip as the machine sees it. The machine's wiring (<c>machine/computer/Wiring.cs</c>) says at which ports it is
/// and where its output leads. Time is the count of the chip's own clock.
/// </summary>
public interface IDevice
{
    /// <summary>
    /// The interrupt output. The chip calls it with its level after each access and event that may change the level;
    /// low and then high is an edge.
    /// </summary>
    Action<bool>? Output { get; set; }

    /// <summary>
    /// Ticks of the chip's clock in a second; 0 if the chip has no clock, and then its time is always 0.
    /// </summary>
    long Frequency => 0;

    /// <summary>The time at which the chip does something by itself, or <see cref="long.MaxValue"/>.</summary>
    long NextEvent => long.MaxValue;

    /// <summary>Does what has happened by itself until a time.</summary>
    void Advance(long now) { }

    /// <summary>The processor reads a byte from a port.</summary>
    byte Read(uint port, long now);

    /// <summary>The processor writes a byte to a port.</summary>
    void Write(uint port, byte value, long now);

    /// <summary>Takes the state of another chip of the same kind. Outputs and other connections stay.</summary>
    void CopyFrom(IDevice other);

    /// <summary>A chip of the same kind and state that is connected to nothing.</summary>
    IDevice Copy();
}
