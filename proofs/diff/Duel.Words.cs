using Verified.Kernel;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>The differences in kernel words.</summary>
public sealed partial class Duel
{
    // Entries of one of the processor's page tables.
    private const uint Entries = 1024;

    private Difference Describe(ColumnInfo info, uint row, uint spec, uint image)
    {
        var field =
            info.Table == Table.Thread
                ? _layout.Threads.Fields.FirstOrDefault(field =>
                    string.Equals(field.Name, info.Name, StringComparison.OrdinalIgnoreCase)
                )
                : null;
        uint? address =
            field is not null ? _layout.Threads.Address<Concrete>(row, field).Value
            : info.Table == Table.Priority ? _layout.Picked.Address<Concrete>(row, _layout.PickedNumber).Value
            : info.Name == nameof(State<Concrete>.Current) ? _layout.TssStack.Base
            : Mappings<Concrete>.Schema.Contains(info) && _layout.Mappings.Place(info.Name) is var (area, of)
                ? area.Address<Concrete>(row, of).Value
            : null;
        return new(
            info.Table == Table.Processor ? info.Name : $"{info.Name} of {Row(info.Table, row)}",
            Name(spec),
            Name(image),
            address,
            info.Name
        );

        string Name(uint value) => Glossary.Value(State, info.Name, value);
    }

    // The kernel did not end the event as the spec does.
    private Difference Stopped(Failure failure) =>
        new(
            failure.What,
            State.Stage.Value == Stages.Idle
                ? "then the processor idles"
                : $"then {Words.Thread(State, State.Current.Value)} runs",
            failure.Where
        );

    // The address is that of the entry that the processor must forget: usually this event has changed it.
    private Difference Stale(uint page)
    {
        var memory = _machine.Pc.Memory;
        var entry = _machine.Cr3.Value + (page >> 22) * 4;
        if (memory.Load(entry, 4) is var table && (table & MappingLayout.Present) != 0)
            entry = (table & ~(Layout.PageSize - 1)) + (page / Layout.PageSize % Entries) * 4;
        return new(
            $"user code may still use page {page:X}h as it was mapped before: the TLB has an old entry",
            "only the present page tables decide",
            "no INVLPG and no load of CR3 has removed the old entry",
            Layout.KernelBase + entry
        )
        {
            IfUnwritten = Reason.NoPlace,
        };
    }

    private Difference NotUsable(uint linear, bool isWritable) =>
        new(
            $"user code cannot use page {linear:X}h, which is mapped to {Words.Thread(State, State.Current.Value)}",
            $"it is mapped, {(isWritable ? "writable" : "read-only")}",
            isWritable ? "a write to it faults" : "a read of it faults"
        );

    private Difference Unchangeable(uint address, uint former) =>
        new(
            $"a write to {Place(address)}, which this event does not change",
            $"unchanged {former:X8}h",
            $"{_machine.Load(address).Value:X8}h",
            address
        );

    private Difference HoldsNoValue(uint address, Field field) =>
        new(
            $"{Place(address)} has a value that is none",
            $"a dword that holds a value of {field.Bits} bits of {field.Name}",
            $"{_machine.Load(address).Value:X8}h",
            address
        );

    private Difference Violation(RepresentationInvariant<Concrete> invariant, Concrete i, Concrete j)
    {
        var places = new[] { (invariant.I, i.Value), (invariant.J, j.Value) }
            .Where(place => place.Item1 != Table.Processor)
            .Select(place => Row(place.Item1, place.Item2))
            .Distinct();
        var where = string.Join(", ", places);
        return new(
            $"{(where.Length > 0 ? $"{where}: " : "")}it is not so that {invariant.Why}",
            $"this always holds ({invariant.Name})",
            "it does not hold in the memory of the kernel or in the processor",
            invariant.I switch
            {
                _ when invariant.I == Table.Page => _layout.Mappings.PageTables.Address(i, MappingLayout.Entry).Value,
                _ when invariant.I == Table.PortWord => _layout
                    .Mappings.PortMaps.Address(i, MappingLayout.PortBits)
                    .Value,
                _ when invariant.I == Table.SmallPage => _layout
                    .Mappings.SmallTables.Address(i, MappingLayout.Entry)
                    .Value,
                _ when invariant.I == Table.Slot => _layout.Mappings.Directories.Address(i, MappingLayout.Entry).Value,
                _ => null,
            }
        );
    }

    // A row of a table, as a person names it.
    private string Row(Table table, uint row)
    {
        var (slots, entries) = (_layout.Limits.Paging.Slots, _layout.Limits.Paging.Entries);
        return table switch
        {
            _ when table == Table.Thread => Words.Thread(State, row),
            _ when table == Table.Priority => $"priority {row}",
            _ when table == Table.Interrupt => $"interrupt id {row}",
            _ when table == Table.Task => $"task {row}",
            _ when table == Table.Node => $"mapping {row:X}h",
            _ when table == Table.Slot => $"slot {row % slots:X}h of task {row / slots}",
            _ when table == Table.PageTable => $"page table {row}",
            _ when table == Table.Page => $"entry {row % entries:X}h of page table {row / entries}",
            _ when table == Table.SmallPage => $"entry {row:X}h of the page tables of small spaces",
            _ when table == Table.ReadyWord => $"the ready set of priority {row / _layout.Words}",
            _ when table == Table.SenderWord => $"the senders of {Words.Thread(State, row / _layout.Words)}",
            _ when table == Table.TimerWord => $"the sleepers of clock slot {row / _layout.Words}",
            _ => $"{table} {row}",
        };
    }

    // A dword of the kernel's memory: the field of a thread or of another table, or the symbol before it.
    private string Place(uint address)
    {
        var named = $"{_machine.Image.Name(address)} ({address:X8}h)";
        if (
            _layout.Areas.FirstOrDefault(area => address >= area.Base && address < area.End) is not { } area
            || ((address - area.Base) & area.Between) != 0
        )
            return named;
        var row = area.Row<Concrete>(address - area.Base).Value;
        var field = area.Fields.FirstOrDefault(field => area.Address<Concrete>(row, field).Value == (address & ~3u));
        return field is null || area.Rows == 1 ? named
            : area == _layout.Threads ? $"{field.Name} of {Row(Table.Thread, row)}, {named}"
            : $"{field.Name} of row {row:X}h of {area.Name}, {named}";
    }
}
