using System.Numerics;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>A state packed to bits.</summary>
public readonly record struct Key(ulong Low, ulong High);

/// <summary>
/// Packs a state of a model into a key: of each column only the rows that can vary, in the bits that their values need.
/// </summary>
/// <remarks>
/// Registers that no later step reads are left out. A thread that is ready will have run user code, which may put
/// anything there, before the kernel next looks; the message and the code of one that waits are overwritten when
/// it is woken; one that sleeps or stopped stays so. What is left: a waiting sender's own receive phase (ECX, EBP,
/// ESI), and a resuming thread's (ECX, EBP). Its words are left out too: the kernel moves them into registers that are left out and
/// never decides by them.
/// </remarks>
public sealed class Codec
{
    private readonly record struct Slot(int Cell, int Bits, uint[]? Domain);

    private readonly record struct Phase(uint Row, Slot Ecx, Slot Ebp, Slot Esi);

    private readonly FlatTables _tables;
    private readonly uint[] _constant;
    private readonly bool[] _packed;
    private readonly Slot[] _slots;
    private readonly Phase[] _phases;

    public Codec(Model model, FlatTables tables)
    {
        _tables = tables;
        Rows = [.. model.Threads.Select(thread => tables.State.Row(thread.Id).Value)];
        CopyInto(Boot.Initial(model.Limits, model.Threads), tables);
        _constant = [.. tables.Cells];

        uint[] numbers = [State<Concrete>.Nobody, .. Rows];
        uint[] cursors = [.. numbers.Distinct()];
        Slot Cell(string column, uint row, int bits) => new(tables.Start(column) + (int)row, bits, null);
        Slot Among(string column, uint row, uint[] domain) => new(tables.Start(column) + (int)row, Bits(domain.Length), domain);
        Slot Argument(string column, uint row) =>
            Among(column, row, model.Arguments.Values[Arguments.Index(column)]);

        List<Slot> slots =
        [
            Cell(nameof(State<Concrete>.Stage), 0, 2),
            Among(nameof(State<Concrete>.Current), 0, numbers),
        ];
        foreach (var row in Rows)
        {
            slots.Add(Cell(nameof(State<Concrete>.Status), row, 3));
            slots.Add(Among(nameof(State<Concrete>.Partner), row, numbers));
            slots.Add(Among(nameof(State<Concrete>.Served), row, cursors));
            slots.Add(Among(nameof(State<Concrete>.Slice), row, [.. Enumerable.Range(1, (int)model.SliceBound).Select(i => (uint)i)]));
        }

        slots.AddRange(model.Threads.Select(thread => thread.Priority).Distinct()
            .Select(priority => Among(nameof(State<Concrete>.Picked), priority, cursors)));
        _slots = [.. slots];
        _phases = [.. Rows.Select(row => new Phase(
            row, Argument(nameof(State<Concrete>.Ecx), row), Argument(nameof(State<Concrete>.Ebp), row),
            Argument(nameof(State<Concrete>.Esi), row)))];

        Width = _slots.Sum(slot => slot.Bits) + _phases.Sum(phase => phase.Ecx.Bits + phase.Ebp.Bits + phase.Esi.Bits);
        if (Width > 128) throw new ModelException($"model {model.Name}: a state needs {Width} bits of 128; use fewer threads or values");

        _packed = new bool[tables.Cells.Length];
        foreach (var slot in _slots) _packed[slot.Cell] = true;
        foreach (var name in Arguments.Names)
            foreach (var row in Rows)
                _packed[tables.Start(name) + (int)row] = true;
    }

    /// <summary>Thread numbers of the model's threads.</summary>
    public uint[] Rows { get; }

    /// <summary>Bits of a state.</summary>
    public int Width { get; }

    /// <summary>
    /// The key of the present state, if it has one: null where a value is outside of the model, and then <paramref name="outside"/>
    /// is its cell.
    /// </summary>
    public Key? Pack(out int outside)
    {
        foreach (var cell in _tables.Written)
            if (!_packed[cell] && _tables.Cells[cell] != _constant[cell])
            {
                outside = cell;
                return null;
            }

        var writer = new Writer();
        var state = _tables.State;
        outside = -1;
        foreach (ref readonly var slot in _slots.AsSpan())
            if (!writer.Put(slot, _tables.Cells[slot.Cell])) outside = slot.Cell;
        foreach (ref readonly var phase in _phases.AsSpan())
        {
            // Read through the columns, so that a register the step has not looked at is chosen now.
            var status = state.Status[phase.Row].Value;
            var receives = status is ThreadStatus.Sending or ThreadStatus.Resuming;
            if (!writer.Put(phase.Ecx, receives ? state.Ecx[phase.Row] : phase.Ecx.Domain![0])) outside = phase.Ecx.Cell;
            if (!writer.Put(phase.Ebp, receives ? state.Ebp[phase.Row] : phase.Ebp.Domain![0])) outside = phase.Ebp.Cell;
            if (!writer.Put(phase.Esi, status == ThreadStatus.Sending ? state.Esi[phase.Row] : phase.Esi.Domain![0]))
                outside = phase.Esi.Cell;
        }

        return outside < 0 ? writer.Key : null;
    }

    /// <summary>Makes the packed state the present one; registers left out are 0.</summary>
    public void Unpack(Key key)
    {
        _constant.CopyTo(_tables.Cells.AsSpan());
        var reader = new Reader(key);
        foreach (ref readonly var slot in _slots.AsSpan()) _tables.Cells[slot.Cell] = reader.Take(slot);
        foreach (ref readonly var phase in _phases.AsSpan())
        {
            _tables.Cells[phase.Ecx.Cell] = reader.Take(phase.Ecx);
            _tables.Cells[phase.Ebp.Cell] = reader.Take(phase.Ebp);
            _tables.Cells[phase.Esi.Cell] = reader.Take(phase.Esi);
        }

        _tables.Commit();
    }

    /// <summary>Copies every column of <paramref name="from"/>, of the same limits.</summary>
    public static void CopyInto(State<Concrete> from, FlatTables tables)
    {
        foreach (var (info, column) in from.Columns)
            for (var row = 0u; row < State<Concrete>.Rows(info.Table, from.Limits); row++)
                tables.Cells[tables.Start(info.Name) + (int)row] = column[row];
        tables.Commit();
    }

    private static int Bits(int values) => BitOperations.Log2((uint)values - 1) + (values > 1 ? 1 : 0);

    private ref struct Writer
    {
        private ulong _low, _high;
        private int _at;

        public readonly Key Key => new(_low, _high);

        public bool Put(in Slot slot, uint value)
        {
            if (slot.Domain is { } domain)
            {
                var index = Array.IndexOf(domain, value);
                if (index < 0) return false;
                value = (uint)index;
            }

            if (_at < 64)
            {
                _low |= (ulong)value << _at;
                if (_at + slot.Bits > 64) _high |= (ulong)value >> (64 - _at);
            }
            else
                _high |= (ulong)value << (_at - 64);

            _at += slot.Bits;
            return true;
        }
    }

    private ref struct Reader(Key key)
    {
        private readonly UInt128 _bits = new(key.High, key.Low);
        private int _at;

        public uint Take(in Slot slot)
        {
            var value = (uint)(_bits >> _at) & ((1u << slot.Bits) - 1);
            _at += slot.Bits;
            return slot.Domain is { } domain ? domain[value] : value;
        }
    }
}

/// <summary>A model or its bounds cannot be checked; the message says why.</summary>
public sealed class ModelException(string message) : Exception(message);
