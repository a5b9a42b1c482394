using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>The models of mappings.</summary>
public sealed partial record Model
{
    /// <summary>
    /// Three tasks, the second of them σ0 with two frames, whose threads map, grant and unmap pages of spaces of two
    /// small page tables. No time passes, and no sender waits: the other models have ticks and waiting senders. Boot
    /// leaves few mappings and no page tables.
    /// </summary>
    public static readonly Model Mappers = new(
        "mappers",
        new Limits(4, 1, 2)
        {
            Paging = new(4, 8, 4) { Entries = 4, Slots = 2 },
        },
        [
            .. new uint[] { 1, 2, 3 }.Select(task => new BootThread(
                ThreadId.Make<Concrete>(4, task, 0, 1).Value,
                task / 3,
                1,
                0x10000,
                0x20000
            )),
        ],
        new([
            [Descriptor.None, 2],
            [0x10],
            [0x1000],
            [Page(1) | Fpage.Writable, Page(1) | Fpage.Grant, Page(2) | Fpage.Writable],
            [Page(1) | AnyWindow, Page(4) | AnyWindow],
            [.. new uint[] { 1, 2, 3 }.Select(task => ThreadId.Make<Concrete>(4, task, 0, 1).Value)],
            [3],
        ])
        {
            Of = new Dictionary<Entry, IReadOnlyList<uint[]>>
            {
                [Entry.FpageUnmap] =
                [
                    [Page(1)],
                    [0, Fpage.Unmap | Fpage.Own],
                    [3],
                    [3],
                    [0],
                    [0],
                    [3],
                ],
            },
        },
        1
    )
    {
        Sigma0Frames = 2,
        Mapped = [new(1, 0, 1, true), new(3, 0, 1, true), new(1, 2, 2, true)],
        Also = [Entry.FpageUnmap],
        Without = [Entry.Tick, Entry.ThreadSwitch, Entry.IdNearest, Entry.Interrupt, Entry.PageFault, Entry.Exception],
        Never =
        [
            "entry Accept",
            "entry Wake",
            "stage wake",
            "stage accept",
            "thread sending",
            "thread receiving-from",
            "thread sleeping",
            "thread stopped",
            "code 20h, receive timeout",
            "code E0h, receive cut",
            "code F0h, send cut",
            "time slice used up",
            "time slice donated",
            "tick while idle",
            .. WithoutPagers,
            .. WithTwo,
            .. WithoutDeadlines,
        ],
    };

    /// <summary>
    /// Three tasks map, grant and unmap ports, and use one. The second task is σ0 with two groups of 16 ports; the
    /// third task's pager is σ0. Spaces have 32 pages, the last of which are the ports, so fpages name them as groups
    /// 30 and 31.
    /// </summary>
    public static readonly Model Ports = new(
        "ports",
        new Limits(4, 1, 2)
        {
            Paging = new(2, 8, 8)
            {
                Entries = 2,
                Slots = 16,
                Ports = 2,
            },
        },
        [Mapper(1), Mapper(2), Mapper(3) with { Pager = Mapper(2).Id }],
        new([
            [Descriptor.None, 2],
            [0x10],
            [0],
            [PortGroups(30, 2), PortGroups(31, 1) | Fpage.Grant],
            [PortGroups(30, 2) | AnyWindow],
            [Mapper(1).Id, Mapper(2).Id, Mapper(3).Id],
            [3],
        ])
        {
            Of = new Dictionary<Entry, IReadOnlyList<uint[]>>
            {
                [Entry.FpageUnmap] =
                [
                    [PortGroups(30, 2)],
                    [Fpage.Unmap, Fpage.Unmap | Fpage.Own],
                    [0],
                    [3],
                    [0],
                    [0],
                    [3],
                ],
            },
        },
        1
    )
    {
        Sigma0Frames = 1,
        Mapped = [new(1, 30, 2, true), new(1, 31, 3, true)],
        Also = [Entry.FpageUnmap, Entry.Protection],
        Without = [Entry.Tick, Entry.ThreadSwitch, Entry.IdNearest, Entry.Interrupt, Entry.PageFault, Entry.Exception],
        Never =
        [
            "entry Accept",
            "entry Wake",
            "stage wake",
            "stage accept",
            "thread sleeping",
            "code 20h, receive timeout",
            "code E0h, receive cut",
            "code F0h, send cut",
            Preemption,
            "time slice used up",
            "time slice donated",
            "tick while idle",
            "a derived mapping made read-only",
            .. MappingsLast,
            .. WithTwo,
            .. WithoutDeadlines,
        ],
    };

    /// <summary>
    /// Three tasks map, grant and unmap one frame, which belongs to the second task, σ0. Time passes and the third
    /// task's interrupt comes, also between the kernel's steps.
    /// </summary>
    public static readonly Model Interrupted = new(
        "interrupted",
        new Limits(4, 1, 2)
        {
            Paging = new(2, 4, 4) { Entries = 2, Slots = 1 },
        },
        [Mapper(1), Mapper(2), Mapper(3) with { Priority = 1 }],
        new([
            [Descriptor.None, 2],
            [0x10],
            [0],
            [Page(1) | Fpage.Writable, Page(1) | Fpage.Grant],
            [Page(1) | AnyWindow],
            [Mapper(1).Id, Mapper(2).Id, Mapper(3).Id],
            [3],
        ])
        {
            Of = new Dictionary<Entry, IReadOnlyList<uint[]>>
            {
                [Entry.FpageUnmap] =
                [
                    [Page(1)],
                    [0, Fpage.Unmap | Fpage.Own],
                    [0],
                    [3],
                    [0],
                    [0],
                    [3],
                ],
            },
        },
        1
    )
    {
        Sigma0Frames = 1,
        Mapped = [new(1, 1, 1, true)],
        Also = [Entry.FpageUnmap],
        Without = [Entry.ThreadSwitch, Entry.IdNearest, Entry.PageFault, Entry.Exception],
        Interrupts = [5],
        Arrange = s => (s.Handler[5], s.Handles[3]) = (3, 5),
        Never =
        [
            "entry Accept",
            "stage accept",
            "thread sending",
            "thread receiving-from",
            "thread sleeping",
            "thread stopped",
            "code 20h, receive timeout",
            "code E0h, receive cut",
            "code F0h, send cut",
            "time slice donated",
            .. MappingsLast,
            "an interrupt associated",
            "an interrupt given up",
            "a pending interrupt taken before a waiting sender's message",
            .. WithoutPagers,
            .. WithoutDeadlines,
        ],
    };

    // There are enough mappings and page tables.
    private static string[] MappingsLast =>
        [
            "mappings run out",
            "page tables run out",
            "code 62h, mappings or page tables ran out",
            "code 70h, mappings or page tables ran out",
        ];

    private static BootThread Mapper(uint task) =>
        new(ThreadId.Make<Concrete>(4, task, 0, 1).Value, 0, 1, 0x10000, 0x20000);

    private static uint PortGroups(uint first, uint groups) =>
        Fpage.OfPorts<Concrete>(first * 16, (first + groups) * 16 - 1).Value;

    // A window for map items from any thread.
    private const uint AnyWindow = 3;

    // A window for items of the partner only.
    private const uint Window = 2;

    private static uint Page(uint number) => number << 12 | 12 << 2;
}
