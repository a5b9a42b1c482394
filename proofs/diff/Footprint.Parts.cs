using Verified.Kernel;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>The parts of the tables, and the bits of a dword that an event may change.</summary>
internal sealed partial class Footprint
{
    /// <summary>
    /// The bits of a written dword that the spec lets change. The comparisons of the rows and words listed here check
    /// the new values. The field of the dword is null if it has none.
    /// </summary>
    private uint Changeable(uint address, out Field? of)
    {
        var index = _partOfPage[
            Math.Min((address - Layout.KernelBase) / Layout.PageSize, (uint)_partOfPage.Length - 1)
        ];
        while (index + 1 < _parts.Length && _parts[index + 1].Base <= address)
            index++;
        var part = _parts[index];
        var offset = address - part.Base;
        var field = offset & part.OffsetMask;
        of = offset < part.Size && (offset & part.Between) == 0 ? part.Fields[(int)(field / 4)] : null;
        return of is null ? 0 : part.Changeable(part.Area.Row<Concrete>(offset).Value, field);
    }

    private IEnumerable<Part> Parts()
    {
        var (l, m) = (_layout, _layout.Mappings);
        yield return Make(l.Threads, OfThread);
        yield return Make(l.Ready, (word, _) =>
            List(ReadyWords, word, HasPriority(word / l.Words) ? _threadsOfPlace[word % l.Words] : 0)
        );
        yield return Make(l.SenderSets, (word, _) =>
            List(SenderWords, word, _isActive[word / l.Words] ? _threadsOfPlace[word % l.Words] : 0)
        );
        yield return Make(l.Timers, (word, _) => List(TimerWords, word, _threadsOfPlace[word % l.Words]));
        yield return Make(l.TimerSummary, (slot, _) => List(TimerSummaries, slot, _places));
        yield return Make(l.ReadySummary, (priority, _) =>
            OfPriorityMap(List(ReadySummaries, priority, HasPriority(priority) ? _places : 0))
        );
        yield return Make(l.PriorityMap, (word, _) => OfPriorityMap(_prioritiesOfWord[word]));
        yield return Make(l.PrioritySummary, (_, _) => OfPriorityMap(_priorityWords));
        yield return Make(l.Picked, (priority, _) => List(Picked, priority, HasPriority(priority) ? uint.MaxValue : 0));
        foreach (
            var single in (Area[])
                [
                    l.Top,
                    l.CodeSegment,
                    l.DataSegment,
                    l.FlatSegment,
                    l.TssStack,
                    l.Loaded,
                    l.TssPorts,
                    l.Clock,
                    l.Examined,
                    l.Heir,
                    l.Masked,
                    l.InfoClock,
                ]
        )
            yield return Make(single, (_, _) => uint.MaxValue);
        foreach (
            var (area, table) in ((Area, Table)[])
                [
                    (l.Interrupts, Table.Interrupt),
                    (m.Current, Table.Processor),
                    (m.Tasks, Table.Task),
                    (m.Nodes, Table.Node),
                    (m.Tables, Table.PageTable),
                    (m.Slots, Table.Slot),
                    (m.Directories, Table.Slot),
                    (m.Pages, Table.Page),
                    (m.PageTables, Table.Page),
                ]
        )
        {
            var rows = Of(table);
            yield return Make(area, (row, _) =>
            {
                rows.Add(row);
                return uint.MaxValue;
            });
        }

        yield return Make(m.PortMaps, (word, _) => List(PortWords, word, uint.MaxValue));
        yield return Make(m.SmallTables, (page, _) => List(SmallPages, page, uint.MaxValue));

        // The processor marks the kernel's pages accessed and dirty by itself (SDM vol. 3, 4.8).
        foreach (
            var (start, pages) in ((uint, uint)[])
                [(l.KernelPageTables, Layout.KernelTables), (l.TssTables, l.Limits.Tasks)]
        )
            yield return Make(
                new("page tables of the kernel", start, pages * Layout.PageSize / 4, 4, [MappingLayout.Entry]),
                (_, _) => MappingLayout.AccessedAndDirty
            );

        static Part Make(Area area, Func<uint, uint, uint> changeable)
        {
            var fields = new Field?[area.Stride / 4];
            foreach (var field in area.Fields)
                fields[field.Offset / 4] = field;
            return new(area, fields, changeable);
        }

        static uint List(List<uint> rows, uint row, uint changeable)
        {
            rows.Add(row);
            return changeable;
        }
    }

    private uint OfPriorityMap(uint changeable)
    {
        IsPriorityMapWritten = true;
        return changeable;
    }

    private uint OfThread(uint thread, uint field)
    {
        if (!_isActive[thread])
            return 0;
        Add(thread);
        if (field != _layout.Senders.Offset)
            return uint.MaxValue;
        SenderSummaries.Add(thread);
        return _places;
    }

    private bool HasPriority(uint priority) => (_prioritiesOfWord[priority / 32] >> (int)(priority % 32) & 1) != 0;
}
