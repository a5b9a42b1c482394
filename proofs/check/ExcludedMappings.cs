using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// States that the invariants of mappings must exclude. They are made from a state in which σ0 has frames 1 and 2. Both
/// are mapped to task 1, and frame 1 also to task 3.
/// </summary>
internal static class ExcludedMappings
{
    // Rows of the table of mappings: frames 1 and 2, ports, the mappings of task 1, the mapping of task 3, and a free
    // row.
    private const uint Frame1 = 1,
        Frame2 = 2,
        Reserved = 3,
        Ports = 4,
        One = 5,
        Two = 6,
        Three = 7,
        Free = 8,
        Last = 15;
    private const uint Page1 = 5,
        Page2 = 6,
        Page3 = 9;

    /// <summary>The mappings that the states are made of.</summary>
    public static IEnumerable<BootMapping> Maps =>
        [
            new(1, Page1, Frame1, Writable: true),
            new(1, Page2, Frame2, Writable: true),
            new(3, Page3, Frame1, Writable: true),
        ];

    public static bool IsSigma0s(uint frame) => frame is Frame1 or Frame2;

    public static IEnumerable<Excluded> All =>
        [
            Of("mapping-at-its-page", (_, m) => m.Page[One] = Page1 + 2),
            Of("mapping-at-its-page", (s, m) => m.NodeAt[Entry(s, 1, Page1)] = 0),
            Of("ports-at-their-page", (_, m) => m.Page[Ports] = Page1),
            Of("ports-at-their-page", (_, m) => m.Page[Ports] += 1),
            Of("ports-at-their-page", (_, m) => m.Frame[Ports] = Frame1),
            Of("ports-at-their-page", (s, m) => m.Page[One] = s.Limits.Paging.UserPages),
            Of("page-has-its-mapping", (s, m) => m.NodeAt[Entry(s, 1, Page1 + 2)] = One),
            Of("page-has-its-mapping", (s, m) => m.NodeAt[Entry(s, 3, Page1)] = One),
            Of("page-has-its-mapping", (s, m) => m.NodeAt[Entry(s, 1, Page1 + 2)] = Free),
            Of("table-at-its-slot", (s, m) => m.TableAt[s.SlotOf(1, Page1)] = 0),
            Of("table-at-its-slot", (s, m) => m.TableSlot[Table(s, 1)] = 1),
            Of("table-at-its-slot", (s, m) =>
            {
                m.TableSlot[Table(s, 1)] = s.Limits.Paging.Slots - 1;
                m.TableAt[1 * s.Limits.Paging.Slots + s.Limits.Paging.Slots - 1] = Table(s, 1);
            }),
            Of("slot-has-its-table", (s, m) => m.TableAt[s.SlotOf(1, Page1) + 1] = Table(s, 1)),
            Of("slot-has-its-table", (s, m) => m.TableAt[0] = m.FreeTable),
            Of("tables-in-range", (_, m) => m.TableTask[0] = 1),
            Of("tables-in-range", (s, m) => m.NextTable[1] = s.Limits.Paging.Tables),
            Of("tables-in-range", (s, m) => m.PreviousTable[1] = s.Limits.Paging.Tables),
            Of("free-table-forward", (s, m) => m.NextTable[m.FreeTable] = Table(s, 1)),
            Of("free-table-forward", (_, m) => m.NextTable[m.FreeTable] += 1),
            Of("free-table-backward", (_, m) => m.PreviousTable[m.FreeTable + 1] = 0),
            Of("free-table-backward", (_, m) => m.PreviousTable[m.FreeTable + 2] = m.FreeTable),
            Of("free-table-head", (s, m) => m.FreeTable = Table(s, 1)),
            Of("free-table-head", (_, m) => m.FreeTable += 1),
            Of("one-root-per-frame", (_, m) => m.Depth[Frame1] = 1),
            Of("one-root-per-frame", (_, m) => m.Frame[Frame1] = Frame2),
            Of("one-root-per-frame", (_, m) => m.Space[Frame1] = 1),
            Of("one-root-per-frame", (_, m) => m.Page[Frame1] = Frame2),
            Of("one-root-per-frame", (_, m) => m.Page[Ports] = Ports),
            Of("one-root-per-frame", (_, m) => m.Previous[Frame1] = One),
            Of("one-root-per-frame", (_, m) => m.Depth[One] = 0),
            Of("one-root-per-frame", (_, m) => m.Previous[Three] = 0),
            Of("one-root-per-frame", (_, m) => m.Space[One] = Mappings<Concrete>.Sigma0),
            Of("list-forward", (_, m) => m.Next[Frame2] = Three),
            Of("list-forward", (_, m) => m.Frame[One] = Frame2),
            Of("list-forward", (_, m) => m.Depth[Three] = 2),
            Of("list-forward", (_, m) => m.Next[One] = Free),
            Of("list-backward", (_, m) => m.Previous[One] = Frame1),
            Of("list-backward", (_, m) => m.Previous[Two] = Free),
            Of("frame-0-is-none", (_, m) => m.Next[0] = One),
            Of("frame-0-is-none", (_, m) => m.Space[0] = 1),
            Of("reserved-is-unmapped", (_, m) => m.Next[Reserved] = One),
            Of("rights-shrink", (_, m) => m.Level[Frame2] = 0),
            Of("rights-shrink", (_, m) => (m.Depth[One], m.Level[One], m.Level[Three]) = (2, 3, 1)),
            Of("rights-shrink", (_, m) =>
            {
                (m.Depth[One], m.Level[One], m.Level[Three]) = (2, 3, 1);
                (m.Operation, m.Phase, m.Root, m.At) = (Operations.Unmap, Phases.Reduce, Frame1, Frame1);
            }),
            Of("rights-in-range", (_, m) => m.Level[One] = 3),
            Of("free-forward", (_, m) => m.Next[Free] = One),
            Of("free-forward", (_, m) => m.Next[Free] = Free + 2),
            Of("free-backward", (_, m) => m.Previous[Free + 1] = 0),
            Of("free-backward", (_, m) => m.Previous[Free + 2] = Free),
            Of("free-backward", (_, m) => m.Previous[Last] = One),
            Of("free-head", (_, m) => m.FreeNode = One),
            Of("free-head", (_, m) => m.FreeNode = Free + 1),
            Of("free-head", (_, m) => m.FreeNode = Reserved),
            Of("nodes-in-range", (s, m) => m.Next[One] = s.Limits.Paging.Nodes),
            Of("nodes-in-range", (s, m) => m.Previous[One] = s.Limits.Paging.Nodes),
            Of("nodes-in-range", (s, m) => m.Frame[One] = s.Limits.Paging.Roots),
            Of("node-at-in-range", (s, m) => m.NodeAt[0] = s.Limits.Paging.Nodes),
            Of("table-at-in-range", (s, m) => m.TableAt[0] = s.Limits.Paging.Tables),
            Of("operation-in-range", (s, m) => (m.Operation, m.Source) = (Operations.Unmap, s.Limits.Tasks)),
            Of("operation-in-range", (s, m) =>
                (m.Operation, m.SourcePage, m.Left) = (Operations.Unmap, s.Limits.Paging.Pages - 1, 2)
            ),
            Of("operation-in-range", (s, m) =>
                (m.Operation, m.Target, m.TargetPage, m.Left) = (Operations.Map, 1, s.Limits.Paging.Pages - 1, 2)
            ),
            Of("operation-in-range", (s, m) =>
                (m.Operation, m.Target, m.SourcePage, m.Left) = (Operations.Map, 1, s.Limits.Paging.UserPages, 1)
            ),
            Of("operation-in-range", (s, m) =>
                (m.Operation, m.SourcePage, m.Left) = (Operations.Unmap, s.Limits.Paging.UserPages - 1, 2)
            ),
            Of("operation-in-range", (s, m) =>
                (m.Operation, m.SourcePage, m.Left) = (
                    Operations.Unmap,
                    s.Limits.Paging.UserPages + s.Limits.Paging.Ports,
                    1
                )
            ),
            Of("operation-in-range", (s, m) => (m.Operation, m.Target) = (Operations.Map, s.Limits.Tasks)),
            Of("operation-in-range", (_, m) => m.Operation = Operations.Map),
            Of("operation-in-range", (_, m) => (m.Operation, m.Target) = (Operations.Map, Mappings<Concrete>.Sigma0)),
            Of("operation-in-range", (_, m) => m.Operation = Operations.Unmap + 1),
            Of("operation-has-owner", (_, m) => m.Operation = Operations.Unmap),
            Of("phase-fits", (_, m) => m.Root = One),
            Of("phase-fits", (_, m) => m.At = One),
            Of("phase-fits", (s, m) => m.Owner = s.Limits.Threads),
            Of("phase-fits", (_, m) => (m.Phase, m.Root, m.Left) = (Phases.Flush, One, 1)),
            Of("phase-fits", (_, m) => (m.Operation, m.Phase, m.Root) = (Operations.Unmap, Phases.Flush, One)),
            Of("phase-fits", (_, m) =>
                (m.Operation, m.Phase, m.Root, m.Left) = (Operations.Unmap, Phases.Flush, Free, 1)
            ),
            Of("phase-fits", (_, m) =>
                (m.Operation, m.Phase, m.Root, m.At, m.Left) = (Operations.Unmap, Phases.Flush, One, One, 1)
            ),
            Of("phase-fits", (_, m) =>
                (m.Operation, m.Phase, m.Root, m.Left) = (Operations.Map, Phases.Flush, Frame1, 1)
            ),
            Of("phase-fits", (_, m) => Reduces(m, Operations.Unmap, One, Free)),
            Of("phase-fits", (_, m) => Reduces(m, Operations.Unmap, Two, Two)),
            Of("phase-fits", (_, m) => Reduces(m, Operations.Map, One, One)),
            Of("phase-fits", (_, m) => m.Phase = Phases.Reduce + 1),
        ];

    private static void Reduces(Mappings<Concrete> m, uint operation, uint root, uint at)
    {
        (m.Operation, m.Phase, m.Root, m.At) = (operation, Phases.Reduce, root, at);
        (m.Source, m.SourcePage, m.Left) = (1, Page1, 1);
    }

    private static Concrete Table(State<Concrete> s, uint task) => s.TableOf(task, Page1);

    private static Concrete Entry(State<Concrete> s, uint task, uint page) => s.EntryOf(s.TableOf(task, page), page);

    private static Excluded Of(string invariant, Action<State<Concrete>, Mappings<Concrete>> damage) =>
        new(invariant, s => damage(s, s.Mappings));
}
