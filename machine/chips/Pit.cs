namespace Verified.Machine.Chips;

/// <summary>
/// The 8254 timer's channel 0 (Intel data sheet 231164) in modes 0, 2 and 3, counted in its own clock of 1,193,182 Hz. Channels 1 and 2 keep
/// their counts and drive nothing.
/// </summary>
public sealed class Pit
{
    public const long Frequency = 1_193_182;

    private readonly Channel[] _channels = [new(), new(), new()];

    /// <summary>The clock at which channel 0's output next rises, or <see cref="long.MaxValue"/>.</summary>
    public long NextEdge => _channels[0].NextEdge;

    /// <summary>Advances to the clock <paramref name="now"/>; true where the output rose since the last call.</summary>
    public bool Advance(long now) => _channels[0].Advance(now);

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

    internal void CopyFrom(Pit other)
    {
        for (var i = 0; i < 3; i++)
            _channels[i].CopyFrom(other._channels[i]);
    }

    private void ReadBack(byte command, long now)
    {
        for (var i = 0; i < 3; i++)
            if ((command >> i + 1 & 1) != 0 && (command & 0x20) == 0)
                _channels[i].Latch(now);
    }

    private sealed class Channel
    {
        private int _mode = 3, _access = 3;
        private uint _reload = 0x10000;
        private long _start, _edge = long.MaxValue;
        private byte _low;
        private bool _highNext, _readHighNext;
        private int _latch = -1;

        public long NextEdge => _edge;

        public bool Advance(long now)
        {
            if (now < _edge)
                return false;
            // A periodic channel that was not looked at for several periods rises once: the line was already high.
            _edge = _mode is 2 or 3 ? _edge + ((now - _edge) / _reload + 1) * _reload : long.MaxValue;
            return true;
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
            _highNext = _readHighNext = false;
            _latch = -1;
            _edge = long.MaxValue;
        }

        public void Latch(long now) => _latch = _latch < 0 ? (int)Count(now) : _latch;

        public void Write(byte value, long now)
        {
            if (_access == 3 && !_highNext)
            {
                _low = value;
                _highNext = true;
                return;
            }
            var count = _access switch
            {
                1 => value,
                2 => (uint)value << 8,
                _ => (uint)value << 8 | _low,
            };
            _highNext = false;
            _reload = count == 0 ? 0x10000 : count;
            _start = now;
            _edge = _mode is 0 or 2 or 3 or 4 ? now + _reload : long.MaxValue;
        }

        public byte Read(long now)
        {
            var count = _latch >= 0 ? (uint)_latch : Count(now);
            var high = _access == 2 || (_access == 3 && _readHighNext);
            if (_access == 3)
                _readHighNext = !_readHighNext;
            if (_access != 3 || high)
                _latch = -1;
            return (byte)(high ? count >> 8 : count);
        }

        public void CopyFrom(Channel other) =>
            (_mode, _access, _reload, _start, _edge, _low, _highNext, _readHighNext, _latch) =
            (other._mode, other._access, other._reload, other._start, other._edge, other._low, other._highNext,
                other._readHighNext, other._latch);

        private uint Count(long now)
        {
            var elapsed = (uint)((now - _start) % _reload);
            // Mode 3 counts by two, twice per period.
            var down = _mode == 3 ? 2 * elapsed % _reload : elapsed;
            return _reload - down & 0xFFFF;
        }
    }
}
