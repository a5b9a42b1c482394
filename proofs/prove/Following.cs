using Verified.Kernel;
using Verified.Proofs.Values;
using Verified.Spec;

namespace Verified.Proofs.Prove;

/// <summary>Adds the rows that matter because of other rows: the rows that are in the same invariants.</summary>
internal static class Following
{
    /// <summary>For a mapping: its slot and page in the page tables, the page tables, and their owners.</summary>
    public static void Mappings(Universe universe, State<Symbolic> state)
    {
        var (m, entries) = (state.Mappings, (uint)System.Numerics.BitOperations.Log2(state.Limits.Paging.Entries));
        universe.Follow(Sort.Node, node =>
            [
                (Sort.Slot, state.SlotOf(m.Space[node], m.Page[node])),
                (Sort.Page, state.EntryOf(state.TableOf(m.Space[node], m.Page[node]), m.Page[node])),
            ]
        );
        universe.Follow(Sort.Page, entry => [(Sort.PageTable, entry >> entries)]);
        universe.Follow(Sort.PageTable, table => [(Sort.Task, m.TableTask[table])]);
        universe.Follow(Sort.Slot, slot => [(Sort.PageTable, m.TableAt[slot])]);
    }

    /// <summary>For a word of a map of ports: the slot of its pages, and the pages.</summary>
    public static void Ports(Universe universe, State<Symbolic> state)
    {
        universe.Follow(Sort.PortWord, word =>
        {
            var (task, page) = (
                word >> (uint)System.Numerics.BitOperations.Log2(MappingLayout.PortWords),
                PageEntries.PageOfPorts(state.Limits, word)
            );
            var table = state.TableOf(task, page);
            return
            [
                (Sort.Slot, state.SlotOf(task, page)),
                (Sort.Page, state.EntryOf(table, page)),
                (Sort.Page, state.EntryOf(table, page + 1)),
            ];
        });
    }
}
