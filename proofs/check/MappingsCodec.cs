using System.Numerics;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// What of the mappings a key holds, for models whose threads map: the operation, the lists, and which page tables are whose.
/// </summary>
/// <remarks>
/// The links back, the frames, and the page tables' contents follow from these by the invariants. They are not packed but derived anew; a state
/// in which they are anything else has no key, so nothing is taken for granted. What means nothing now is packed as 0: the
/// properties of a free mapping, the operands of no operation, the pages where none is left, the row before row 0's.
/// </remarks>
internal sealed class MappingsCodec
{
    private readonly FlatTables _tables;
    private readonly Mappings<Concrete> _mappings;
    private readonly Limits _limits;
    private readonly uint[] _derived, _constant;
    private readonly int _operation, _freeNode, _space, _page, _frame, _depth, _level, _next, _previous, _tableAt, _tableTask, _tableSlot, _nodeAt;
    private readonly int _item, _source, _sourcePage, _target, _targetPage, _left, _failed, _owner;

    /// <param name="model">The model.</param>
    /// <param name="tables">Holds its boot state.</param>
    /// <param name="cell">Makes the slot of a column's row with so many bits; where a domain is given, of its values.</param>
    /// <param name="rows">Threads that may own an operation, and nobody.</param>
    public MappingsCodec(Model model, FlatTables tables, Func<string, uint, int, uint[]?, Slot> cell, uint[] rows)
    {
        (_tables, _mappings, _limits) = (tables, tables.State.Mappings, model.Limits);
        (_constant, _derived) = ([.. tables.Cells], [.. tables.Cells]);
        int Start(string column) => tables.Start(column);
        _operation = Start(nameof(_mappings.Operation));
        (_item, _source, _sourcePage) = (Start(nameof(_mappings.Item)), Start(nameof(_mappings.Source)), Start(nameof(_mappings.SourcePage)));
        (_target, _targetPage, _left) = (Start(nameof(_mappings.Target)), Start(nameof(_mappings.TargetPage)), Start(nameof(_mappings.Left)));
        (_failed, _owner, _freeNode) = (Start(nameof(_mappings.Failed)), Start(nameof(_mappings.Owner)), Start(nameof(_mappings.FreeNode)));
        (_space, _page, _frame) = (Start(nameof(_mappings.Space)), Start(nameof(_mappings.Page)), Start(nameof(_mappings.Frame)));
        (_depth, _level) = (Start(nameof(_mappings.Depth)), Start(nameof(_mappings.Level)));
        (_next, _previous) = (Start(nameof(_mappings.Next)), Start(nameof(_mappings.Previous)));
        (_tableAt, _tableTask) = (Start(nameof(_mappings.TableAt)), Start(nameof(_mappings.TableTask)));
        (_tableSlot, _nodeAt) = (Start(nameof(_mappings.TableSlot)), Start(nameof(_mappings.NodeAt)));

        var paging = _limits.Paging;
        var (task, page, node) = (Bits(_limits.Tasks), Bits(paging.Pages), Bits(paging.Nodes));
        uint[] items =
        [
            .. model.Arguments.Of(Entry.Ipc)[Arguments.Index(nameof(State<Concrete>.Ebx))]
                .Concat(model.Arguments.Of(Entry.FpageUnmap)[Arguments.Index(nameof(State<Concrete>.Ecx))]).Prepend(0u).Distinct(),
        ];
        var deepest = Bits(paging.Nodes - paging.Frames + 2);
        Slots =
        [
            cell(nameof(_mappings.Operation), 0, 2, null), cell(nameof(_mappings.Phase), 0, 2, null), cell(nameof(_mappings.Owner), 0, 0, rows),
            cell(nameof(_mappings.Item), 0, 0, items), cell(nameof(_mappings.Source), 0, task, null),
            cell(nameof(_mappings.SourcePage), 0, page, null), cell(nameof(_mappings.Target), 0, task, null),
            cell(nameof(_mappings.TargetPage), 0, page, null), cell(nameof(_mappings.Left), 0, page + 1, null),
            cell(nameof(_mappings.Failed), 0, 1, null), cell(nameof(_mappings.Root), 0, node, null), cell(nameof(_mappings.At), 0, node, null),
            cell(nameof(_mappings.FreeNode), 0, node, null), cell(nameof(_mappings.FreeTable), 0, Bits(paging.Tables + 1), null),
            .. Enumerable.Range(1, (int)paging.Nodes - 1).Select(n => cell(nameof(_mappings.Next), (uint)n, node, null)),
            .. Enumerable.Range((int)paging.Frames, (int)(paging.Nodes - paging.Frames)).SelectMany(n => (Slot[])
            [
                cell(nameof(_mappings.Space), (uint)n, task, null), cell(nameof(_mappings.Page), (uint)n, page, null),
                cell(nameof(_mappings.Depth), (uint)n, deepest, null), cell(nameof(_mappings.Level), (uint)n, deepest, null),
            ]),
            .. Enumerable.Range((int)_mappings.FreeTable.Value, (int)(paging.Tables - _mappings.FreeTable.Value)).SelectMany(t => (Slot[])
            [
                cell(nameof(_mappings.TableTask), (uint)t, task, null), cell(nameof(_mappings.TableSlot), (uint)t, Bits(paging.Slots), null),
            ]),
        ];
    }

    public Slot[] Slots { get; }

    /// <summary>Packs the present mappings; says which cell's value has no place, or -1.</summary>
    public int Pack(ref Key key)
    {
        _constant.CopyTo(_derived, 0);
        foreach (ref readonly var slot in Slots.AsSpan())
        {
            var value = IsMeaningless(slot.Cell) ? 0 : _tables.Cells[slot.Cell];
            if (!slot.Put(value, ref key)) return slot.Cell;
            _derived[slot.Cell] = value;
        }

        Derive(_derived);
        for (var cell = _tables.MappingsStart; cell < _derived.Length; cell++)
            if (_derived[cell] != _tables.Cells[cell] && !IsMeaningless(cell))
                return cell;
        return -1;
    }

    public void Unpack(Key key)
    {
        foreach (ref readonly var slot in Slots.AsSpan()) _tables.Cells[slot.Cell] = slot.Take(key);
        Derive(_tables.Cells);
    }

    /// <summary>Whether the value of a cell of the mappings means nothing in the present state.</summary>
    public bool IsMeaningless(int cell)
    {
        var cells = _tables.Cells;
        if (cell == _previous) return true;
        if (cell >= _page && cell < _next)
        {
            var row = (uint)(cell - _page) % _limits.Paging.Nodes;
            return row >= _limits.Paging.Frames && cells[_space + row] == 0;
        }

        if (cell == _owner || cell == _item || cell == _source || cell == _left || cell == _failed) return cells[_operation] == Operations.None;
        if (cell == _sourcePage) return cells[_operation] == Operations.None || cells[_left] == 0;
        if (cell == _target) return cells[_operation] != Operations.Map;
        return cell == _targetPage && (cells[_operation] != Operations.Map || cells[_left] == 0);
    }

    // Fills in what the packed cells determine. What they would put outside of its table is left: then the comparison fails.
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

        for (var node = 1u; node < paging.Nodes; node++) cells[_previous + node] = 0;
        Link(cells, cells[_freeNode], null);
        for (var frame = 1u; frame < paging.Frames; frame++) Link(cells, frame, frame);
    }

    private void Link(uint[] cells, uint node, uint? frame)
    {
        for (var steps = _limits.Paging.Nodes; node != 0 && steps > 0; steps--)
        {
            if (frame is { } number) cells[_frame + node] = number;
            var next = cells[_next + node];
            cells[_previous + next] = node;
            node = next;
        }
    }

    private static int Bits(uint values) => values > 1 ? BitOperations.Log2(values - 1) + 1 : 0;
}
