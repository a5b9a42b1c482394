using System.Numerics;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>A state packed to bits.</summary>
public readonly record struct Key(ulong Low, ulong High)
{
    /// <summary>So many bits from bit <paramref name="at"/> on; at most 32.</summary>
    public uint Bits(int at, int count)
    {
        var from = at >= 64 ? High >> (at - 64) : at == 0 ? Low : Low >> at | High << (64 - at);
        return (uint)from & (uint)((1UL << count) - 1);
    }

    /// <summary>Ones at so many bits from bit <paramref name="at"/> on, zeros elsewhere.</summary>
    public static Key Ones(int at, int count)
    {
        var ones = ((UInt128.One << count) - 1) << at;
        return new((ulong)ones, (ulong)(ones >> 64));
    }

    public static Key operator &(Key a, Key b) => new(a.Low & b.Low, a.High & b.High);

    public static Key operator |(Key a, Key b) => new(a.Low | b.Low, a.High | b.High);

    public static Key operator ~(Key a) => new(~a.Low, ~a.High);
}

/// <summary>
/// Packs a state of a model into a key: of each column only the rows that can vary, in the bits that their values need.
/// </summary>
/// <remarks>
/// Registers that no later step reads are left out. A thread that is ready will have run user code, which may put
/// anything there, before the kernel next looks; the message and the code of one that waits are overwritten when
/// it is woken; one that sleeps or stopped stays so. What is left: a waiting sender's own receive phase (ECX, EBP,
/// ESI), unless it reports an exception, and a resuming thread's, but for the current one's that has found a sender. The words of a
/// message are left out too, those of an exception among them: the kernel moves them into registers that are left out and never
/// decides by them. The clock is left out too: deadlines are packed as the ticks that are left,
/// and no step decides by the time that users see. Who was examined last in a
/// tick means nothing after it.
/// </remarks>
public sealed class Codec
{
    /// <summary>A packed cell: its bits of the key, and the values that it can have, by number; null where the value is its own number.</summary>
    private readonly record struct Slot(int Cell, int At, int Bits, uint[]? Domain)
    {
        public Key Mask => Key.Ones(At, Bits);
    }

    /// <summary>The slots that are packed anew together, when one of their cells was written: a thread's, or all of the others.</summary>
    private readonly record struct Part(Slot[] Slots, Phase? Phase, Key Others);

    private sealed record Phase(uint Row, Slot Ecx, Slot Ebp, Slot Esi);

    // What a cell has to do with the key, where it is in no part.
    private const sbyte Constant = -1, LeftOut = -2;

    private readonly FlatTables _tables;
    private readonly Column<Concrete> _status, _ecx, _ebp, _esi;
    private readonly int _clock, _examined, _deadlines, _timed;
    private readonly uint[] _constant;
    private readonly sbyte[] _partOf;
    private readonly Part[] _parts;
    private readonly Dictionary<int, Slot> _slots = [];
    private Key _unpacked;
    private bool _fresh = true;

    public Codec(Model model, FlatTables tables)
    {
        _tables = tables;
        (_status, _ecx, _ebp, _esi) = (tables.State.Status, tables.State.Ecx, tables.State.Ebp, tables.State.Esi);
        int Start(string column) => tables.Start(column);
        (_clock, _examined) = (Start(nameof(State<Concrete>.Clock)), Start(nameof(State<Concrete>.Examined)));
        (_deadlines, _timed) = (Start(nameof(State<Concrete>.Deadline)), Start(nameof(State<Concrete>.Timed)));
        Rows = [.. model.Threads.Select(thread => tables.State.Row(thread.Id).Value)];
        CopyInto(Boot.Initial(model.Limits, model.Threads), tables);
        _constant = [.. tables.Cells];
        _partOf = new sbyte[_constant.Length];
        Array.Fill(_partOf, Constant);
        foreach (var name in (string[])[
            .. Arguments.Names, nameof(State<Concrete>.Esp), nameof(State<Concrete>.Eip), nameof(State<Concrete>.Eflags), nameof(State<Concrete>.Fault),
            nameof(State<Concrete>.Consumed)])
            foreach (var row in Rows)
                _partOf[tables.Start(name) + (int)row] = LeftOut;

        foreach (var name in (string[])[nameof(State<Concrete>.Clock), nameof(State<Concrete>.Time), nameof(State<Concrete>.TimeHigh)])
            _partOf[Start(name)] = LeftOut;
        uint[] numbers = [State<Concrete>.Nobody, .. Rows];
        uint[] pagers = [.. model.Threads.Select(thread => thread.Pager)
            .Concat(model.Also.Contains(Entry.LthreadExRegs) ? model.Arguments.Values[Arguments.Index(nameof(State<Concrete>.Esi))] : []).Distinct()];
        uint[] preempters = model.Also.Contains(Entry.LthreadExRegs)
            ? [.. model.Arguments.Values[Arguments.Index(nameof(State<Concrete>.Ebx))].Append(ThreadId.Nil).Distinct()] : [ThreadId.Nil];
        uint[] cursors = [.. numbers.Distinct()];
        var at = 0;
        Slot Cell(string column, uint row, int bits, uint[]? domain = null)
        {
            var slot = new Slot(tables.Start(column) + (int)row, at, bits, domain);
            at += bits;
            _slots.Add(slot.Cell, slot);
            return slot;
        }

        Slot Among(string column, uint row, uint[] domain) => Cell(column, row, Bits(domain.Length), domain);
        Slot Argument(string column, uint row) => Among(column, row, model.Arguments.Values[Arguments.Index(column)]);
        Part Make(Slot[] slots, Phase? phase = null)
        {
            var all = phase is null ? slots : [.. slots, phase.Ecx, phase.Ebp, phase.Esi];
            return new(slots, phase, ~all.Aggregate(default(Key), (mask, slot) => mask | slot.Mask));
        }

        _parts =
        [
            Make([
                Cell(nameof(State<Concrete>.Stage), 0, 3),
                Among(nameof(State<Concrete>.Current), 0, numbers),
                Among(nameof(State<Concrete>.Examined), 0, numbers),
                Among(nameof(State<Concrete>.Heir), 0, numbers),
                .. model.Threads.Select(thread => thread.Priority).Distinct()
                    .Select(priority => Among(nameof(State<Concrete>.Picked), priority, cursors)),
            ]),
            .. Rows.Select(row => Make(
                [
                    Cell(nameof(State<Concrete>.Status), row, 4),
                    Cell(nameof(State<Concrete>.Faulting), row, 1),
                    Among(nameof(State<Concrete>.Pager), row, pagers),
                    Among(nameof(State<Concrete>.Preempter), row, preempters),
                    Among(nameof(State<Concrete>.Partner), row, numbers),
                    Among(nameof(State<Concrete>.Served), row, cursors),
                    Cell(nameof(State<Concrete>.Timed), row, model.MostTicks > 0 ? 1 : 0),
                    Among(nameof(State<Concrete>.Deadline), row, [.. Enumerable.Range(0, (int)model.MostTicks + 1).Select(i => (uint)i)]),
                    Among(nameof(State<Concrete>.Slice), row, [.. Enumerable.Range(0, (int)model.SliceBound + 1).Select(i => (uint)i)]),
                ],
                new(row, Argument(nameof(State<Concrete>.Ecx), row), Argument(nameof(State<Concrete>.Ebp), row),
                    Argument(nameof(State<Concrete>.Esi), row)))),
        ];
        for (var part = 0; part < _parts.Length; part++)
        {
            foreach (var slot in _parts[part].Slots) _partOf[slot.Cell] = (sbyte)part;
            if (_parts[part].Phase is not { } phase) continue;
            foreach (var slot in (ReadOnlySpan<Slot>)[phase.Ecx, phase.Ebp, phase.Esi]) _partOf[slot.Cell] = (sbyte)part;
        }

        Width = at;
        if (Width > 128) throw new ModelException($"model {model.Name}: a state needs {Width} bits of 128; use fewer threads or values");
    }

    /// <summary>Thread numbers of the model's threads.</summary>
    public uint[] Rows { get; }

    /// <summary>Bits of a state.</summary>
    public int Width { get; }

    /// <summary>
    /// The key of the present state, if it has one: null where a value is outside of the model, and then <paramref name="outside"/>
    /// is its cell. The state is the one unpacked last, apart from what was written since.
    /// </summary>
    public Key? Pack(out int outside)
    {
        outside = -1;
        var written = _fresh ? (1u << _parts.Length) - 1 : 0;
        foreach (var cell in _tables.Written)
            if (cell == _clock)
                written |= (1u << _parts.Length) - 1;
            else if (_partOf[cell] is >= 0 and var part)
                written |= 1u << part;
            else if (_partOf[cell] == Constant && _tables.Cells[cell] != _constant[cell])
            {
                outside = cell;
                return null;
            }

        var key = _unpacked;
        for (; written != 0; written &= written - 1)
            Pack(_parts[BitOperations.TrailingZeroCount(written)], ref key, ref outside);
        return outside < 0 ? key : null;
    }

    /// <summary>Makes the packed state the present one; registers left out are 0.</summary>
    public void Unpack(Key key)
    {
        var cells = _tables.Cells;
        if (_fresh) _tables.Load(_constant);
        else _tables.Restore(_constant);
        foreach (ref readonly var part in _parts.AsSpan())
        {
            foreach (ref readonly var slot in part.Slots.AsSpan()) cells[slot.Cell] = Take(key, slot);
            if (part.Phase is not { } phase) continue;
            cells[phase.Ecx.Cell] = Take(key, phase.Ecx);
            cells[phase.Ebp.Cell] = Take(key, phase.Ebp);
            cells[phase.Esi.Cell] = Take(key, phase.Esi);
        }

        _tables.Commit();
        (_unpacked, _fresh) = (key, false);
    }

    /// <summary>The bits of a thread's own cells; of <see cref="State{W}.Nobody"/>, those of the processor and the priorities.</summary>
    public Key MaskOf(uint row) => ~_parts[Array.IndexOf(Rows, row) + 1].Others;

    /// <summary>The bits of a cell that is packed.</summary>
    public Key MaskOf(string column, uint row) => _slots[_tables.Start(column) + (int)row].Mask;

    /// <summary>Whether in the present state, which has a key, the masked bits of the key tell the value of a cell.</summary>
    public bool Tells(Key mask, int cell)
    {
        if (_partOf[cell] == Constant) return true;
        if (IsRelative(cell)) return false;
        if (!_slots.TryGetValue(cell, out var slot) || (slot.Mask & mask) != slot.Mask) return false;
        if (_parts[_partOf[cell]].Phase is not { } phase || (cell != phase.Ecx.Cell && cell != phase.Ebp.Cell && cell != phase.Esi.Cell)) return true;
        var status = MaskOf(nameof(State<Concrete>.Status), phase.Row);
        var faulting = MaskOf(nameof(State<Concrete>.Faulting), phase.Row);
        return ((status | faulting) & mask) == (status | faulting) && _status[phase.Row].Value == ThreadStatus.Sending && IsPacked(phase.Row);
    }

    /// <summary>Copies every column of <paramref name="from"/>, of the same limits.</summary>
    public static void CopyInto(State<Concrete> from, FlatTables tables)
    {
        foreach (var (info, column) in from.Columns)
        {
            var (start, rows) = (tables.Start(info.Name), State<Concrete>.Rows(info.Table, from.Limits));
            for (var row = 0u; row < rows; row++) tables.Cells[start + (int)row] = column[row];
        }

        tables.Commit();
    }

    // Whether a thread's receive phase is in the key: it is still to come.
    private bool IsPacked(uint row) => _status[row].Value switch
    {
        ThreadStatus.Sending => _tables.State.Faulting[row].Value == 0,
        ThreadStatus.Resuming => _tables.State.Stage.Value != Stages.Accept || _tables.State.Current.Value != row,
        _ => false,
    };

    private void Pack(in Part part, ref Key key, ref int outside)
    {
        key &= part.Others;
        foreach (ref readonly var slot in part.Slots.AsSpan()) Put(slot, ValueOf(slot.Cell), ref key, ref outside);
        if (part.Phase is not { } phase) return;

        // Read through the columns, so that a register the step has not looked at is chosen now.
        if (!IsPacked(phase.Row)) return;
        Put(phase.Ecx, _ecx[phase.Row], ref key, ref outside);
        Put(phase.Ebp, _ebp[phase.Row], ref key, ref outside);
        Put(phase.Esi, _esi[phase.Row], ref key, ref outside);
    }

    /// <summary>What is packed of a cell: its value, but of a deadline what is left, and 0 of what means nothing now.</summary>
    private uint ValueOf(int cell)
    {
        var value = _tables.Cells[cell];
        if (!IsRelative(cell)) return value;
        if (cell == _examined) return _tables.State.Stage.Value == Stages.Wake ? value : 0;
        return _tables.Cells[_timed + cell - _deadlines] == 0 ? 0 : value - _tables.Cells[_clock];
    }

    private bool IsRelative(int cell) =>
        cell == _examined || (uint)(cell - _deadlines) < _tables.State.Limits.Threads;

    private static void Put(in Slot slot, uint value, ref Key key, ref int outside)
    {
        if (slot.Domain is { } domain)
        {
            var number = 0;
            while (number < domain.Length && domain[number] != value) number++;
            if (number == domain.Length)
            {
                outside = slot.Cell;
                return;
            }

            value = (uint)number;
        }

        var (low, high) = slot.At < 64 ? ((ulong)value << slot.At, slot.At == 0 ? 0 : (ulong)value >> (64 - slot.At)) : (0, (ulong)value << (slot.At - 64));
        key |= new Key(low, high);
    }

    private static uint Take(Key key, in Slot slot)
    {
        var value = key.Bits(slot.At, slot.Bits);
        return slot.Domain is { } domain ? domain[value] : value;
    }

    private static int Bits(int values) => BitOperations.Log2((uint)values - 1) + (values > 1 ? 1 : 0);
}

/// <summary>A model or its bounds cannot be checked; the message says why.</summary>
public sealed class ModelException(string message) : Exception(message);
