using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>Invariants of the operation on mappings that is under way.</summary>
internal static partial class MappingInvariants<W>
{
    private static IReadOnlyList<Invariant<State<W>, W>> Operation =>
        [
            One(
                "operation-in-range",
                "an operation's pages are all memory, or all ports, which keep their places; a map operation's "
                    + "target is not \u03c30",
                (s, m) =>
                    (m.Operation == Operations.None)
                    | (
                        (m.Source < s.Limits.Tasks)
                        & (m.Left <= s.Limits.Paging.RestOf(m.SourcePage))
                        & (
                            (m.Operation == Operations.Unmap)
                            | (
                                (
                                    (m.Operation == Operations.Delete)
                                    | (
                                        (m.Left <= s.Limits.Paging.RestOf(m.TargetPage))
                                        & (
                                            (m.Left == 0)
                                            | (m.SourcePage == m.TargetPage)
                                            | (
                                                (m.SourcePage < s.Limits.Paging.UserPages)
                                                & (m.TargetPage < s.Limits.Paging.UserPages)
                                            )
                                        )
                                    )
                                )
                                & (m.Target < s.Limits.Tasks)
                                & (m.Target != 0)
                                & (m.Target != Mappings<W>.Sigma0)
                            )
                        )
                    )
            ),
            One(
                "operation-has-owner",
                "the owner of an operation waits for its end; the source is the task that gives or unmaps, "
                    + "and the target is the owner's task, unless a task is deleted",
                (s, m) =>
                    (m.Operation == Operations.None)
                    | (
                        (s.Status[m.Owner] == ThreadStatus.Mapping)
                        & ((m.Operation == Operations.Map) == (s.Partner[m.Owner] != State<W>.Nobody))
                        & (
                            (m.Operation == Operations.Delete)
                            | (
                                m.Source
                                == s.Task(W.Select(m.Operation == Operations.Unmap, m.Owner, s.Partner[m.Owner]))
                            )
                        )
                        & ((m.Operation != Operations.Map) | (m.Target == s.Task(m.Owner)))
                    )
            ),
            One(
                "phase-fits",
                "the root of a flush or a reduction is a mapping at the operation's present page",
                (s, m) =>
                    (m.Phase <= Phases.Reduce)
                    & (m.Owner < s.Limits.Threads)
                    & W.Select(
                        m.Phase == Phases.Page,
                        Word((m.Root == 0) & (m.At == 0)),
                        Word(
                            (m.Operation != Operations.None)
                                & (m.Left != 0)
                                & InUse(s, m, m.Root)
                                & (
                                    (m.Phase != Phases.Flush)
                                    | (
                                        (m.At == 0)
                                        & IsAt(s, m, m.Root)
                                        & ((m.Operation == Operations.Unmap) | (m.Depth[m.Root] != 0))
                                    )
                                )
                                & (
                                    (m.Phase != Phases.Reduce)
                                    | (
                                        InUse(s, m, m.At)
                                        & (m.Root == s.NodeOf(m.Source, m.SourcePage))
                                        & ((m.Operation == Operations.Unmap) | (m.Level[m.Root] <= m.Depth[m.Root]))
                                    )
                                )
                        )
                    ) == 1
            ),
        ];

    // A flush removes the mapping at the operation's page: the target page of a map operation, else the source page.
    private static Truth IsAt(State<W> s, Mappings<W> m, W root) =>
        W.Select(
            m.Operation == Operations.Map,
            Word(root == s.NodeOf(m.Target, m.TargetPage)),
            Word(root == s.NodeOf(m.Source, m.SourcePage))
        ) == 1;

    private static Truth InUse(State<W> s, Mappings<W> m, W node) => !IsFree(m, node) & (node < s.Limits.Paging.Nodes);
}
