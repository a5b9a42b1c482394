using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Events;
using Verified.Proofs.Execution;
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
        var saved = View<Concrete>.SavedRegister(info);
        var field = info.Name
            is nameof(State<Concrete>.Timed)
                or nameof(State<Concrete>.Faulting)
                or nameof(State<Concrete>.Status)
            ? Layout.Status
            : _machine.View.FieldOf(info) ?? saved;
        uint? address =
            field is not null ? _layout.Threads.Address<Concrete>(row, field).Value
            : info.Table == Table.Priority ? _layout.Picked.Address<Concrete>(row, _layout.PickedNumber).Value
            : PlaceOf(info.Name, row) is { } place ? place
            : Mappings<Concrete>.Schema.Contains(info) && _layout.Mappings.Place(info.Name) is var (area, of)
                ? area.Address<Concrete>(row, of).Value
            : null;
        return new(
            info.Table == Table.Processor ? info.Name : $"{info.Name} of {Row(info.Table, row)}",
            Name(spec),
            Name(image),
            address,
            info.Name
        )
        {
            Register =
                saved is not null && _machine.InUserMode && row == _machine.View.Current.Value
                    ? new(info.Name.ToUpperInvariant())
                    : null,
        };

        string Name(uint value) => Glossary.Value(State, info.Name, value);
    }

    private uint? PlaceOf(string column, uint row) =>
        column switch
        {
            nameof(State<Concrete>.Current) => _layout.TssStack.Base,
            nameof(State<Concrete>.Clock) => _layout.Clock.Base,
            nameof(State<Concrete>.Time) => _layout.InfoClock.Base + Layout.Time.Offset,
            nameof(State<Concrete>.TimeHigh) => _layout.InfoClock.Base + Layout.TimeHigh.Offset,
            nameof(State<Concrete>.Examined) => _layout.Examined.Base,
            nameof(State<Concrete>.Heir) => _layout.Heir.Base,
            nameof(State<Concrete>.Masked) => _layout.Masked.Base,
            nameof(State<Concrete>.Handler) => _layout.Interrupts.Address<Concrete>(row, _layout.HandlerPointer).Value,
            nameof(State<Concrete>.Pending) => _layout.Interrupts.Address<Concrete>(row, Layout.PendingNumber).Value,
            _ => null,
        };

    // The kernel did not end the event as the spec does.
    private Difference Stopped(Failure failure) =>
        new(
            failure.What,
            State.Stage.Value == Stages.Idle
                ? "then the processor idles"
                : $"then {Words.Thread(State, State.Current.Value)} runs",
            failure.Where
        )
        {
            IfUnwritten = failure.IsAtInstruction ? Reason.Stopped : Reason.NoPlace,
        };

    // The address is that of the entry that the processor must forget: usually this event has changed it.
    private Difference Stale(uint page)
    {
        var memory = _machine.Pc.Memory;
        var entry = _machine.Cr3.Value + (page >> 22) * 4;
        if (memory.Load(entry, 4) is var table && (table & MappingLayout.Present) != 0)
            entry = (table & ~(Layout.PageSize - 1)) + (page / Layout.PageSize % Entries) * 4;
        return new(
            $"user code may still use address {ValueWords.Page(page)} as it was mapped before: "
                + "the TLB has an old entry",
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
            $"user code cannot use address {ValueWords.Page(linear)}, which is mapped to "
                + Words.Thread(State, State.Current.Value),
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
            AddressOf(invariant, i)
        )
        {
            Register =
                invariant.Name == Representation<Concrete>.SegmentsName && WrongSegment() is { } segment
                    ? new($"{segment} selector")
                : invariant.Name == Representation<Concrete>.AddressSpaceName ? new("CR3")
                : null,
        };
    }

    // The dword that an invariant is about; null if it is about several, or about the processor.
    private uint? AddressOf(RepresentationInvariant<Concrete> invariant, Concrete i)
    {
        var (l, m) = (_layout, _layout.Mappings);
        return invariant.I switch
        {
            _ when invariant.I == Table.Page => m.PageTables.Address(i, MappingLayout.Entry).Value,
            _ when invariant.I == Table.PortWord => m.PortMaps.Address(i, MappingLayout.PortBits).Value,
            _ when invariant.I == Table.SmallPage => m.SmallTables.Address(i, MappingLayout.Entry).Value,
            _ when invariant.I == Table.Slot => m.Directories.Address(i, MappingLayout.Entry).Value,
            _ when invariant.J == Table.Thread && invariant.I == Table.ReadyWord => l
                .Ready.Address(i, l.ReadyWord)
                .Value,
            _ when invariant.J == Table.Thread && invariant.I == Table.SenderWord => l
                .SenderSets.Address(i, l.SendersWord)
                .Value,
            _ when invariant.J == Table.Thread && invariant.I == Table.TimerWord => l
                .Timers.Address(i, l.ReadyWord)
                .Value,
            _ when invariant.Name == Representation<Concrete>.TopName => l.Top.Base,
            _ when invariant.Name == Representation<Concrete>.DirectoriesName => l
                .Threads.Address(i, Layout.Directory)
                .Value,
            _ => null,
        };
    }

    // The first data segment whose selector is not that of the thread's space.
    private string? WrongSegment()
    {
        var isFlat = _representation.IsFlat.Known;
        foreach (
            var number in (ReadOnlySpan<int>)
                [SegmentRegister.Ds, SegmentRegister.Es, SegmentRegister.Fs, SegmentRegister.Gs]
        )
        {
            uint right =
                isFlat ? Layout.FlatData
                : number is SegmentRegister.Ds or SegmentRegister.Es ? Layout.UserData
                : 0;
            if (_machine.Selector(number).Value != right)
                return ProcessorNames.Segments[number];
        }

        return null;
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
