using System.Numerics;
using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Packs a state of a model into a key. The key has only the rows of a column that can vary, in the bits that their
/// values need.
/// </summary>
/// <remarks>
/// Registers that no later step reads are left out. The reason depends on the thread:
/// <list>
/// <item>A ready thread: before the kernel reads its registers again, it runs user code, which may change them
/// all.</item>
/// <item>A waiting thread: its message and code are overwritten when it wakes.</item>
/// <item>A sleeping or stopped thread: it stays so, unless its ESI names its interrupt.</item>
/// </list>
/// The key keeps ECX, EBP and ESI (the receive phase) of a waiting sender that reports no exception. It also keeps
/// those of a resuming thread, unless that is the current thread and has found a sender. The words of a message or
/// exception are left out, because the kernel only moves them into registers that are left out. The clock is left out:
/// deadlines are packed as the remaining ticks, and no step depends on the time that users see. The thread that was
/// examined last in a tick is left out after the tick, because it has no meaning then.
/// </remarks>
public sealed partial class Codec
{
    /// <summary>
    /// The slots that are packed together when one of their cells was written: those of a thread, or all others.
    /// </summary>
    private readonly record struct Part(Slot[] Slots, Phase? Phase, Key Others);

    // A thread's registers that are packed as long as a later step reads them, in the order of Registers.
    private sealed record Phase(uint Row, Slot[] Slots);

    private static readonly string[] Registers =
    [
        nameof(State<Concrete>.Ecx),
        nameof(State<Concrete>.Ebp),
        nameof(State<Concrete>.Esi),
        nameof(State<Concrete>.Eax),
        nameof(State<Concrete>.Ebx),
    ];

    // The role of a cell that is in no part of the key.
    private const sbyte Constant = -1,
        LeftOut = -2;

    private readonly FlatTables _tables;
    private readonly MappingsCodec? _mappings;
    private readonly Column<Concrete> _status;
    private readonly Column<Concrete>[] _registers;
    private readonly bool _handles;
    private readonly int _stage,
        _clock,
        _examined,
        _deadlines,
        _timed;
    private readonly uint[] _constant;
    private readonly sbyte[] _partOf;
    private readonly Part[] _parts;
    private readonly Dictionary<int, Slot> _slots = [];
    private readonly HashSet<int> _phaseCells = [];
    private Key _unpacked;
    private bool _fresh = true;

    public Codec(Model model, FlatTables tables)
    {
        (_tables, _handles) = (tables, model.Handles);
        var state = tables.State;
        (_status, _registers) = (state.Status, [state.Ecx, state.Ebp, state.Esi, state.Eax, state.Ebx]);
        int Start(string column) => tables.Start(column);
        _stage = Start(nameof(State<Concrete>.Stage));
        (_clock, _examined) = (Start(nameof(State<Concrete>.Clock)), Start(nameof(State<Concrete>.Examined)));
        (_deadlines, _timed) = (Start(nameof(State<Concrete>.Deadline)), Start(nameof(State<Concrete>.Timed)));
        Rows = [.. model.Rows];
        tables.Fill(model.Initial());
        _constant = [.. tables.Cells];
        _partOf = new sbyte[_constant.Length];
        Array.Fill(_partOf, Constant);
        foreach (
            var name in (string[])
                [
                    .. Arguments.Names,
                    nameof(State<Concrete>.Esp),
                    nameof(State<Concrete>.Eip),
                    nameof(State<Concrete>.Eflags),
                    nameof(State<Concrete>.Fault),
                    nameof(State<Concrete>.Consumed),
                    nameof(State<Concrete>.ExternalPreempter),
                ]
        )
        foreach (var row in Rows)
            _partOf[tables.Start(name) + (int)row] = LeftOut;

        // Each thread has different words, so a message with another thread's words is noticed. A new thread has no
        // words.
        foreach (
            var name in model.Creates
                ? (string[])[]
                :
                [
                    nameof(State<Concrete>.Edi),
                    .. model.Maps
                        ? (string[])[]
                        : [nameof(State<Concrete>.Edx), nameof(State<Concrete>.Ebx), nameof(State<Concrete>.Fault)],
                ]
        )
        foreach (var row in Rows)
            _constant[tables.Start(name) + (int)row] = (uint)tables.Start(name) << 16 | row;

        foreach (
            var name in (string[])
                [nameof(State<Concrete>.Clock), nameof(State<Concrete>.Time), nameof(State<Concrete>.TimeHigh)]
        )
            _partOf[Start(name)] = LeftOut;
        var domains = new Domains(model);
        var numbers = domains.Numbers;
        var at = 0;
        Slot Cell(string column, uint row, int bits, uint[]? domain = null)
        {
            var slot = new Slot(tables.Start(column) + (int)row, at, bits, domain);
            at += bits;
            _slots.Add(slot.Cell, slot);
            return slot;
        }

        Slot Among(string column, uint row, uint[] domain) => Cell(column, row, Bits(domain.Length), domain);
        Slot Argument(string column, uint row) =>
            Among(column, row, model.Maps ? model.Arguments.In(column) : model.Arguments.In(Entry.Ipc, column));
        Part Make(Slot[] slots, Phase? phase = null)
        {
            var all = phase is null ? slots : [.. slots, .. phase.Slots];
            return new(slots, phase, ~all.Aggregate(default(Key), (mask, slot) => mask | slot.Mask));
        }

        _parts =
        [
            Make([
                Cell(nameof(State<Concrete>.Stage), 0, 3),
                Among(nameof(State<Concrete>.Current), 0, numbers),
                Among(nameof(State<Concrete>.Examined), 0, numbers),
                Among(nameof(State<Concrete>.Heir), 0, numbers),
                .. domains.Priorities.Select(priority => Among(nameof(State<Concrete>.Picked), priority, numbers)),
                .. !model.Also.Contains(Entry.ThreadSchedule)
                    ? []
                    : domains.Chiefs.Select(task => Among(nameof(Mappings<Concrete>.Small), task, domains.Smalls)),
                .. !model.Handles
                    ? []
                    : model
                        .Interrupts.SelectMany(id =>
                            (Slot[])
                                [
                                    Among(nameof(State<Concrete>.Handler), id, numbers),
                                    Cell(nameof(State<Concrete>.Pending), id, 1),
                                ]
                        )
                        .Append(Among(nameof(State<Concrete>.Masked), 0, MasksOf(model))),
            ]),
            .. Rows.Select(row =>
                Make(
                    [
                        Cell(nameof(State<Concrete>.Status), row, 4),
                        Cell(nameof(State<Concrete>.Faulting), row, 1),
                        Among(nameof(State<Concrete>.Pager), row, domains.Pagers),
                        Among(nameof(State<Concrete>.Preempter), row, domains.Preempters),
                        Among(nameof(State<Concrete>.Partner), row, numbers),
                        Among(nameof(State<Concrete>.Served), row, numbers),
                        Among(nameof(State<Concrete>.Priority), row, domains.PrioritiesOf(row)),
                        Among(nameof(State<Concrete>.Quantum), row, domains.QuantaOf(row)),
                        .. !model.Creates
                            ? (Slot[])[]
                            :
                            [
                                Among(nameof(State<Concrete>.Id), row, domains.IdsOf(row)),
                                Among(nameof(State<Concrete>.Mcp), row, domains.Mcps),
                                Among(nameof(State<Concrete>.Eflags), row, [0, Flags.User]),
                            ],
                        .. model.Handles
                            ? (Slot[])[Among(nameof(State<Concrete>.Handles), row, [0, .. model.Interrupts])]
                            : [],
                        Cell(nameof(State<Concrete>.Timed), row, model.MostTicks > 0 ? 1 : 0),
                        Among(
                            nameof(State<Concrete>.Deadline),
                            row,
                            [.. Enumerable.Range(0, (int)model.MostTicks + 1).Select(i => (uint)i)]
                        ),
                        Among(nameof(State<Concrete>.Slice), row, domains.SlicesOf(row)),
                    ],
                    new(row, [.. Registers.Take(model.Maps ? 5 : 3).Select(register => Argument(register, row))])
                )
            ),
        ];
        if (model.Maps)
        {
            _mappings = new(
                model,
                tables,
                (column, row, bits, domain) => domain is null ? Cell(column, row, bits) : Among(column, row, domain),
                numbers
            );
            _parts = [.. _parts, Make(_mappings.Slots)];
            Array.Fill(
                _partOf,
                (sbyte)(_parts.Length - 1),
                tables.MappingsStart,
                _partOf.Length - tables.MappingsStart
            );
        }

        for (var part = 0; part < _parts.Length; part++)
        {
            foreach (var slot in _parts[part].Slots)
                _partOf[slot.Cell] = (sbyte)part;
            if (_parts[part].Phase is not { } phase)
                continue;
            foreach (var slot in phase.Slots)
            {
                _partOf[slot.Cell] = (sbyte)part;
                _phaseCells.Add(slot.Cell);
            }
        }

        Width = at;
        if (Width > Key.Width)
            throw new ModelException(
                $"model {model.Name}: a state needs {Width} bits of {Key.Width}; use fewer threads or values"
            );
    }

    /// <summary>Thread numbers of the model's threads.</summary>
    public uint[] Rows { get; }

    /// <summary>Bits of a state.</summary>
    public int Width { get; }

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

    /// <summary>
    /// The bits of a thread's own cells. For <see cref="State{W}.Nobody"/>, the bits of the processor and the
    /// priorities.
    /// </summary>
    public Key MaskOf(uint row) => ~_parts[Array.IndexOf(Rows, row) + 1].Others;

    /// <summary>The bits of the mappings.</summary>
    public Key MaskOfMappings => _mappings is null ? default : ~_parts[^1].Others;

    /// <summary>The bits of a cell that is packed.</summary>
    public Key MaskOf(string column, uint row) => _slots[_tables.Start(column) + (int)row].Mask;

    /// <summary>
    /// Whether in the present state, which has a key, the masked bits of the key tell the value of a cell. If the state
    /// has no stale values of the mappings (<see cref="HasStale"/>), they tell more.
    /// </summary>
    public bool Tells(Key mask, int cell, bool isUnpacked = false)
    {
        if (_partOf[cell] == Constant)
            return true;
        if (IsRelative(cell))
            return false;
        if (_mappings is not null && cell >= _tables.MappingsStart)
            return (MaskOfMappings & mask) == MaskOfMappings && (isUnpacked || !_mappings.IsMeaningless(cell));
        if (!_slots.TryGetValue(cell, out var slot) || (slot.Mask & mask) != slot.Mask)
            return false;
        if (_parts[_partOf[cell]].Phase is not { } phase || !phase.Slots.Any(register => register.Cell == cell))
            return true;
        var status = MaskOf(nameof(State<Concrete>.Status), phase.Row);
        var faulting = MaskOf(nameof(State<Concrete>.Faulting), phase.Row);
        return ((status | faulting) & mask) == (status | faulting)
            && _mappings is null
            && _status[phase.Row].Value == ThreadStatus.Sending
            && Needed(phase.Row) != 0;
    }

    // The registers of a thread that are in the key, as bits by their place in Registers. They are the registers of its
    // receive phase, as long as that is still to come. In models with mappings they include its item, window or
    // request, until an operation has taken them over.
    private uint Needed(uint row)
    {
        const uint window = 2,
            partner = 4,
            receive = 1 | window | partner,
            send = 8,
            item = 16,
            request = 1 | 8;
        var s = _tables.State;
        var own = s.Faulting[row].Value == 0;
        if (_handles && _status[row].Value == ThreadStatus.Sleeping)
            return partner;
        var needed = _status[row].Value switch
        {
            ThreadStatus.Sending => !own ? 0
            : _mappings is not null && Descriptor.HasItem(s.Eax[row]).Known ? receive | send | item
            : receive | send,
            ThreadStatus.Resuming => s.Stage.Value != Stages.Accept || s.Current.Value != row ? receive : window,
            ThreadStatus.ReceivingAny or ThreadStatus.ReceivingFrom => own ? window : 0,
            ThreadStatus.Giving => IsBegun(s.Partner[row].Value) ? receive : receive | item,
            ThreadStatus.Mapping => IsBegun(row)
                ? s.Mappings.Operation == Operations.Delete
                    ? send | item
                    : 0
                : s.Partner[row].Value == State<Concrete>.Nobody
                    ? request
                    : own
                        ? window
                        : 0,
            _ => 0u,
        };
        return _mappings is not null || (needed & receive) == receive ? needed : 0;
    }

    private bool IsBegun(uint owner) =>
        _tables.State.Mappings.Operation.Value != Operations.None && _tables.State.Mappings.Owner.Value == owner;

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

    // Any of the interrupts that come may be masked.
    private static uint[] MasksOf(Model model) =>
        [
            .. Enumerable
                .Range(0, 1 << model.Interrupts.Count)
                .Select(open =>
                    model
                        .Interrupts.Where((_, i) => (open >> i & 1) != 0)
                        .Aggregate(Interrupts.AllMasked, (masked, id) => masked & ~Interrupts.Bit<Concrete>(id).Value)
                ),
        ];

    private static int Bits(int values) => BitOperations.Log2((uint)values - 1) + (values > 1 ? 1 : 0);
}
