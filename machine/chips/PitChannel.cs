namespace Verified.Machine.Chips;

/// <summary>
/// One counter of the 8254. Its count and output are computed from the start of counting, so nothing happens between
/// accesses.
/// </summary>
internal sealed class PitChannel
{
    private int _mode = 3,
        _access = 3;
    private bool _decimal,
        _gate = true,
        _loaded,
        _highNext,
        _readHighNext;
    private uint _reload = 0x10000,
        _next,
        _paused;
    private long _start,
        _edge = long.MaxValue,
        _switch = long.MaxValue;
    private byte _low;
    private int _latch = -1,
        _status = -1;

    public long NextEdge => _edge;

    private bool Periodic => _mode is 2 or 3;

    /// <summary>Modes 1 and 5 start when the gate rises; the other modes start when the count is written.</summary>
    private bool StartsByGate => _mode is 1 or 5;

    private bool Counting => _loaded && (_gate || StartsByGate);

    public bool Advance(long now)
    {
        if (now < _edge)
            return false;
        Settle(now);
        // If no one looked at a periodic channel for several periods, it rises once, because the line was already high.
        _edge = Periodic ? RiseAfter(now) : long.MaxValue;
        return true;
    }

    /// <summary>The level of OUT (data sheet, "mode definitions").</summary>
    public bool Output(long now)
    {
        if (!_loaded)
            return _mode != 0;
        Settle(now);
        var elapsed = Elapsed(now);
        return _mode switch
        {
            0 or 1 => elapsed >= _reload,
            2 => !_gate || elapsed % _reload != _reload - 1,
            3 => !_gate || elapsed % _reload < FirstHalf(_reload),
            _ => elapsed != _reload,
        };
    }

    public void SetGate(bool open, long now)
    {
        if (open == _gate)
            return;
        Settle(now);
        if (!open && !StartsByGate)
            _paused = (uint)Math.Min(Elapsed(now), uint.MaxValue);
        _gate = open;
        if (!open)
            return;
        if (_switch != long.MaxValue)
            (_reload, _switch) = (_next, long.MaxValue);
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
        // Modes 6 and 7 are modes 2 and 3, because the top bit is ignored.
        if (_mode > 5)
            _mode -= 4;
        _decimal = (command & 1) != 0;
        _highNext = _readHighNext = _loaded = false;
        _latch = _status = -1;
        _edge = _switch = long.MaxValue;
    }

    public void Latch(long now) => _latch = _latch < 0 ? (int)Count(now) : _latch;

    /// <summary>Latches OUT, null count, access, mode and BCD for a read-back.</summary>
    public void LatchStatus(long now)
    {
        Settle(now);
        if (_status < 0)
            _status =
                (Output(now) ? 0x80 : 0)
                | (_loaded && _switch == long.MaxValue ? 0 : 0x40)
                | _access << 4
                | _mode << 1
                | (_decimal ? 1 : 0);
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
        count = count == 0 ? most : count;
        Settle(now);
        if (Periodic && Counting)
        {
            ReloadLater(count, now);
            return;
        }
        _reload = count;
        _paused = 0;
        // Until the gate rises, a one-shot behaves as if it had run out.
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
        (_mode, _access, _decimal, _gate, _loaded) = (
            other._mode,
            other._access,
            other._decimal,
            other._gate,
            other._loaded
        );
        (_highNext, _readHighNext, _reload, _paused) = (
            other._highNext,
            other._readHighNext,
            other._reload,
            other._paused
        );
        (_next, _switch) = (other._next, other._switch);
        (_start, _edge, _low, _latch, _status) = (other._start, other._edge, other._low, other._latch, other._status);
    }

    private static uint FirstHalf(uint count) => (count + 1) / 2;

    /// <summary>
    /// A count that is written to a running periodic channel is its next count. It takes effect at the end of the
    /// period in mode 2, and at the end of the half period in mode 3.
    /// </summary>
    private void ReloadLater(uint count, long now)
    {
        var within = (now - _start) % _reload;
        var falls = _mode == 3 && within < FirstHalf(_reload);
        _next = count;
        _switch = now - within + (falls ? FirstHalf(_reload) : _reload);
        if (now < _edge)
            _edge = RiseAfter(now);
    }

    /// <summary>The clock value at which a periodic channel's output rises next.</summary>
    private long RiseAfter(long now) =>
        _switch == long.MaxValue ? _start + ((now - _start) / _reload + 1) * _reload
        : SwitchesLow ? _switch + _next - FirstHalf(_next)
        : _switch;

    /// <summary>
    /// Whether the next count starts with its low half: in mode 3, if the present count's high half ends there.
    /// </summary>
    private bool SwitchesLow => _mode == 3 && (_switch - _start) % _reload != 0;

    /// <summary>Switches to the next count if it is time.</summary>
    private void Settle(long now)
    {
        if (now < _switch)
            return;
        (_reload, _start, _switch) = (_next, SwitchesLow ? _switch - FirstHalf(_next) : _switch, long.MaxValue);
    }

    private long Elapsed(long now) => Counting ? now - _start : _paused;

    private uint Count(long now)
    {
        if (!_loaded)
            return 0;
        Settle(now);
        var elapsed = Elapsed(now);
        var within = (uint)(elapsed % _reload);
        // Mode 3 counts by two, twice in each period. The one-shot modes continue from the top.
        var count = _mode switch
        {
            2 => _reload - within,
            3 => _reload - 2 * within % _reload,
            _ => (uint)(_reload - elapsed) & 0xFFFF,
        };
        return _decimal ? ToDecimal(count % 10_000) : count & 0xFFFF;
    }

    private static uint FromDecimal(uint bcd) =>
        (bcd >> 12) * 1000 + (bcd >> 8 & 15) * 100 + (bcd >> 4 & 15) * 10 + (bcd & 15);

    private static uint ToDecimal(uint value) =>
        value / 1000 << 12 | value / 100 % 10 << 8 | value / 10 % 10 << 4 | value % 10;
}
