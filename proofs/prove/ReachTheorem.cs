using Verified.Kernel;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;

namespace Verified.Proofs.Prove;

/// <summary>
/// The pages that users reach through the loaded page directory are those of their own spaces. A page of a small space
/// has one address in every directory. A large space ends before the small ones.
/// </summary>
/// <remarks>
/// This is about the entries that <see cref="PageEntries"/> declares, for every state. The image's theorems show that
/// the processor's tables have these entries, and that a user's segments are those of its space.
/// </remarks>
/// <param name="layout">The places of the tables.</param>
/// <param name="baseOf">The linear address of a task's small space; null for the usual one.</param>
/// <param name="lastOfData">The last byte of a large space's segments.</param>
public sealed class ReachTheorem(
    Layout layout,
    Func<Symbolic, Symbolic>? baseOf = null,
    uint lastOfData = UserSegments.LastOfData
) : KernelTheorem(Title, layout.Limits)
{
    public const string Title = "image.reach";

    private const uint Users = MappingLayout.Present | MappingLayout.User,
        FrameMask = ~(Layout.PageSize - 1);

    public override bool IsKept => baseOf is null && lastOfData == UserSegments.LastOfData;

    protected override void Assume(ProofContext proof) { }

    protected override void Run(ProofContext proof)
    {
        var state = new State<Symbolic>(Limits, Tables(proof, Stages.User, running: false));
        var (loaded, task, page) = (proof.Register("loaded"), proof.Register("task"), proof.Register("page"));
        proof.Path.Assume(loaded < Limits.Tasks & task < Limits.Tasks);
        proof.Path.IsTaken();
        Small(proof.Path, state, loaded, task, page);
        Large(proof.Path, state, task, page);
    }

    private void Small(Exploration path, State<Symbolic> state, Symbolic loaded, Symbolic task, Symbolic page)
    {
        var outside = task >= UserSpace.SmallTasks | page >= MappingLayout.SmallPages;
        var row = task * MappingLayout.SmallPages + page;
        var (start, node) = (baseOf?.Invoke(task) ?? UserSegments.BaseOf(task), state.NodeOf(task, page));
        path.Require(
            outside
                | EntryAt(state, loaded, start + page * Layout.PageSize) == Physical(layout.Mappings.SmallTables, row),
            "every directory leads from a page of a small space to its entry in its own task's table"
        );
        var entry = PageEntries.OfSmallTable(state, row);
        path.Require(
            outside
                | (entry & FrameMask) == Symbolic.Select(node == 0, 0, state.Mappings.Frame[node] * Layout.PageSize),
            "that entry has the frame of the mapping at the page, or none"
        );
    }

    private void Large(Exploration path, State<Symbolic> state, Symbolic task, Symbolic page)
    {
        var outside = page > lastOfData / Layout.PageSize;
        var table = state.TableOf(task, page);
        path.Require(
            outside
                | EntryAt(state, task, page * Layout.PageSize)
                    == Symbolic.Select(
                        page >= Limits.Paging.UserPages | table == 0,
                        0,
                        Physical(layout.Mappings.PageTables, state.EntryOf(table, page))
                    ),
            "its task's directory leads from a page of a large space to its entry in its own page tables, or nowhere"
        );
    }

    /// <summary>
    /// The physical address of the page-table entry that users reach at a linear address in a task's directory; 0 if
    /// they reach none (SDM 3A, 4.3).
    /// </summary>
    private Symbolic EntryAt(State<Symbolic> state, Symbolic directory, Symbolic linear)
    {
        var slot = directory << Limits.Paging.SlotBits | linear >> 22;
        var entry = PageEntries.OfDirectory(layout, state, slot);
        return Symbolic.Select(
            (entry & Users) == Users,
            (entry & FrameMask) + (linear >> Layout.PageShift & (Limits.Paging.Entries - 1)) * 4,
            0
        );
    }

    private static Symbolic Physical(Area area, Symbolic row) =>
        area.Address(row, MappingLayout.Entry) - Layout.KernelBase;
}
