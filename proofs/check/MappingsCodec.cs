using System.Numerics;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// The part of a key for the mappings, in models whose threads map. It contains the operation, the lists, and the
/// owners of page tables. If tasks are created, it also contains the free rows and the tasks.
/// </summary>
/// <remarks>
/// The links back, the frames, and the page tables' contents follow from these by the invariants. They are not packed
/// but derived again. A state with other values has no key, so nothing is assumed. Values without a present meaning are
/// packed as 0. These are the properties of a free mapping, the operands of no operation, the pages if none is left,
/// and the row before row 0's.
/// </remarks>
internal sealed class MappingsCodec
{
    private readonly FlatTables _tables;
    private readonly Mappings<Concrete> _mappings;
    private readonly Limits _limits;
    private readonly uint[] _derived,
        _constant;
    private readonly int _operation,
        _freeNode,
        _freeTable,
        _nextTable,
        _previousTable,
        _pass,
        _cursor,
        _space,
        _page,
        _frame,
        _depth,
        _level,
        _next,
        _previous,
        _tableAt,
        _tableTask,
        _tableSlot,
        _nodeAt;
    private readonly int _item,
        _source,
        _sourcePage,
        _target,
        _targetPage,
        _left,
        _failed,
        _owner;

    /// <param name="model">The model.</param>
    /// <param name="tables">Holds its boot state.</param>
    /// <param name="cell">
    /// Makes the slot of a column's row with the given number of bits; if a domain is given, the slot holds only its
    /// values.
    /// </param>
    /// <param name="rows">Threads that may own an operation, and row 0.</param>
    public MappingsCodec(Model model, FlatTables tables, Func<string, uint, int, uint[]?, Slot> cell, uint[] rows)
    {
        (_tables, _mappings, _limits) = (tables, tables.State.Mappings, model.Limits);
        (_constant, _derived) = ([.. tables.Cells], [.. tables.Cells]);
        int Start(string column) => tables.Start(column);
        _operation = Start(nameof(_mappings.Operation));
        (_item, _source, _sourcePage) = (
            Start(nameof(_mappings.Item)),
            Start(nameof(_mappings.Source)),
            Start(nameof(_mappings.SourcePage))
        );
        (_target, _targetPage, _left) = (
            Start(nameof(_mappings.Target)),
            Start(nameof(_mappings.TargetPage)),
            Start(nameof(_mappings.Left))
        );
        (_failed, _owner, _freeNode) = (
            Start(nameof(_mappings.Failed)),
            Start(nameof(_mappings.Owner)),
            Start(nameof(_mappings.FreeNode))
        );
        (_space, _page, _frame) = (
            Start(nameof(_mappings.Space)),
            Start(nameof(_mappings.Page)),
            Start(nameof(_mappings.Frame))
        );
        (_depth, _level) = (Start(nameof(_mappings.Depth)), Start(nameof(_mappings.Level)));
        (_next, _previous) = (Start(nameof(_mappings.Next)), Start(nameof(_mappings.Previous)));
        (_tableAt, _tableTask) = (Start(nameof(_mappings.TableAt)), Start(nameof(_mappings.TableTask)));
        (_freeTable, _nextTable, _previousTable) = (
            Start(nameof(_mappings.FreeTable)),
            Start(nameof(_mappings.NextTable)),
            Start(nameof(_mappings.PreviousTable))
        );
        (_pass, _cursor) = (Start(nameof(_mappings.Pass)), Start(nameof(_mappings.Cursor)));
        (_tableSlot, _nodeAt) = (Start(nameof(_mappings.TableSlot)), Start(nameof(_mappings.NodeAt)));

        var paging = _limits.Paging;
        var domains = new Domains(model);
        var (task, node, pages, slots) = (Bits(_limits.Tasks), Bits(paging.Nodes), domains.Pages, domains.Slots);
        uint[] items =
        [
            0,
            .. model.Arguments.In(Entry.Ipc, nameof(State<Concrete>.Ebx)),
            .. model.Arguments.In(Entry.FpageUnmap, nameof(State<Concrete>.Ecx)),
            .. model.Creates ? (uint[])[Fpage.Own | Fpage.Unmap] : [],
        ];
        var deepest = Bits(paging.Nodes - paging.Roots + 2);
        // Without deletions, the page tables of boot stay, and the free page tables are a part of boot's list.
        var firstTable = model.Creates ? 1 : _mappings.FreeTable.Value;
        uint[] changing =
        [
            .. Enumerable
                .Range((int)firstTable, (int)(paging.Tables - firstTable))
                .Select(table => (uint)table)
                .Where(_ => firstTable != 0),
        ];
        Slots =
        [
            .. domains.Tasks.SelectMany(t =>
                (Slot[])
                    [
                        cell(nameof(_mappings.Version), t, 0, domains.VersionsOf(t)),
                        cell(nameof(_mappings.Chief), t, 0, domains.Chiefs),
                        cell(nameof(_mappings.Doomed), t, 1, null),
                    ]
            ),
            .. !model.Creates
                ? (Slot[])[]
                :
                [
                    cell(nameof(_mappings.Pass), 0, Bits(Passes.Create + 1), null),
                    cell(nameof(_mappings.Cursor), 0, Bits(Math.Max(_limits.Threads, paging.Tables)), null),
                    .. changing.Select(table => cell(nameof(_mappings.NextTable), table, Bits(paging.Tables), null)),
                ],
            cell(nameof(_mappings.Operation), 0, 2, null),
            cell(nameof(_mappings.Phase), 0, 2, null),
            cell(nameof(_mappings.Owner), 0, 0, rows),
            cell(nameof(_mappings.Item), 0, 0, items),
            cell(nameof(_mappings.Source), 0, task, null),
            cell(nameof(_mappings.SourcePage), 0, 0, pages),
            cell(nameof(_mappings.Target), 0, task, null),
            cell(nameof(_mappings.TargetPage), 0, 0, pages),
            cell(nameof(_mappings.Left), 0, Bits(domains.MostLeft + 1), null),
            cell(nameof(_mappings.Failed), 0, 1, null),
            cell(nameof(_mappings.Root), 0, node, null),
            cell(nameof(_mappings.At), 0, node, null),
            cell(nameof(_mappings.FreeNode), 0, node, null),
            cell(nameof(_mappings.FreeTable), 0, Bits(paging.Tables + 1), null),
            .. Enumerable
                .Range(1, (int)paging.Nodes - 1)
                .Select(n => cell(nameof(_mappings.Next), (uint)n, node, null)),
            .. Enumerable
                .Range((int)paging.Roots, (int)(paging.Nodes - paging.Roots))
                .SelectMany(n =>
                    (Slot[])
                        [
                            cell(nameof(_mappings.Space), (uint)n, task, null),
                            cell(nameof(_mappings.Page), (uint)n, 0, pages),
                            cell(nameof(_mappings.Depth), (uint)n, deepest, null),
                            cell(nameof(_mappings.Level), (uint)n, deepest, null),
                        ]
                ),
            .. changing.SelectMany(table =>
                (Slot[])
                    [
                        cell(nameof(_mappings.TableTask), table, task, null),
                        cell(nameof(_mappings.TableSlot), table, 0, slots),
                    ]
            ),
        ];
    }

    public Slot[] Slots { get; }

    /// <summary>Packs the present mappings. Returns the cell whose value has no place, or -1.</summary>
    /// <param name="key">Receives the bits.</param>
    /// <param name="hasStale">
    /// Whether a value without a present meaning differs from that of the unpacked key.
    /// </param>
    public int Pack(ref Key key, out bool hasStale)
    {
        hasStale = false;
        _constant.CopyTo(_derived, 0);
        foreach (ref readonly var slot in Slots.AsSpan())
        {
            var value = IsMeaningless(slot.Cell) ? 0 : _tables.Cells[slot.Cell];
            if (!slot.Put(value, ref key))
                return slot.Cell;
            _derived[slot.Cell] = value;
        }

        Derive(_derived);
        for (var cell = _tables.MappingsStart; cell < _derived.Length; cell++)
            if (_derived[cell] != _tables.Cells[cell])
            {
                if (!IsMeaningless(cell))
                    return cell;
                hasStale = true;
            }
        return -1;
    }

    public void Unpack(Key key)
    {
        foreach (ref readonly var slot in Slots.AsSpan())
            _tables.Cells[slot.Cell] = slot.Take(key);
        Derive(_tables.Cells);
    }

    /// <summary>True if the value of a cell of the mappings means nothing in the present state.</summary>
    public bool IsMeaningless(int cell)
    {
        var cells = _tables.Cells;
        if (cell == _previous)
            return true;
        if (cell >= _page && cell < _next)
        {
            var row = (uint)(cell - _page) % _limits.Paging.Nodes;
            return row >= _limits.Paging.Roots && cells[_space + row] == 0;
        }

        // A page table in use is in no list, and a free page table is in no slot.
        if (cell >= _nextTable && cell < _previousTable + _limits.Paging.Tables)
            return (cell - _nextTable) % _limits.Paging.Tables is var table
                && (table == 0 || cells[_tableTask + table] != 0);
        if (cell > _tableSlot && cell < _nextTable)
            return cells[_tableTask + cell - _tableSlot] == 0;
        var operation = cells[_operation];
        if (cell == _pass || cell == _cursor)
            return operation != Operations.Delete;
        if (cell == _owner || cell == _item || cell == _source || cell == _left)
            return operation == Operations.None;
        if (cell == _failed)
            return operation is Operations.None or Operations.Delete;
        if (cell == _sourcePage)
            return operation == Operations.None || cells[_left] == 0;
        if (cell == _target)
            return operation is Operations.None or Operations.Unmap;
        return cell == _targetPage && (operation != Operations.Map || cells[_left] == 0);
    }

    // Fills in the cells that the packed cells determine. Values outside a table are not written, and then the
    // comparison fails.
    private void Derive(uint[] cells)
    {
        var paging = _limits.Paging;
        var (entry, slots) = (BitOperations.Log2(paging.Entries), paging.Slots);
        cells.AsSpan(_tableAt, (int)(_limits.Tasks * slots)).Clear();
        cells.AsSpan(_nodeAt, (int)(paging.Tables * paging.Entries)).Clear();
        for (var table = 1u; table < paging.Tables; table++)
            if (cells[_tableTask + table] != 0)
                cells[_tableAt + cells[_tableTask + table] * slots + cells[_tableSlot + table]] = table;
        for (var node = 1u; node < paging.Nodes; node++)
            if (cells[_space + node] != 0)
            {
                var table = cells[_tableAt + cells[_space + node] * slots + (cells[_page + node] >> entry)];
                cells[_nodeAt + table * paging.Entries + (cells[_page + node] & (paging.Entries - 1))] = node;
            }

        for (var node = 1u; node < paging.Nodes; node++)
            cells[_previous + node] = 0;
        LinkTables(cells);
        Link(cells, cells[_freeNode], null);
        for (var frame = 1u; frame < paging.Roots; frame++)
            Link(cells, frame, frame);
    }

    private void LinkTables(uint[] cells)
    {
        var (table, previous) = (cells[_freeTable], 0u);
        for (
            var steps = _limits.Paging.Tables;
            table != 0 && steps > 0;
            steps--, (table, previous) = (cells[_nextTable + table], table)
        )
            cells[_previousTable + table] = previous;
    }

    private void Link(uint[] cells, uint node, uint? frame)
    {
        for (var steps = _limits.Paging.Nodes; node != 0 && steps > 0; steps--)
        {
            if (frame is { } number)
                cells[_frame + node] = number;
            var next = cells[_next + node];
            cells[_previous + next] = node;
            node = next;
        }
    }

    private static int Bits(uint values) => values > 1 ? BitOperations.Log2(values - 1) + 1 : 0;
}
