namespace Verified.Machine.Chips;

/// <summary>
/// The MC146818A real-time clock with 128 bytes of CMOS memory (ports 70h and 71h). It shows the machine's virtual
/// time, which starts at a fixed date, so that all runs are equal.
/// </summary>
public sealed class Rtc : IDevice
{
    private const int StatusA = 10,
        StatusB = 11,
        StatusC = 12,
        StatusD = 13,
        Century = 0x32;
    private const int UpdateInProgress = 0x80,
        Set = 0x80,
        PeriodicEnable = 0x40,
        AlarmEnable = 0x20,
        UpdateEnable = 0x10,
        Binary = 4,
        TwentyFour = 2;

    /// <summary>Interrupt sources have the same bits in status B and C.</summary>
    private const int Sources = PeriodicEnable | AlarmEnable | UpdateEnable,
        Requested = 0x80;

    private readonly byte[] _cells = new byte[128];
    private DateTime _date = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private byte _index;
    private long _now,
        _seconds,
        _periods;

    // The flag rises 244 us before an update of 1,984 us (data sheet, "update cycle").
    private const long UpdateNanoseconds = 244_000 + 1_984_000,
        Second = 1_000_000_000;

    /// <param name="memory">Bytes of RAM, which a BIOS reads in the CMOS memory.</param>
    public Rtc(uint memory)
    {
        _cells[StatusA] = 0x26;
        _cells[StatusB] = TwentyFour;
        _cells[StatusD] = 0x80;
        Put16(0x15, 640);
        var extended = Math.Min((memory >> 10) - 1024, 0xFFFF);
        Put16(0x17, extended);
        Put16(0x30, extended);
        Put16(0x34, memory > 16 << 20 ? memory - (16 << 20) >> 16 : 0);
        // Equipment: one colour text display of 80 columns.
        _cells[0x14] = 0x20;
    }

    /// <inheritdoc/>
    public Action<bool>? Output { get; set; }

    /// <summary>The interrupt output.</summary>
    public bool Interrupts => (_cells[StatusC] & Requested) != 0;

    // The divider's output at the rate in status A, as the number of periods that have ended. No write restarts the
    // divider.
    private long Periods => (long)((Int128)_now * Rate / 1_000_000_000);

    // Periods in a second: rate r in status A means 32,768 >> (r - 1) Hz, and rates 1 and 2 mean 8 and 9.
    private int Rate =>
        (_cells[StatusA] & 15) switch
        {
            0 => 0,
            1 => 256,
            2 => 128,
            var r => 32768 >> r - 1,
        };

    /// <summary>
    /// The virtual time, in nanoseconds, at which the next event is possible, or <see cref="long.MaxValue"/>.
    /// </summary>
    public long NextEvent
    {
        get
        {
            if ((_cells[StatusB] & Sources) == 0)
                return long.MaxValue;
            var second = (_seconds + 1) * 1_000_000_000;
            return (_cells[StatusB] & PeriodicEnable) != 0 && Rate > 0
                ? Math.Min(second, Ceiling(_periods + 1, Rate))
                : second;
        }
    }

    /// <summary>Advances the time to <paramref name="now"/>, in nanoseconds.</summary>
    public void Advance(long now)
    {
        _now = now;
        if (Periods > _periods)
        {
            _periods = Periods;
            Raise(PeriodicEnable);
        }
        for (; _seconds < now / 1_000_000_000; _seconds++)
        {
            if ((_cells[StatusB] & Set) != 0)
                continue;
            _date = _date.AddSeconds(1);
            Raise(UpdateEnable);
            if (Matches(1, _date.Second) && Matches(3, _date.Minute) && MatchesHour())
                Raise(AlarmEnable);
        }
    }

    /// <summary>Writes port 70h. The top bit masks NMI, which no device here raises.</summary>
    public void Select(byte index) => _index = (byte)(index & 0x7F);

    /// <summary>Port 71h.</summary>
    public byte Read()
    {
        var value = _index switch
        {
            0 => Encode(_date.Second),
            2 => Encode(_date.Minute),
            4 => EncodeHour(_date.Hour),
            6 => Encode((int)_date.DayOfWeek + 1),
            7 => Encode(_date.Day),
            8 => Encode(_date.Month),
            9 => Encode(_date.Year % 100),
            Century => Encode(_date.Year / 100),
            StatusA => (byte)(_cells[StatusA] | (IsUpdating ? UpdateInProgress : 0)),
            _ => _cells[_index],
        };
        if (_index == StatusC)
            _cells[StatusC] = 0;
        return value;
    }

    public void Write(byte value)
    {
        switch (_index)
        {
            case 0 or 2 or 4 or 7 or 8 or 9 or Century:
                SetDate(_index, value);
                break;
            case StatusA:
                _cells[StatusA] = (byte)(value & 0x7F);
                _periods = Periods;
                break;
            case 6 or StatusC or StatusD:
                // The weekday follows from the date. C and D are read-only.
                break;
            default:
                _cells[_index] = value;
                break;
        }
    }

    long IDevice.Frequency => Second;

    void IDevice.Advance(long now)
    {
        Advance(now);
        Output?.Invoke(Interrupts);
    }

    byte IDevice.Read(uint port, long now)
    {
        // Only the odd port can be read.
        if ((port & 1) == 0)
            return 0xFF;
        Advance(now);
        var value = Read();
        Output?.Invoke(Interrupts);
        return value;
    }

    void IDevice.Write(uint port, byte value, long now)
    {
        if ((port & 1) == 0)
        {
            Select(value);
            return;
        }
        Advance(now);
        Write(value);
        Output?.Invoke(Interrupts);
    }

    void IDevice.CopyFrom(IDevice other) => CopyFrom((Rtc)other);

    IDevice IDevice.Copy()
    {
        var copy = new Rtc(1 << 20);
        copy.CopyFrom(this);
        return copy;
    }

    internal void CopyFrom(Rtc other)
    {
        other._cells.CopyTo(_cells, 0);
        (_date, _index, _now, _seconds, _periods) = (
            other._date,
            other._index,
            other._now,
            other._seconds,
            other._periods
        );
    }

    private static long Ceiling(long periods, int rate) => (long)(((Int128)periods * 1_000_000_000 + rate - 1) / rate);

    private void Raise(int source)
    {
        _cells[StatusC] |= (byte)source;
        if ((_cells[StatusB] & source) != 0)
            _cells[StatusC] |= Requested;
    }

    private bool IsUpdating => (_cells[StatusB] & Set) == 0 && _now % Second >= Second - UpdateNanoseconds;

    // An alarm cell of C0h or above always matches.
    private bool Matches(int cell, int value) => _cells[cell] >= 0xC0 || _cells[cell] == Encode(value);

    private bool MatchesHour() => _cells[5] >= 0xC0 || _cells[5] == EncodeHour(_date.Hour);

    private byte Encode(int value) => (byte)((_cells[StatusB] & Binary) != 0 ? value : value / 10 << 4 | value % 10);

    private int Decode(byte value) => (_cells[StatusB] & Binary) != 0 ? value : (value >> 4) * 10 + (value & 15);

    private byte EncodeHour(int hour) =>
        (_cells[StatusB] & TwentyFour) != 0
            ? Encode(hour)
            : (byte)(Encode((hour + 11) % 12 + 1) | (hour >= 12 ? 0x80 : 0));

    private int DecodeHour(byte value) =>
        (_cells[StatusB] & TwentyFour) != 0
            ? Decode(value)
            : Decode((byte)(value & 0x7F)) % 12 + (value >= 0x80 ? 12 : 0);

    private void SetDate(int cell, byte value)
    {
        var (year, month, day) = (_date.Year, _date.Month, _date.Day);
        var (hour, minute, second) = (_date.Hour, _date.Minute, _date.Second);
        switch (cell)
        {
            case 0:
                second = Decode(value) % 60;
                break;
            case 2:
                minute = Decode(value) % 60;
                break;
            case 4:
                hour = DecodeHour(value) % 24;
                break;
            case 7:
                day = Math.Max(Decode(value), 1);
                break;
            case 8:
                month = Math.Clamp(Decode(value), 1, 12);
                break;
            case 9:
                year = year / 100 * 100 + Decode(value) % 100;
                break;
            default:
                year = Math.Clamp(Decode(value), 1, 99) * 100 + year % 100;
                break;
        }
        _date = new DateTime(
            year,
            month,
            Math.Min(day, DateTime.DaysInMonth(year, month)),
            hour,
            minute,
            second,
            DateTimeKind.Utc
        );
    }

    private void Put16(int cell, uint value) => (_cells[cell], _cells[cell + 1]) = ((byte)value, (byte)(value >> 8));
}
