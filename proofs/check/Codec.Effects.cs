using System.Numerics;
using Verified.Proofs.Checker;
using Verified.Spec;

namespace Verified.Proofs.Check;

/// <summary>The effect of a recorded run on the key of the state before it.</summary>
/// <param name="Clear">The bits that it writes.</param>
/// <param name="Set">Their values.</param>
/// <param name="Outside">A cell whose value the model has no bits for; -1 if there is none.</param>
/// <param name="IsOnly">True if no other cell has a value without bits.</param>
internal readonly record struct Effect(Key Clear, Key Set, int Outside, bool IsOnly);

public sealed partial class Codec
{
    /// <summary>The stage of a packed state.</summary>
    public uint StageOf(Key key) => _slots[_stage].Take(key);

    /// <summary>True if each cell of an unpacked state depends on the bits of at most one slot.</summary>
    public bool IsDirect => _mappings is null && Width <= 64;

    /// <summary>
    /// Records the bits that the value of a cell in an unpacked state depends on; the cell itself if several slots
    /// determine it. A cell that is equal in all unpacked states is not recorded.
    /// </summary>
    public void Record(int cell, Recording run)
    {
        if (!IsDirect)
        {
            if (cell >= _tables.MappingsStart || _slots.ContainsKey(cell))
                run.ReadCell(cell);
        }
        else if (_slots.TryGetValue(cell, out var slot) && slot.Bits > 0)
            run.Read(slot.At, slot.Bits);
    }

    /// <summary>
    /// The effect of the run that has led to the present state. Every cell that decides the effect is read through the
    /// columns, so the recording contains it. Unwritten bits keep their values, and no read is needed for them.
    /// </summary>
    internal Effect EffectOf(Choices choices)
    {
        var written = 0u;
        foreach (var cell in _tables.Written)
            if (cell == _clock)
                written |= (1u << _parts.Length) - 1;
            else if (_partOf[cell] is >= 0 and var part)
                written |= 1u << part;
            else if (_partOf[cell] == Constant && _tables.Cells[cell] != _constant[cell])
                return new(default, default, cell, IsOnly: false);

        var (clear, set, outside, outsides) = (default(Key), default(Key), -1, 0);
        void Put(in Slot slot, uint value)
        {
            clear |= slot.Mask;
            if (!slot.Put(value, ref set))
                (outside, outsides) = (slot.Cell, outsides + 1);
        }

        for (; written != 0; written &= written - 1)
        {
            var part = _parts[BitOperations.TrailingZeroCount(written)];
            foreach (var slot in part.Slots)
                if (WrittenValueOf(slot.Cell) is { } value)
                    Put(slot, value);
            if (part.Phase is not { } phase)
                continue;
            var needed = Needed(phase.Row);
            for (var register = 0; register < phase.Slots.Length; register++)
            {
                var slot = phase.Slots[register];
                if ((needed >> register & 1) == 0)
                    clear |= slot.Mask;
                else if (choices.IsOf(phase.Row) || _tables.IsWritten(slot.Cell))
                    Put(slot, _registers[register][phase.Row].Value);
            }
        }

        return new(clear, set, outside, outsides == 1);
    }

    /// <summary>Whether a step may leave a cell with another value than the unpacked key of its state has.</summary>
    internal bool MayDiffer(int cell) => _partOf[cell] == LeftOut || IsRelative(cell) || _phaseCells.Contains(cell);

    /// <summary>
    /// The cells whose values in the present state, after a run, may differ from their values in the unpacked key.
    /// </summary>
    /// <param name="choices">The choices of the run.</param>
    /// <param name="clear">The bits that the run writes.</param>
    internal IEnumerable<int> Differing(Choices choices, Key clear)
    {
        foreach (var cell in _tables.Written.ToArray())
            if (MayDiffer(cell))
                yield return cell;
        foreach (var row in Rows)
        {
            if (_tables.IsWritten(_clock))
                yield return _deadlines + (int)row;
            foreach (var register in Arguments.Names)
            {
                var cell = _tables.Start(register) + (int)row;
                if (choices.IsOf(row) || (_slots.TryGetValue(cell, out var slot) && (slot.Mask & clear) != default))
                    yield return cell;
            }
        }

        if (_tables.IsWritten(_stage))
            yield return _examined;
    }

    // The packed value of a cell that the run has written, or whose meaning depends on written cells; otherwise null.
    private uint? WrittenValueOf(int cell)
    {
        var s = _tables.State;
        uint? written = _tables.IsWritten(cell) ? _tables.Cells[cell] : null;
        if (cell == _examined)
            return s.Stage.Value != Stages.Wake ? 0 : written;
        if (!IsRelative(cell))
            return written;
        var thread = (uint)(cell - _deadlines);
        if (written is null && !_tables.IsWritten(_clock) && !_tables.IsWritten(_timed + (int)thread))
            return null;
        return s.Timed[thread].Value == 0 ? 0 : s.Deadline[thread].Value - s.Clock.Value;
    }
}
