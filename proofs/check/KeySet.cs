using System.Numerics;

namespace Verified.Proofs.Check;

/// <summary>
/// The states found so far, numbered in the order of discovery, each with the state from which it was found. Open
/// addressing over flat arrays: no object per state.
/// </summary>
public sealed class KeySet
{
    private readonly bool _wide,
        _widest;
    private ulong[] _low = new ulong[1 << 12];
    private ulong[] _high,
        _top;
    private int[] _parent = new int[1 << 12];
    private int[] _slots = new int[1 << 13];

    /// <param name="bits">Width of the keys.</param>
    public KeySet(int bits)
    {
        (_wide, _widest) = (bits > 64, bits > 128);
        _high = _wide ? new ulong[1 << 12] : [];
        _top = _widest ? new ulong[1 << 12] : [];
    }

    public int Count { get; private set; }

    public long Bytes =>
        8L * _low.Length + 8L * _high.Length + 8L * _top.Length + 4L * _parent.Length + 4L * _slots.Length;

    public Key this[int number] => new(_low[number], _wide ? _high[number] : 0, _widest ? _top[number] : 0);

    /// <summary>The number of the state from which this one was found; -1 for the first.</summary>
    public int Parent(int number) => _parent[number];

    public bool Contains(Key key) => _slots[Slot(key)] != 0;

    /// <summary>The number of a state; -1 if it is not there.</summary>
    public int IndexOf(Key key) => _slots[Slot(key)] - 1;

    /// <summary>Adds a state unless it is there. Returns true if it was new.</summary>
    public bool Add(Key key, int parent)
    {
        var slot = Slot(key);
        if (_slots[slot] != 0)
            return false;
        if (Count == _low.Length)
            Grow();
        if (4L * Count > 3L * _slots.Length)
        {
            Rehash();
            slot = Slot(key);
        }

        _low[Count] = key.Low;
        if (_wide)
            _high[Count] = key.High;
        if (_widest)
            _top[Count] = key.Top;
        _parent[Count] = parent;
        _slots[slot] = ++Count;
        return true;
    }

    private int Slot(Key key)
    {
        var mask = _slots.Length - 1;
        var hash =
            (key.Low ^ BitOperations.RotateLeft(key.High, 32) ^ key.Top * 0xC2B2AE3D27D4EB4F) * 0x9E3779B97F4A7C15;
        for (var slot = (int)(hash >> 33) & mask; ; slot = (slot + 1) & mask)
        {
            var number = _slots[slot] - 1;
            if (
                number < 0
                || (
                    _low[number] == key.Low
                    && (!_wide || _high[number] == key.High)
                    && (!_widest || _top[number] == key.Top)
                )
            )
                return slot;
        }
    }

    private void Grow()
    {
        var size = Count + Count / 2;
        Array.Resize(ref _low, size);
        if (_wide)
            Array.Resize(ref _high, size);
        if (_widest)
            Array.Resize(ref _top, size);
        Array.Resize(ref _parent, size);
    }

    private void Rehash()
    {
        _slots = new int[2 * _slots.Length];
        for (var number = 0; number < Count; number++)
            _slots[Slot(this[number])] = number + 1;
    }
}
