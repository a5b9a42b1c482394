using Verified.Kernel;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;

namespace Verified.Proofs.Prove;

/// <summary>Adds the rows that matter because of other rows: the rows that are in the same invariants.</summary>
internal static class RelatedRows
{
    /// <summary>For a mapping: its slot and page in the page tables, the page tables, and their owners.</summary>
    public static void Mappings(Instances instances, State<Symbolic> state)
    {
        var (m, entries) = (state.Mappings, state.Limits.Paging.EntryBits);
        instances.Follow(Table.Node, node =>
            [
                (Table.Slot, state.SlotOf(m.Space[node], m.Page[node])),
                (Table.Page, state.EntryOf(state.TableOf(m.Space[node], m.Page[node]), m.Page[node])),
            ]
        );
        instances.Follow(Table.Page, entry => [(Table.PageTable, entry >> entries)]);
        instances.Follow(Table.PageTable, table => [(Table.Task, m.TableTask[table])]);
        instances.Follow(Table.Slot, slot => [(Table.PageTable, m.TableAt[slot])]);
    }

    /// <summary>For a word of a map of ports: the slot of its pages, and the pages.</summary>
    public static void Ports(Instances instances, State<Symbolic> state)
    {
        instances.Follow(Table.PortWord, word =>
        {
            var (task, page) = (
                word >> (uint)System.Numerics.BitOperations.Log2(MappingLayout.PortWords),
                PageEntries.PageOfPorts(state.Limits, word)
            );
            var table = state.TableOf(task, page);
            return
            [
                (Table.Slot, state.SlotOf(task, page)),
                (Table.Page, state.EntryOf(table, page)),
                (Table.Page, state.EntryOf(table, page + 1)),
            ];
        });
    }

    /// <summary>For a page of a small space: the slot of its page table, and the page.</summary>
    public static void SmallPages(Instances instances, State<Symbolic> state)
    {
        instances.Follow(Table.SmallPage, row =>
        {
            var (task, page) = PageEntries.TaskAndPage(row);
            return
            [
                (Table.Slot, state.SlotOf(task, page)),
                (Table.Page, state.EntryOf(state.TableOf(task, page), page)),
            ];
        });
    }
}
