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
                        .. model.Also.Contains(Entry.ExchangeTrap)
                            ? (Slot[])[Among(nameof(State<Concrete>.TrapAddress), row, domains.TrapAddressesOf(row))]
                            : [],
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
