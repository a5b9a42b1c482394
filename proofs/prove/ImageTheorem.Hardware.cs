using Verified.Kernel;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>The duties of a step to the hardware: no stale translation, and an acknowledged interrupt.</summary>
public sealed partial class ImageTheorem
{
    /// <summary>
    /// If a present page-table entry was written, INVLPG of its page must follow. So at a cut point, the TLB agrees
    /// with the page tables. The same holds for an entry of a small space, whose page has one address in every
    /// directory. A written entry of the page directory needs an INVLPG of some page below it, because another task may
    /// get the page table next.
    /// </summary>
    private void LeavesNothingStale(Exploration path, KernelMemory memory, State<Symbolic> state)
    {
        var entries = Limits.Paging.EntryBits;
        foreach (var (row, before, invalidated) in memory.Entries)
        {
            var page = state.Mappings.TableSlot[row >> entries] << entries | row & Limits.Paging.EntryMask;
            Leaves(before, invalidated, page, "the TLB");
        }

        foreach (var (row, before, invalidated) in memory.SmallEntries)
            Leaves(
                before,
                invalidated,
                (row << Layout.PageShift) + UserSegments.Region >> Layout.PageShift,
                "the TLB, where a small space may be,"
            );

        void Leaves(Symbolic before, List<Symbolic> invalidated, Symbolic page, string what)
        {
            Truth stale = (before & MappingLayout.Present) != 0;
            foreach (var linear in invalidated)
                stale &= (linear >> 12) != page;
            path.Require(!stale, $"an entry of the page tables that changes leaves {what} too");
        }

        foreach (var (row, before, invalidated) in memory.DirectoryEntries)
        {
            Truth stale = (before & MappingLayout.Present) != 0;
            foreach (var linear in invalidated)
                stale &= (linear >> 22) != (row & Limits.Paging.SlotMask);
            path.Require(!stale, "an entry of the page directories that changes leaves the processor's caches too");
        }
    }

    /// <summary>
    /// The page directory of a task whose deletion ends is not loaded: a thread in a small space would keep it.
    /// </summary>
    private void LeavesNoDeletedDirectory(
        Exploration path,
        State<Symbolic> before,
        State<Symbolic> after,
        IEnumerable<Symbolic> tasks,
        Symbolic cr3
    )
    {
        foreach (var task in tasks)
            path.Require(
                before.Mappings.Doomed[task] == 0
                    | after.Mappings.Doomed[task] == 1
                    | cr3 != task * Layout.PageSize + Layout.Physical(Layout.Directories),
                "the page directory of a deleted task is not loaded"
            );
    }

    /// <summary>
    /// An interrupt is acknowledged once. The timer's interrupt gets a non-specific EOI. A device's interrupt is masked
    /// first, and then gets a specific EOI, to the second controller first. All other port writes are masks, which the
    /// representation is about.
    /// </summary>
    private void AcknowledgesInterrupt(Exploration path, KernelMemory memory)
    {
        const uint specific = 0x60;
        var line = way.Argument - 1;
        (uint Port, uint Value)[] expected = way.Step switch
        {
            Entry.Tick => [(KernelMemory.FirstCommand, 0x20)],
            Entry.Interrupt when line < 8 => [(KernelMemory.FirstCommand, specific | line)],
            Entry.Interrupt =>
            [
                (KernelMemory.SecondCommand, specific | line & 7),
                (KernelMemory.FirstCommand, specific | Interrupts.Cascade),
            ],
            _ => [],
        };
        var others = memory.Written.FindAll(write =>
            !path.Shows(write.Port == KernelMemory.FirstMask | write.Port == KernelMemory.SecondMask)
        );
        path.Require(others.Count == expected.Length, "ports are written only to acknowledge an interrupt, or to mask");
        foreach (var (write, (port, value)) in others.Zip(expected))
            path.Require(
                write.Port == port & write.Value == value,
                "the end of interrupt goes to the controllers that are in service"
            );
        path.Require(
            way.Step != Entry.Interrupt
                || memory.Written[0].Port == (line < 8 ? KernelMemory.FirstMask : KernelMemory.SecondMask),
            "a line is masked before the end of its interrupt"
        );
    }
}
