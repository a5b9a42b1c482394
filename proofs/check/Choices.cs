using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>The registers in which a system call takes its arguments, and the values a model tries in each.</summary>
/// <param name="Values">At least one value per register of <see cref="Names"/>.</param>
public sealed record Arguments(IReadOnlyList<uint[]> Values)
{
    /// <summary>Columns of the registers, in the order of <see cref="Values"/>.</summary>
    public static readonly string[] Names =
    [
        nameof(State<Concrete>.Eax),
        nameof(State<Concrete>.Ecx),
        nameof(State<Concrete>.Edx),
        nameof(State<Concrete>.Ebx),
        nameof(State<Concrete>.Ebp),
        nameof(State<Concrete>.Esi),
        nameof(State<Concrete>.Edi),
    ];

    /// <summary>An address for a descriptor that should be for registers; there is no memory behind it.</summary>
    public const uint Memory = 0x1000;

    /// <summary>Each of send and receive timeout zero or infinite.</summary>
    public static readonly uint[] NoFiniteTimeouts =
    [
        Timeouts.Infinite,
        Timeouts.ZeroReceiveOnly,
        0x10,
        Timeouts.ZeroBoth,
    ];

    /// <summary>The same for the entries that are tried with other values.</summary>
    public IReadOnlyDictionary<Entry, IReadOnlyList<uint[]>> Of { get; init; } =
        new Dictionary<Entry, IReadOnlyList<uint[]>>();

    /// <summary>The values that an entry is tried with, in a register.</summary>
    public uint[] In(Entry entry, string register) => For(entry)[Index(register)];

    /// <summary>The values that a register has in any entry.</summary>
    public uint[] In(string register) =>
        [.. Of.Values.Prepend(Values).SelectMany(values => values[Index(register)]).Distinct()];

    /// <summary>The values that an entry is tried with.</summary>
    public IReadOnlyList<uint[]> For(Entry entry) => Of.GetValueOrDefault(entry, Values);

    public static int Index(string column) => Array.IndexOf(Names, column);

    /// <summary>
    /// Every kind of send and receive with each given timeout. The partners are each thread, nil, a stale version, and
    /// an id of no thread. One message is enough, because the kernel moves the words and never examines them.
    /// </summary>
    public static Arguments For(IReadOnlyList<BootThread> threads, uint[] timeouts, uint lthreads) =>
        new([
            [Descriptor.None, .. Enumerable.Range(0, (int)lthreads).Select(lthread => (uint)lthread), Memory],
            timeouts,
            [1],
            [2],
            [Descriptor.None, 0, 1, Memory],
            [.. threads.Select(thread => thread.Id), ThreadId.Nil, threads[0].Id + 1, ThreadId.Invalid],
            [3],
        ]);
}

/// <summary>
/// The running thread's argument registers, chosen when the kernel first reads them. All combinations are covered, but
/// registers that the kernel never reads do not multiply the runs. One event is run again for each path through the
/// choices.
/// </summary>
public sealed class Choices(Arguments arguments)
{
    private readonly int[] _path = new int[Arguments.Names.Length];
    private readonly int[] _registers = new int[Arguments.Names.Length];
    private int _depth,
        _length;
    private uint _row,
        _open;
    private IReadOnlyList<uint[]> _values = arguments.Values;

    /// <summary>Chooses the alternatives and records them; null if the paths are taken in turn.</summary>
    public Recording? Recording { get; set; }

    /// <summary>
    /// Starts a run in which <paramref name="row"/>'s registers may hold any of an entry's arguments; row 0 means no
    /// thread.
    /// </summary>
    public void Begin(uint row, Entry entry)
    {
        _values = arguments.For(entry);
        (_row, _depth) = (row, 0);
        _open = row == State<Concrete>.Nobody ? 0 : (1u << Arguments.Names.Length) - 1;
    }

    /// <summary>Forgets the path: the next run is the first of an event.</summary>
    public void Restart() => _length = 0;

    /// <summary>Ends the run. Registers that were not chosen keep their present values.</summary>
    public void Seal() => _open = 0;

    /// <summary>
    /// Whether the next run takes another path; false when all were taken, and then the first path comes next.
    /// </summary>
    public bool Advance()
    {
        for (; _length > 0; _length--)
            if (++_path[_length - 1] < _values[_registers[_length - 1]].Length)
                return true;
        return false;
    }

    /// <summary>Whether a row's registers are, or were, open in this run.</summary>
    public bool IsOf(uint row) => row == _row && row != State<Concrete>.Nobody;

    /// <summary>Whether a cell is a register whose value this run has chosen.</summary>
    public bool HasChosen(FlatTables tables, int cell)
    {
        for (var n = 0; n < _depth; n++)
            if (tables.Start(Arguments.Names[_registers[n]]) + (int)_row == cell)
                return true;
        return false;
    }

    /// <summary>The registers that this run has chosen, as cells, and their chosen values.</summary>
    public IEnumerable<(int Cell, uint Value)> ChosenCells(FlatTables tables)
    {
        for (var n = 0; n < _depth; n++)
            yield return (tables.Start(Arguments.Names[_registers[n]]) + (int)_row, _values[_registers[n]][_path[n]]);
    }

    public bool IsOpen(uint row, int register) => row == _row && (_open >> register & 1) != 0;

    public void Close(uint row, int register)
    {
        if (row == _row)
            _open &= ~(1u << register);
    }

    public uint Choose(int register)
    {
        _open &= ~(1u << register);
        if (Recording is { } recording)
        {
            _length = _depth + 1;
            (_registers[_depth], _path[_depth]) = (register, recording.Choose(_values[register].Length));
        }
        else if (_depth == _length)
            (_registers[_length], _path[_length++]) = (register, 0);

        return _values[register][_path[_depth++]];
    }

    /// <summary>
    /// The value that this run gave to a register; the first value of its list if the kernel did not read it.
    /// </summary>
    public uint Chosen(int register)
    {
        var at = Array.IndexOf(_registers, register, 0, _depth);
        return _values[register][at < 0 ? 0 : _path[at]];
    }

    /// <summary>The column of an argument register, which is chosen when it is read; null for other columns.</summary>
    public Column<Concrete>? Make(FlatTables tables, ColumnInfo column, int start) =>
        Arguments.Index(column.Name) is >= 0 and var register
            ? new ArgumentColumn(tables, start, register, this)
            : null;

    private sealed class ArgumentColumn(FlatTables tables, int start, int register, Choices choices) : Column<Concrete>
    {
        public override Concrete this[Concrete row]
        {
            get
            {
                var cell = start + (int)row.Value;
                if (!choices.IsOpen(row.Value, register))
                    return tables.Read(cell);
                return tables.Cells[cell] = choices.Choose(register);
            }
            set
            {
                choices.Close(row.Value, register);
                tables.Write(start + (int)row.Value, value.Value);
            }
        }
    }
}
