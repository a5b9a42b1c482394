using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>The model in which tasks are created and deleted.</summary>
public sealed partial record Model
{
    /// <summary>
    /// σ0, its sub-task with a page, and a task that does not exist yet: σ0 creates and deletes both, and may give the
    /// sub-task to the other task, which then creates it. They send, map and wait for each other, and a tick may come
    /// between the steps. Version 1 follows both 0 and the last version.
    /// </summary>
    public static readonly Model Family = new(
        "family",
        new Limits(4, 1, 2)
        {
            Paging = new(2, 4, 4) { Entries = 2, Slots = 1 },
        },
        [Parent, Child],
        new([
            [Descriptor.None, 2],
            [0],
            [0],
            [Page(1) | Fpage.Writable],
            [Page(1) | Window],
            [Parent.Id, Child.Id, Incarnation(2, 1), Incarnation(3, 1)],
            [3],
        ])
        {
            Of = new Dictionary<Entry, IReadOnlyList<uint[]>>
            {
                [Entry.TaskNew] =
                [
                    [0, Child.Id],
                    [0],
                    [0],
                    [ThreadId.Nil, Parent.Id],
                    [0],
                    [Incarnation(0, 1), Incarnation(0, 2), Incarnation(0, 3)],
                    [3],
                ],
            },
        },
        1
    )
    {
        Sigma0Frames = 1,
        Mapped = [new(3, 1, 1, true)],
        Later = [1],
        Versions = [1],
        Also = [Entry.TaskNew],
        Without =
        [
            Entry.FpageUnmap,
            Entry.ThreadSwitch,
            Entry.IdNearest,
            Entry.Interrupt,
            Entry.PageFault,
            Entry.Exception,
        ],
        Arrange = s =>
        {
            (s.Mappings.Chief[1], s.Mappings.Chief[3]) = (2, 2);
            s.Mappings.Version[1] = 0;
        },
        Never =
        [
            "thread receiving-any",
            "thread sleeping",
            "thread stopped",
            "code 20h, receive timeout",
            "code 30h, send timeout",
            "code E0h, receive cut",
            "code F0h, send cut",
            Preemption,
            "time slice donated",
            "a mapping granted",
            "a derived mapping made read-only",
            "made read-only before it is granted",
            .. MappingsLast,
            "an interrupt between steps on mappings",
            "another's operation on mappings ended",
            .. WithoutPagers,
            .. WithTwo,
            .. WithoutDeadlines,
        ],
    };

    private static BootThread Parent => new(ThreadId.Make<Concrete>(4, 2, 0, 1).Value, 0, 1, 0x10000, 0x20000);

    private static BootThread Child =>
        new(ThreadId.Make<Concrete>(2, 3, 0, ThreadId.LastVersion).Value, 0, 1, 0x10000, 0x20000);

    // The first thread of a task that a chief has created, of version 1.
    private static uint Incarnation(uint chief, uint task) => ThreadId.Make<Concrete>(chief, task, 0, 1).Value;
}
