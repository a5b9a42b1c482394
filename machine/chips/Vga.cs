using System.Text;

namespace Verified.Machine.Chips;

/// <summary>
/// The text display of a VGA: 80 x 25 characters at physical address B8000h, each with an attribute byte, and registers
/// that keep the values written. The retrace bits alternate, so that software that waits for one of them continues.
/// </summary>
public sealed class Vga : IDevice
{
    public const uint FirstPort = 0x3B0,
        LastPort = 0x3DF,
        TextMemory = 0xB8000;
    private const int Columns = 80,
        Rows = 25;
    private const uint Attribute = 0x3C0,
        Sequencer = 0x3C4,
        MiscellaneousRead = 0x3CC,
        MiscellaneousWrite = 0x3C2,
        Graphics = 0x3CE,
        ColourController = 0x3D4,
        MonochromeController = 0x3B4,
        ColourStatus = 0x3DA,
        MonochromeStatus = 0x3BA;

    private readonly Dictionary<(uint Port, byte Index), byte> _indexed = [];
    private readonly Dictionary<uint, byte> _plain = [];
    private bool _retrace,
        _attributeData;
    private byte _attributeIndex;

    byte IDevice.Read(uint port, long now) => Read(port);

    void IDevice.Write(uint port, byte value, long now) => Write(port, value);

    void IDevice.CopyFrom(IDevice other) => CopyFrom((Vga)other);

    IDevice IDevice.Copy()
    {
        var copy = new Vga();
        copy.CopyFrom(this);
        return copy;
    }

    internal void CopyFrom(Vga other)
    {
        _indexed.Clear();
        foreach (var (register, value) in other._indexed)
            _indexed[register] = value;
        _plain.Clear();
        foreach (var (port, value) in other._plain)
            _plain[port] = value;
        (_retrace, _attributeData, _attributeIndex) = (other._retrace, other._attributeData, other._attributeIndex);
    }

    /// <inheritdoc/>
    public Action<bool>? Output { get; set; }

    public byte Read(uint port)
    {
        if (IsOfOtherDisplay(port))
            return 0xFF;
        switch (port)
        {
            case ColourStatus or MonochromeStatus:
                _retrace = !_retrace;
                _attributeData = false;
                return (byte)(_retrace ? 9 : 0);
            case Attribute + 1:
                return _indexed.GetValueOrDefault((Attribute, _attributeIndex));
            case Sequencer + 1 or Graphics + 1 or ColourController + 1 or MonochromeController + 1:
                return _indexed.GetValueOrDefault((port, _plain.GetValueOrDefault(port - 1)));
            case MiscellaneousRead:
                return Miscellaneous;
            default:
                return _plain.GetValueOrDefault(port, (byte)0xFF);
        }
    }

    public void Write(uint port, byte value)
    {
        if (IsOfOtherDisplay(port))
            return;
        switch (port)
        {
            case Attribute:
                // One port takes index and data alternately.
                if (_attributeData)
                    _indexed[(Attribute, _attributeIndex)] = value;
                else
                    _attributeIndex = (byte)(value & 0x1F);
                _attributeData = !_attributeData;
                break;
            case Sequencer + 1 or Graphics + 1 or ColourController + 1 or MonochromeController + 1:
                _indexed[(port, _plain.GetValueOrDefault(port - 1))] = value;
                break;
            default:
                _plain[port] = value;
                break;
        }
    }

    private byte Miscellaneous => _plain.GetValueOrDefault(MiscellaneousWrite, (byte)0x67);

    /// <summary>
    /// Bit 0 of the miscellaneous output puts the CRT controller at 3D0h, or, for a monochrome display, at 3B0h.
    /// </summary>
    private bool IsOfOtherDisplay(uint port) =>
        (Miscellaneous & 1) != 0 ? port < Attribute : port >= ColourController - 4 && port <= LastPort;

    /// <summary>The lines of the display, without trailing blanks and without empty lines at the end.</summary>
    public static IReadOnlyList<string> Text(Func<uint, byte> memory)
    {
        var lines = new List<string>();
        for (uint row = 0; row < Rows; row++)
        {
            var line = new StringBuilder();
            for (uint column = 0; column < Columns; column++)
            {
                var character = memory(TextMemory + (row * Columns + column) * 2);
                line.Append(character is >= 0x20 and < 0x7F ? (char)character : ' ');
            }
            lines.Add(line.ToString().TrimEnd());
        }
        while (lines.Count > 0 && lines[^1].Length == 0)
            lines.RemoveAt(lines.Count - 1);
        return lines;
    }
}
