using System.Numerics;

namespace Verified.Machine.Chips;

/// <summary>One 8259A interrupt controller (Intel data sheet 231468): fully nested mode, edge triggered, normal or automatic EOI.</summary>
public sealed class Pic
{
    private byte _request, _mask, _service, _lines, _base;
    private int _expected;
    private bool _needsIcw4, _single, _automatic, _readService;

    /// <summary>The highest request that may interrupt now: 0..7, or -1.</summary>
    public int Pending
    {
        get
        {
            var candidates = _request & ~_mask;
            if (candidates == 0)
                return -1;
            var line = BitOperations.TrailingZeroCount(candidates);
            return _service == 0 || line < BitOperations.TrailingZeroCount(_service) ? line : -1;
        }
    }

    /// <summary>Drives a request line; the rising edge is latched, a falling edge withdraws what was not acknowledged.</summary>
    public void SetLine(int line, bool high)
    {
        var bit = (byte)(1 << line);
        if (high && (_lines & bit) == 0)
            _request |= bit;
        if (!high)
            _request &= (byte)~bit;
        _lines = (byte)(high ? _lines | bit : _lines & ~bit);
    }

    /// <summary>The acknowledge cycle: the vector, with line 7 as the spurious one where nothing is pending.</summary>
    public int Acknowledge()
    {
        var line = Pending;
        if (line < 0)
            return _base + 7;
        _request &= (byte)~(1 << line);
        if (!_automatic)
            _service |= (byte)(1 << line);
        return _base + line;
    }

    /// <summary>The line that <see cref="Acknowledge"/> would take, spurious included.</summary>
    public int NextLine => Pending < 0 ? 7 : Pending;

    public byte Read(int register) => register == 1 ? _mask : _readService ? _service : _request;

    public void Write(int register, byte value)
    {
        if (register == 0 && (value & 0x10) != 0)
            Initialise(value);
        else if (register == 0 && (value & 0x08) != 0)
            _readService = (value & 3) == 3 || ((value & 3) != 2 && _readService);
        else if (register == 0)
            EndOfInterrupt(value);
        else if (_expected == 2)
            Expect(_base = (byte)(value & 0xF8), _single ? _needsIcw4 ? 4 : 0 : 3);
        else if (_expected == 3)
            Expect(value, _needsIcw4 ? 4 : 0);
        else if (_expected == 4)
            Expect(_automatic = (value & 2) != 0, 0);
        else
            _mask = value;
    }

    internal void CopyFrom(Pic other) =>
        (_request, _mask, _service, _lines, _base, _expected, _needsIcw4, _single, _automatic, _readService) =
        (other._request, other._mask, other._service, other._lines, other._base, other._expected, other._needsIcw4, other._single,
            other._automatic, other._readService);

    private void Expect<T>(T _, int next) => _expected = next;

    private void Initialise(byte icw1)
    {
        _request = _mask = _service = 0;
        _automatic = _readService = false;
        _needsIcw4 = (icw1 & 1) != 0;
        _single = (icw1 & 2) != 0;
        _expected = 2;
    }

    private void EndOfInterrupt(byte ocw2)
    {
        var specific = (ocw2 & 0x40) != 0;
        if ((ocw2 & 0x20) != 0)
            _service &= specific ? (byte)~(1 << (ocw2 & 7)) : (byte)(_service & (_service - 1));
    }
}
