using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.First;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Commands;

/// <summary>
/// Checks the booted machine in full at its first cut point. Boot reaches only this one (<see cref="BootTheorem"/>).
/// <list>
/// <item>Memory and processor equal the declared first state, bit by bit.</item>
/// <item>The state that they mean satisfies every invariant, and memory every representation invariant.</item>
/// <item>Page directories and segments keep the kernel to itself.</item>
/// </list>
/// </summary>
internal static class BootChecks
{
    private const uint Present = 1,
        Writable = 2,
        User = 4,
        Accessed = 0x20,
        Large = 0x80,
        EntriesPerTable = 1024;

    /// <summary>The claims about boot.</summary>
    /// <exception cref="ImageException">The image does not reach the first cut point.</exception>
    public static IReadOnlyList<Claim> Of(KernelImage image) =>
        [
            .. OfFile(image),
            .. Of("boot", image, []),
            .. Booting.Servers(image) is { Count: > 0 } servers ? Of("boot with servers", image, servers) : [],
        ];

    private static IEnumerable<Claim> OfFile(KernelImage image)
    {
        var (file, message, other) = (FileCheck.Wrong(image), BootMessages.Wrong(image), OtherBoots.Wrong(image));
        return
        [
            Claim.Of(
                "image file: headers, padding and tables of symbols are exact",
                file is null,
                Standing.Proved,
                file ?? "every byte that is neither code nor data"
            ),
            Claim.Of(
                "boot and panic print their lines",
                message is null,
                Standing.Tested,
                message ?? $"{BootMessages.Refusals(image).Count} refusals, and NMI, double fault and machine check"
            ),
            Claim.Of(
                "boot reaches the declared first state with flat modules, other information, less and more memory",
                other is null,
                Standing.Tested,
                other ?? $"{OtherBoots.Count(image)} boots, every bit"
            ),
        ];
    }

    private static IReadOnlyList<Claim> Of(string boot, KernelImage image, IReadOnlyList<BootModule> modules)
    {
        var (pc, _) = Booting.Boot(image, modules);
        var machine = new AtPick(pc);
        var view = new View<Concrete>(image.Layout, machine);
        var state = new State<Concrete>(image.Limits, new ConcreteTables());
        foreach (var (info, column) in state.Columns)
            for (var row = 0u; row < State<Concrete>.Rows(info.Table, image.Limits); row++)
                column[row] = view.Column(info, row);

        var declared = FirstStateCheck.Declared(image, modules);
        var memory = declared.Differences(physical => pc.Memory.Load(physical, 4)).FirstOrDefault();
        var registers = FirstStateCheck.Registers(image, pc).FirstOrDefault();
        return
        [
            Claim.Of(
                $"{boot}: memory is the declared first state, bit by bit",
                memory is null,
                Standing.Proved,
                memory ?? $"{declared.Bytes:N0} bytes in {declared.Regions.Count} regions"
            ),
            Claim.Of(
                $"{boot}: the processor is as declared",
                registers is null,
                Standing.Proved,
                registers ?? $"{DeclaredProcessor.Of(image).Count} registers and hidden parts"
            ),
            .. modules.Count == 0 ? (IReadOnlyList<Claim>)[OfRings(boot, image, pc)] : [],
            Claim.Of(
                $"{boot}: invariants hold at the first step",
                WholeState.Violation(state) is null,
                Standing.Proved,
                WholeState.Violation(state) ?? $"{Invariants<Concrete>.All.Count} invariants, every row"
            ),
            Claim.Of(
                $"{boot}: the lists of mappings and the chiefs are in order at the first step",
                Order(state) is null,
                Standing.Proved,
                Order(state) ?? "every mapping comes before the next one in its list, every chief before its tasks"
            ),
            Claim.Of(
                $"{boot}: representation holds at the first step",
                Representation(view, state) is null,
                Standing.Proved,
                Representation(view, state) ?? $"{Representation<Concrete>.All.Count} invariants, every row"
            ),
            Claim.Of(
                $"{boot}: page directories map the kernel's part alike",
                Directories(image, pc) is null,
                Standing.Proved,
                Directories(image, pc)
                    ?? $"{image.Limits.Tasks} directories; no user page shows a frame of the kernel's"
            ),
            .. ChipClaims.Of(boot, image, modules),
        ];
    }

    /// <summary>The tables are the same with servers: memory is as declared.</summary>
    private static Claim OfRings(string boot, KernelImage image, Pc pc)
    {
        var (wrong, cases) = RingCheck.Of(image, pc);
        return Claim.Of(
            $"{boot}: only the declared gates lead from ring 3 to ring 0",
            wrong is null,
            Standing.Proved,
            wrong ?? $"{cases:N0} far transfers, returns, INT n and events: every selector and vector"
        );
    }

    private static string? Order(State<Concrete> state)
    {
        var (positions, tables) = (Forest.Positions(state), Forest.TablePositions(state));
        for (var node = 0u; node < state.Limits.Paging.Nodes; node++)
            if (!ListOrder<Concrete>.Holds(state, row => positions[row], node))
                return $"mapping {node} does not stand before the one that follows it";
        for (var table = 0u; table < state.Limits.Paging.Tables; table++)
            if (!ListOrder<Concrete>.HoldsOfTable(state, row => tables[row], table))
                return $"free page table {table} does not stand behind the one that follows it";
        for (var task = 0u; task < state.Limits.Tasks; task++)
            if (!ChiefOrder<Concrete>.Holds(state, row => Forest.Height(state, row), task))
                return $"task {task} does not stand behind its chief";
        return null;
    }

    private static string? Representation(View<Concrete> view, State<Concrete> state)
    {
        var representation = new Representation<Concrete>(view, state);
        foreach (var invariant in Representation<Concrete>.All)
            for (var i = 0u; i < Representation<Concrete>.Count(invariant.I, view.Layout); i++)
            for (var j = 0u; j < Representation<Concrete>.Count(invariant.J, view.Layout); j++)
                if (!invariant.Holds(representation, i, j))
                    return $"{invariant.Name} is violated at rows {i}, {j}: {invariant.Why}";
        return null;
    }

    private static string? Directories(KernelImage image, Pc pc)
    {
        var layout = image.Layout;
        var kernelPart = Layout.KernelBase >> 22;
        var first = Layout.Physical(layout.Directories);
        for (var task = 0u; task < image.Limits.Tasks; task++)
        {
            var directory = first + task * Layout.PageSize;
            for (var entry = 0u; entry < EntriesPerTable; entry++)
            {
                var pde = Dword(directory + 4 * entry);
                if (entry >= Layout.RegionSlot && task > 0)
                {
                    if (pde != Dword(first + 4 * entry))
                        return $"task {task} maps the small spaces differently from task 0 at entry {entry}";
                    continue;
                }

                if (entry >= kernelPart && entry < Layout.RegionSlot)
                {
                    if (entry == layout.Tss >> 22)
                    {
                        if (Tss(layout, task, pde, Dword) is { } wrong)
                            return wrong;
                    }
                    else if (pde != Dword(first + 4 * entry))
                        return $"task {task} maps the kernel's part differently from task 0 at entry {entry}";

                    if ((pde & Present) != 0 && (pde & User) != 0)
                        return $"task {task} lets user mode into the kernel's part at entry {entry}";
                    continue;
                }

                if ((pde & (Present | User)) != (Present | User))
                    continue;
                if ((pde & Large) != 0)
                    return $"task {task} maps 4 MB to user mode at entry {entry}";
                for (var page = 0u; page < EntriesPerTable; page++)
                {
                    var pte = Dword((pde & ~0xFFFu) + 4 * page);
                    if (
                        (pte & (Present | User)) == (Present | User)
                        && (pte & ~0xFFFu) - Layout.ImageBase < layout.Boot.Base - Layout.ImageBase
                        && ((pte & ~0xFFFu) != Layout.Physical(layout.Info) || (pte & Writable) != 0)
                    )
                        return $"task {task} shows the kernel's frame {pte & ~0xFFFu:X8}h to user mode at "
                            + $"{(entry << 22) + (page << 12):X8}h";
                }
            }
        }

        for (var page = 0u; page < Layout.KernelTables * EntriesPerTable; page++)
        {
            var pde = Dword(first + 4 * (kernelPart + page / EntriesPerTable));
            if (kernelPart + page / EntriesPerTable != layout.Tss >> 22 && OwnFrame(page, pde, Dword) is { } wrong)
                return wrong;
        }

        return null;

        // The processor sets the accessed bit when it uses an entry.
        uint Dword(uint physical) => pc.Memory.Load(physical, 4) & ~Accessed;
    }

    /// <summary>
    /// Checks the part of a space that contains the TSS: the kernel's own frames, except for the task's map of ports
    /// behind the TSS. Returns the first error, or null.
    /// </summary>
    private static string? Tss(Layout layout, uint task, uint pde, Func<uint, uint> dword)
    {
        var (first, map) = (
            Layout.Physical(layout.Tss) >> 22 << 10,
            (layout.Tss + Layout.TssPortMap - Layout.KernelBase) / Layout.PageSize
        );
        for (var page = first; page < first + EntriesPerTable; page++)
        {
            if (page - map >= Layout.TssPortMapSize / Layout.PageSize)
            {
                if (OwnFrame(page, pde, dword) is { } wrong)
                    return $"in task {task} {wrong}";
            }
            else if (
                dword((pde & ~0xFFFu) + 4 * (page % EntriesPerTable))
                != (
                    Layout.Physical(layout.Mappings.PortMaps.Base)
                        + task * Layout.TssPortMapSize
                        + (page - map) * Layout.PageSize
                    | Present
                )
            )
                return $"task {task} has not its own map of ports";
        }

        return null;
    }

    private static string? OwnFrame(uint page, uint pde, Func<uint, uint> dword)
    {
        var pte = dword((pde & ~0xFFFu) + 4 * (page % EntriesPerTable));
        return (pte & Present) != 0 && (pte & ~0xFFFu) != page * Layout.PageSize
            ? $"the kernel's page {page} is frame {pte & ~0xFFFu:X8}h, not its own"
            : null;
    }

    private sealed class AtPick(Pc pc) : IMachine<Concrete>
    {
        public uint Stage => Stages.Pick;

        public Concrete Eip => pc.Cpu.Eip;

        public Concrete Eflags => pc.Cpu.Eflags;

        public Concrete Cr3 => pc.Cpu.Cr3;

        public Concrete Masks => pc.Interrupts.Masks;

        public Concrete Load(Concrete linear) => pc.Memory.Load(Layout.Physical(linear.Value), 4);

        public Concrete Register(int number) => pc.Cpu.R[number];

        public Concrete Selector(int number) => pc.Cpu.S[number].Selector;

        public (Concrete Base, Concrete Limit) Hidden(int number) => (pc.Cpu.S[number].Base, pc.Cpu.S[number].Limit);
    }
}
