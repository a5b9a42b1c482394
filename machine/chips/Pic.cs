using System.Numerics;

namespace Verified.Machine.Chips;

/// <summary>
/// One 8259A interrupt controller (Intel data sheet 231468). It has these modes: edge or level triggered, fully nested,
/// special fully nested, special mask, polled, fixed or rotating priority, and every form of EOI.
/// </summary>
/// <param name="cascade">
/// The line of another controller, which special fully nested mode leaves open; -1 if there is none.
/// </param>
public sealed class Pic(int cascade)
{
    private byte _request,
        _mask,
        _service,
        _lines,
        _base;
    private int _expected,
        _lowest = 7;
    private bool _needsIcw4,
        _single,
        _level,
        _automatic,
        _rotateAutomatically,
        _nested,
        _specialMask,
        _readService,
        _poll;

    /// <summary>The mask register.</summary>
    public byte Mask => _mask;

    /// <summary>The highest request that may interrupt now: 0..7, or -1.</summary>
    public int Pending
    {
        get
        {
            var candidates = _request & ~_mask;
            if (candidates == 0)
                return -1;
            var blocking = _specialMask ? _service & ~_mask : _service;
            if (_nested && cascade >= 0)
                blocking &= ~(1 << cascade);
            var first = Rank(candidates);
            return first < Rank(blocking) ? Line(first) : -1;
        }
    }

    /// <summary>The line that <see cref="Acknowledge"/> would take, including the spurious line.</summary>
    public int NextLine => Pending < 0 ? 7 : Pending;

    /// <summary>
    /// Drives a request line. In edge mode, a rising edge is latched; in level mode, the level counts. A falling edge
    /// withdraws a request that was not acknowledged.
    /// </summary>
    public void SetLine(int line, bool high)
    {
        var bit = (byte)(1 << line);
        if (high && (_level || (_lines & bit) == 0))
            _request |= bit;
        if (!high)
            _request &= (byte)~bit;
        _lines = (byte)(high ? _lines | bit : _lines & ~bit);
    }

    /// <summary>
    /// The acknowledge cycle: returns the vector. If nothing is pending, this is the spurious line 7.
    /// </summary>
    public int Acknowledge()
    {
        var line = Pending;
        if (line < 0)
            return _base + 7;
        if (!_level || (_lines & 1 << line) == 0)
            _request &= (byte)~(1 << line);
        if (!_automatic)
            _service |= (byte)(1 << line);
        else if (_rotateAutomatically)
            _lowest = line;
        return _base + line;
    }

    public byte Read(int register)
    {
        if (_poll)
        {
            _poll = false;
            var line = Pending;
            if (line < 0)
                return 0;
            Acknowledge();
            return (byte)(0x80 | line);
        }
        return register == 1 ? _mask
            : _readService ? _service
            : _request;
    }

    public void Write(int register, byte value)
    {
        if (register == 0 && (value & 0x10) != 0)
            Initialise(value);
        else if (register == 0 && (value & 0x08) != 0)
            Configure(value);
        else if (register == 0)
            EndOfInterrupt(value);
        else
            WriteData(value);
    }

    internal void CopyFrom(Pic other)
    {
        (_request, _mask, _service, _lines, _base) = (
            other._request,
            other._mask,
            other._service,
            other._lines,
            other._base
        );
        (_expected, _lowest, _needsIcw4, _single, _level) = (
            other._expected,
            other._lowest,
            other._needsIcw4,
            other._single,
            other._level
        );
        (_automatic, _rotateAutomatically, _nested) = (other._automatic, other._rotateAutomatically, other._nested);
        (_specialMask, _readService, _poll) = (other._specialMask, other._readService, other._poll);
    }

    // Lines in order of priority, starting after the lowest one; 8 if there is none.
    private int Rank(int lines) =>
        lines == 0
            ? 8
            : BitOperations.TrailingZeroCount(
                BitOperations.RotateRight((uint)(lines & 0xFF) * 0x01010101, _lowest + 1)
            );

    private int Line(int rank) => rank + _lowest + 1 & 7;

    private void WriteData(byte value)
    {
        switch (_expected)
        {
            case 2:
                _base = (byte)(value & 0xF8);
                _expected =
                    !_single ? 3
                    : _needsIcw4 ? 4
                    : 0;
                break;
            case 3:
                _expected = _needsIcw4 ? 4 : 0;
                break;
            case 4:
                _automatic = (value & 2) != 0;
                _nested = (value & 0x10) != 0;
                _expected = 0;
                break;
            default:
                _mask = value;
                break;
        }
    }

    private void Initialise(byte icw1)
    {
        _request = _mask = _service = 0;
        _lowest = 7;
        _automatic = _rotateAutomatically = _nested = _specialMask = _readService = _poll = false;
        _needsIcw4 = (icw1 & 1) != 0;
        _single = (icw1 & 2) != 0;
        _level = (icw1 & 8) != 0;
        _expected = 2;
        if (_level)
            _request = _lines;
    }

    private void Configure(byte ocw3)
    {
        _poll = (ocw3 & 4) != 0;
        if ((ocw3 & 2) != 0)
            _readService = (ocw3 & 1) != 0;
        if ((ocw3 & 0x40) != 0)
            _specialMask = (ocw3 & 0x20) != 0;
    }

    private void EndOfInterrupt(byte ocw2)
    {
        var line = ocw2 & 7;
        switch (ocw2 >> 5)
        {
            case 0 or 4:
                _rotateAutomatically = ocw2 >> 5 == 4;
                break;
            case 1 or 5 when _service != 0:
                var served = Line(Rank(_specialMask && (_service & ~_mask) != 0 ? _service & ~_mask : _service));
                _service &= (byte)~(1 << served);
                if (ocw2 >> 5 == 5)
                    _lowest = served;
                break;
            case 3 or 7:
                _service &= (byte)~(1 << line);
                if (ocw2 >> 5 == 7)
                    _lowest = line;
                break;
            case 6:
                _lowest = line;
                break;
            default:
                // Command 2 does nothing, and nothing is in service.
                break;
        }
    }
}
