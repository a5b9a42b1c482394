namespace Verified.Machine.Chips;

/// <summary>One counter of the 8254: its count and output follow from when counting began, so nothing happens between accesses.</summary>
internal sealed class PitChannel
{
    private int _mode = 3, _access = 3;
    private bool _decimal, _gate = true, _loaded, _highNext, _readHighNext;
    private uint _reload = 0x10000, _paused;
    private long _start, _edge = long.MaxValue;
    private byte _low;
    private int _latch = -1, _status = -1;

    public long NextEdge => _edge;

    private bool Periodic => _mode is 2 or 3;

    /// <summary>Modes 1 and 5 start with a rising gate, the others when the count is written.</summary>
    private bool StartsByGate => _mode is 1 or 5;

    private bool Counting => _loaded && (_gate || StartsByGate);

    public bool Advance(long now)
    {
        if (now < _edge)
            return false;
        // A periodic channel that was not looked at for several periods rises once: the line was already high.
        _edge = Periodic ? _edge + ((now - _edge) / _reload + 1) * _reload : long.MaxValue;
        return true;
    }

    /// <summary>The level of OUT (data sheet, "mode definitions").</summary>
    public bool Output(long now)
    {
        if (!_loaded)
            return _mode != 0;
        var elapsed = Elapsed(now);
        return _mode switch
        {
            0 or 1 => elapsed >= _reload,
            2 => !_gate || elapsed % _reload != _reload - 1,
            3 => !_gate || elapsed % _reload < (_reload + 1) / 2,
            _ => elapsed != _reload,
        };
    }

    public void SetGate(bool open, long now)
    {
        if (open == _gate)
            return;
        if (!open && !StartsByGate)
            _paused = (uint)Math.Min(Elapsed(now), uint.MaxValue);
        _gate = open;
        if (!open)
            return;
        if (StartsByGate || Periodic)
            _start = now;
        else
            _start = now - _paused;
    }

    public void Control(byte command, long now)
    {
        if ((command >> 4 & 3) == 0)
        {
            Latch(now);
            return;
        }
        _access = command >> 4 & 3;
        _mode = command >> 1 & 7;
        // Modes 6 and 7 are 2 and 3: the top bit is ignored.
        if (_mode > 5)
            _mode -= 4;
        _decimal = (command & 1) != 0;
        _highNext = _readHighNext = _loaded = false;
        _latch = _status = -1;
        _edge = long.MaxValue;
    }

    public void Latch(long now) => _latch = _latch < 0 ? (int)Count(now) : _latch;

    /// <summary>Read-back of OUT, null count, access, mode and BCD.</summary>
    public void LatchStatus(long now)
    {
        if (_status < 0)
            _status = (Output(now) ? 0x80 : 0) | (_loaded ? 0 : 0x40) | _access << 4 | _mode << 1 | (_decimal ? 1 : 0);
    }

    public void Write(byte value, long now)
    {
        if (_access == 3 && !_highNext)
        {
            _low = value;
            _highNext = true;
            if (_mode == 0)
                (_loaded, _edge) = (false, long.MaxValue);
            return;
        }
        var count = _access switch
        {
            1 => value,
            2 => (uint)value << 8,
            _ => (uint)value << 8 | _low,
        };
        _highNext = false;
        var most = _decimal ? 10_000u : 0x10000;
        count = _decimal ? FromDecimal(count) : count;
        _reload = count == 0 ? most : count;
        _paused = 0;
        // A gate that has not risen since leaves a one-shot as if it had run out.
        _start = StartsByGate ? now - _reload - 1 : now;
        _loaded = true;
        _edge = StartsByGate ? long.MaxValue : now + _reload;
    }

    public byte Read(long now)
    {
        if (_status >= 0)
        {
            var status = (byte)_status;
            _status = -1;
            return status;
        }
        var count = _latch >= 0 ? (uint)_latch : Count(now);
        var high = _access == 2 || (_access == 3 && _readHighNext);
        if (_access == 3)
            _readHighNext = !_readHighNext;
        if (_access != 3 || high)
            _latch = -1;
        return (byte)(high ? count >> 8 : count);
    }

    public void CopyFrom(PitChannel other)
    {
        (_mode, _access, _decimal, _gate, _loaded) = (other._mode, other._access, other._decimal, other._gate, other._loaded);
        (_highNext, _readHighNext, _reload, _paused) = (other._highNext, other._readHighNext, other._reload, other._paused);
        (_start, _edge, _low, _latch, _status) = (other._start, other._edge, other._low, other._latch, other._status);
    }

    private long Elapsed(long now) => Counting ? now - _start : _paused;

    private uint Count(long now)
    {
        if (!_loaded)
            return 0;
        var elapsed = Elapsed(now);
        var within = (uint)(elapsed % _reload);
        // Mode 3 counts by two, twice per period; the one-shot modes go on from the top.
        var count = _mode switch
        {
            2 => _reload - within,
            3 => _reload - 2 * within % _reload,
            _ => (uint)(_reload - elapsed) & 0xFFFF,
        };
        return _decimal ? ToDecimal(count % 10_000) : count & 0xFFFF;
    }

    private static uint FromDecimal(uint bcd) => (bcd >> 12) * 1000 + (bcd >> 8 & 15) * 100 + (bcd >> 4 & 15) * 10 + (bcd & 15);

    private static uint ToDecimal(uint value) => value / 1000 << 12 | value / 100 % 10 << 8 | value / 10 % 10 << 4 | value % 10;
}
