using System.Runtime.InteropServices;
using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Spec;

namespace Verified.Proofs.Diff;

/// <summary>
/// The pages that a user program uses before it enters the kernel, so that the TLB has their entries.
/// </summary>
public sealed partial class Duel
{
    // Before the entry into the kernel, the user program uses every page that it can, so that the TLB has an entry for
    // each. Nothing is done if the TLB still has them.
    private Difference? UsePages()
    {
        if (State.Stage.Value != Stages.User)
            return null;
        var (m, entries) = (State.Mappings, _layout.Limits.Paging.Entries);
        var task = State.Task(State.Current);
        var used = (task.Value, _machine.Hidden(SegmentRegister.Ss).Base.Value, _machine.Pc.Mmu.Flushes);
        if (used == _used)
            return null;
        _used = used;
        foreach (var page in CollectionsMarshal.AsSpan(_pages[task.Value]))
        {
            var (table, node) = (page / entries, m.NodeAt[page]);
            var linear = (m.TableSlot[table].Value * entries + page % entries) * Layout.PageSize;
            if (node == 0 || m.TableTask[table] != task || linear >= Layout.KernelBase)
                continue;
            if (!_machine.Uses(linear, m.IsWritable(node).Known))
                return NotUsable(linear, m.IsWritable(node).Known);
        }

        return null;
    }

    // Adds a page to the list of the task that owns the page's table. A list may contain duplicates and pages that are
    // gone. Pages of ports are not used, because σ0 has thousands of them.
    private void List(List<uint>[] tasks, uint page, int most = int.MaxValue)
    {
        var (m, table, entries) = (State.Mappings, page / _layout.Limits.Paging.Entries, _layout.Limits.Paging.Entries);
        if (m.TableSlot[table] >= Layout.KernelSlot)
            return;
        var pages = tasks[m.TableTask[table].Value];
        if (pages.Count < most || Fuzz.Pages.IsUsual(m.TableSlot[table].Value * entries + page % entries))
            pages.Add(page);
    }

    // If a task has more pages than this (the TLB has as many entries), a program uses this many, and the pages near
    // the usual mappings.
    private const int MostPages = 64;

    private void PlacePages()
    {
        _used = default;
        foreach (var (pages, placed) in _pages.Zip(_placedPages))
        {
            pages.Clear();
            pages.AddRange(placed);
        }
    }
}
