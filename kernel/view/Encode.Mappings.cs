using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>Writes the tables of mappings.</summary>
public static partial class Encode
{
    /// <summary>
    /// Writes the tables of mappings. If a state was written before, only the cells in <paramref name="changed"/> are
    /// written.
    /// </summary>
    /// <param name="layout">The image's layout.</param>
    /// <param name="state">The state.</param>
    /// <param name="changed">The changed cells, including those of all mapped pages; null for all cells.</param>
    /// <param name="write">Takes a linear address and a dword.</param>
    public static void Mappings(
        Layout layout,
        State<Concrete> state,
        IEnumerable<(ColumnInfo Column, uint Row)>? changed,
        Action<uint, uint> write
    )
    {
        var m = layout.Mappings;
        var columns = state
            .Columns.Where(column => Mappings<Concrete>.Schema.Contains(column.Info))
            .ToDictionary(column => column.Info, column => (Place: m.Place(column.Info.Name), column.Column));
        ColumnInfo? last = null;
        var ((area, field), column) = columns.Values.First();
        foreach (
            var (info, row) in changed
                ?? columns.SelectMany(column => Rows(column.Value.Place.Area).Select(row => (column.Key, row)))
        )
        {
            if (!ReferenceEquals(info, last))
                ((area, field), column) = columns[last = info];
            write(area.Address<Concrete>(row, field).Value, field.Encode(column[row]).Value);
            if (info.Name == nameof(Mappings<Concrete>.TableAt))
            {
                write(
                    m.Directories.Address<Concrete>(row, MappingLayout.Entry).Value,
                    PageEntries.OfDirectory<Concrete>(layout, state, row).Value
                );
                foreach (var word in PageEntries.PortWordsOf(state.Limits, row))
                    PutPorts(word);
                if (row % state.Limits.Paging.Slots == 0)
                    for (var page = 0u; page < MappingLayout.SmallPages; page++)
                        PutSmall(row / state.Limits.Paging.Slots * MappingLayout.SmallPages + page);
            }
            else if (info.Name == nameof(Mappings<Concrete>.NodeAt))
            {
                write(
                    m.PageTables.Address<Concrete>(row, MappingLayout.Entry).Value,
                    PageEntries.OfTable<Concrete>(state, row).Value
                );
                if (changed is null)
                    continue;
                var table = row / state.Limits.Paging.Entries;
                var (task, slot) = (state.Mappings.TableTask[table].Value, state.Mappings.TableSlot[table].Value);
                if (PageEntries.PortWordOf(state.Limits, task, slot, row) is { } word)
                    PutPorts(word);
                if (PageEntries.SmallPageOf(state.Limits, task, slot, row) is { } page)
                    PutSmall(page);
            }
        }

        void PutSmall(uint page) =>
            write(
                m.SmallTables.Address<Concrete>(page, MappingLayout.Entry).Value,
                PageEntries.OfSmallTable<Concrete>(state, page).Value
            );

        void PutPorts(uint word) =>
            write(
                m.PortMaps.Address<Concrete>(word, MappingLayout.PortBits).Value,
                PageEntries.OfPorts<Concrete>(state, word).Value
            );
    }

    /// <summary>
    /// The cells of mappings in which two states differ. If one state has no mappings, these are the cells of all
    /// mapped pages.
    /// </summary>
    public static IEnumerable<(ColumnInfo Column, uint Row)> Differing(
        Layout layout,
        State<Concrete> state,
        State<Concrete> other
    )
    {
        for (var i = 0; i < state.Columns.Count; i++)
        {
            var (info, column) = state.Columns[i];
            if (!Mappings<Concrete>.Schema.Contains(info))
                continue;
            foreach (var row in Rows(layout.Mappings.Place(info.Name).Area))
                if (column[row].Value != other.Columns[i].Column[row].Value)
                    yield return (info, row);
        }
    }

    private static IEnumerable<uint> Rows(Area area)
    {
        for (var row = 0u; row < area.Rows; row++)
            yield return row;
    }
}
