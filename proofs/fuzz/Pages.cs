using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Fuzz;

/// <summary>
/// Random mappings among tasks, made by the spec's own steps. There are few pages, so mappings often meet.
/// </summary>
internal sealed class Pages(Random random, State<Concrete> s)
{
    // σ0's frames, and pages at both ends of page tables and of the user's part.
    private static readonly uint[] Places = [0x001, 0x004, 0x3FC, 0x400, 0x405, 0xEFFFC, 0xEFFFF];

    // Ports at both ends of a map and of its page tables, COM1's among them; any beside them.
    private static readonly ushort[] Ports = [0x0000, 0x0010, 0x03F0, 0x3FF0, 0x4000, 0xFFF0];

    public static uint Port(Random random) =>
        (uint)(Ports[random.Next(Ports.Length)] + random.Next(16))
        | (random.Next(2) == 0 ? 0 : (uint)random.Next(1 << 16) << 16);

    /// <summary>
    /// A mapped page of the current thread's space near the usual places, below a limit; null if a few tries find none.
    /// </summary>
    public static uint? Mapped(Random random, State<Concrete> s, uint limit)
    {
        var task = s.Task(s.Current);
        for (var tries = 0; tries < 8; tries++)
        {
            var page = Places[random.Next(Places.Length)] + (uint)random.Next(6) - 1;
            if (page < limit && page < s.Limits.Paging.UserPages && s.NodeOf(task, page).Value != 0)
                return page;
        }

        return null;
    }

    /// <summary>The current thread's pages near the usual places of mappings.</summary>
    public static uint[] AllMapped(State<Concrete> s) =>
        [
            .. Places
                .SelectMany(place => Enumerable.Range(-1, 6).Select(offset => place + (uint)offset))
                .Distinct()
                .Where(page => page < s.Limits.Paging.UserPages && s.NodeOf(s.Task(s.Current), page).Value != 0),
        ];

    /// <summary>True if a page is near the usual places of mappings.</summary>
    public static bool IsUsual(uint page) => Array.Exists(Places, place => page - place + 1 < 6);

    /// <summary>
    /// An fpage near existing mappings, or of ports. Seldom a large one, or none, because one operation on the whole
    /// space costs up to 30,000 steps, as much as thousands of other events.
    /// </summary>
    public static uint Fpage(Random random)
    {
        if (random.Next(5) == 0)
        {
            var (port, ports) = (
                Port(random),
                random.Next(2000) switch
                {
                    < 1400 => 4,
                    < 1700 => 5,
                    < 1900 => 6,
                    < 1902 => 14,
                    < 1903 => 16,
                    < 1911 => random.Next(64),
                    _ => random.Next(11),
                }
            );
            if (random.Next(20) != 0)
                port = port >> ports << ports;
            return 0xF0000000 | (port & 0xFFF0) << 8 | (uint)ports << 2 | (uint)random.Next(4);
        }

        var place = Places[random.Next(Places.Length)];
        var size = random.Next(10_000) switch
        {
            < 4000 => 12,
            < 6000 => 13,
            < 8700 => 14,
            < 9800 => 16,
            < 9860 => 18,
            < 9880 => 22,
            < 9882 => 32,
            < 9890 => random.Next(64),
            _ => random.Next(23),
        };
        var pages = 1u << Math.Clamp(size - 12, 0, 20);
        var page = random.Next(100) < 95 ? place & ~(pages - 1) : place;
        return page << 12 | (uint)size << 2 | (uint)random.Next(4);
    }

    /// <summary>A window: an fpage, or the whole space, or all ports.</summary>
    public static uint Window(Random random) =>
        random.Next(10) switch
        {
            < 3 => Spec.Fpage.Whole,
            < 4 => Spec.Fpage.PortsTag << 24 | 16 << 2,
            _ => Fpage(random),
        };

    /// <summary>σ0's frames are a few, if it exists.</summary>
    public static Func<uint, bool> IsSigma0s(Limits limits) =>
        frame => frame < 16 && Mappings<Concrete>.Sigma0 < limits.Tasks;

    /// <summary>
    /// Maps and grants pages between the tasks of some threads. It seldom continues until mappings or page tables have
    /// almost run out.
    /// </summary>
    public void Populate(uint[] threads)
    {
        if (Mappings<Concrete>.Sigma0 >= s.Limits.Tasks)
            return;
        var stage = s.Stage.Value;
        var (owner, tasks) = (threads[0], threads.Select(thread => thread / s.Limits.Lthreads).ToArray());
        for (var i = random.Next(16); i > 0; i--)
            Map(
                owner,
                i % 3 == 0 ? Mappings<Concrete>.Sigma0 : tasks[random.Next(tasks.Length)],
                tasks[random.Next(tasks.Length)]
            );
        if (
            random.Next(200) is var chance and < 20
            && Enumerable
                .Range(1, (int)s.Limits.Tasks - 1)
                .Select(task => (uint)task)
                .Where(task => task != Mappings<Concrete>.Sigma0 && !tasks.Contains(task))
                .LastOrDefault()
                is var idle
                    and > 0
        )
            Fill(owner, idle, chance < 1 ? 1 : s.Limits.Paging.Entries);
        (s.Stage, s.Current, s.Status[owner]) = (stage, State<Concrete>.Nobody, ThreadStatus.Ready);
    }

    /// <summary>
    /// Maps a frame into a space repeatedly, at pages with a given distance, until a resource runs out. Then it takes
    /// away up to two of these mappings.
    /// </summary>
    private void Fill(uint owner, uint task, uint distance)
    {
        var (m, at) = (s.Mappings, s.Limits.Paging.Entries);
        for (m.Failed = 0; m.Failed == 0 && at < s.Limits.Paging.UserPages; at += distance)
            Run(owner, Operations.Map, 0, Mappings<Concrete>.Sigma0, 4 + at % 8, task, at, 1);
        for (var given = random.Next(3); given > 0; given--)
            Run(
                owner,
                Operations.Unmap,
                Spec.Fpage.Own | Spec.Fpage.Unmap,
                task,
                at - (uint)(given + 1) * distance,
                0,
                0,
                1
            );
        m.Failed = 0;
    }

    private void Map(uint owner, uint source, uint target)
    {
        if (source == target || target == Mappings<Concrete>.Sigma0)
            return;
        var pages = 1u << random.Next(3);
        if (s.Limits.Paging.Ports != 0 && random.Next(4) == 0)
        {
            var page = (s.Limits.Paging.UserPages + (Port(random) & 0xFFFF) / 16) & ~(pages - 1);
            Run(owner, Operations.Map, (uint)random.Next(4), source, page, target, page, pages);
            return;
        }

        Run(
            owner,
            Operations.Map,
            (uint)random.Next(4),
            source,
            (source == Mappings<Concrete>.Sigma0 ? (uint)random.Next(4) * 4 : Places[random.Next(Places.Length)])
                & ~(pages - 1),
            target,
            Places[random.Next(Places.Length)] & ~(pages - 1),
            pages
        );
    }

    private void Run(
        uint owner,
        uint operation,
        uint item,
        uint source,
        uint sourcePage,
        uint target,
        uint targetPage,
        uint pages
    )
    {
        (s.Stage, s.Current, s.Status[owner], s.Mappings.Owner) = (Stages.Map, owner, ThreadStatus.Mapping, owner);
        Boot.Run(s, operation, item, source, sourcePage, target, targetPage, pages);
    }
}
