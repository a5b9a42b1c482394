using System.Numerics;
using Verified.Spec;

namespace Verified.Proofs.Check;

/// <summary>Packs the present state into a key, and makes the state of a key the present one.</summary>
public sealed partial class Codec
{
    /// <summary>
    /// The key of the present state. If a value is outside the model, the key is null, and <paramref name="outside"/>
    /// is the cell. The state is the last unpacked state with the writes since then.
    /// </summary>
    public Key? Pack(out int outside)
    {
        outside = -1;
        var written = _fresh ? (1u << _parts.Length) - 1 : 0;
        foreach (var cell in _tables.Written)
            if (cell == _clock || (_mappings is not null && cell >= _tables.MappingsStart))
                written |= (1u << _parts.Length) - 1;
            else if (_partOf[cell] is >= 0 and var part)
                written |= 1u << part;
            else if (_partOf[cell] == Constant && _tables.Cells[cell] != _constant[cell])
            {
                outside = cell;
                return null;
            }

        HasStale = false;
        var key = _unpacked;
        for (; written != 0; written &= written - 1)
            Pack(_parts[BitOperations.TrailingZeroCount(written)], ref key, ref outside);
        return outside < 0 ? key : null;
    }

    /// <summary>
    /// Whether the state that was packed last has values of the mappings, without a present meaning, that differ from
    /// those of its unpacked key.
    /// </summary>
    public bool HasStale { get; private set; }

    /// <summary>Makes the packed state the present one. Registers that were left out are 0.</summary>
    public void Unpack(Key key)
    {
        var cells = _tables.Cells;
        if (_fresh || _mappings is not null)
            _tables.Load(_constant);
        else
            _tables.Restore(_constant);
        foreach (ref readonly var part in _parts.AsSpan())
        {
            foreach (ref readonly var slot in part.Slots.AsSpan())
                cells[slot.Cell] = slot.Take(key);
            if (part.Phase is not { } phase)
                continue;
            foreach (ref readonly var slot in phase.Slots.AsSpan())
                cells[slot.Cell] = slot.Take(key);
        }

        _mappings?.Unpack(key);
        _tables.Commit();
        (_unpacked, _fresh) = (key, false);
    }

    private void Pack(in Part part, ref Key key, ref int outside)
    {
        key &= part.Others;
        if (_mappings is { } mappings && part.Slots == mappings.Slots)
        {
            if (mappings.Pack(ref key, out var hasStale) is >= 0 and var cell)
                outside = cell;
            HasStale = hasStale;
            return;
        }

        foreach (ref readonly var slot in part.Slots.AsSpan())
            if (!slot.Put(ValueOf(slot.Cell), ref key))
                outside = slot.Cell;
        if (part.Phase is not { } phase)
            return;
        var needed = Needed(phase.Row);

        // The registers are read through the columns, so a register that the step has not read is chosen now.
        for (var register = 0; register < phase.Slots.Length; register++)
            if (
                (needed >> register & 1) != 0
                && !phase.Slots[register].Put(_registers[register][phase.Row].Value, ref key)
            )
                outside = phase.Slots[register].Cell;
    }

    /// <summary>
    /// The packed value of a cell: its value, but the remaining time for a deadline, and 0 if the value has no meaning
    /// now.
    /// </summary>
    private uint ValueOf(int cell)
    {
        var value = _tables.Cells[cell];
        if (!IsRelative(cell))
            return value;
        if (cell == _examined)
            return _tables.State.Stage.Value == Stages.Wake ? value : 0;
        return _tables.Cells[_timed + cell - _deadlines] == 0 ? 0 : value - _tables.Cells[_clock];
    }

    private bool IsRelative(int cell) => cell == _examined || (uint)(cell - _deadlines) < _tables.State.Limits.Threads;
}
