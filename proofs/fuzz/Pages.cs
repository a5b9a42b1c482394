using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Fuzz;

/// <summary>Random mappings among tasks, made by the spec's own steps; few pages, so that they meet.</summary>
internal sealed class Pages(Random random, State<Concrete> s)
{
    private readonly Kernel<Concrete> _kernel = new(s);

    // Where σ0's frames are, and pages at both ends of page tables and of the user's part.
    private static readonly uint[] Places = [0x001, 0x004, 0x3FC, 0x400, 0x405, 0xEFFFC, 0xEFFFF];

    /// <summary>An fpage near where mappings are; seldom a large one or none.</summary>
    public static uint Fpage(Random random)
    {
        var place = Places[random.Next(Places.Length)];
        var size = random.Next(100) switch { < 40 => 12, < 60 => 13, < 85 => 14, < 93 => 16, < 97 => 22, < 98 => 32, _ => random.Next(64) };
        var pages = 1u << Math.Clamp(size - 12, 0, 20);
        var page = random.Next(100) < 95 ? place & ~(pages - 1) : place;
        return page << 12 | (uint)size << 2 | (uint)random.Next(4);
    }

    /// <summary>σ0's frames are a few, if it exists.</summary>
    public static Func<uint, bool> IsSigma0s(Limits limits) => frame => frame < 16 && Mappings<Concrete>.Sigma0 < limits.Tasks;

    /// <summary>Maps and grants pages between the tasks of some threads; seldom until mappings or page tables have all but run out.</summary>
    public void Populate(uint[] threads)
    {
        if (Mappings<Concrete>.Sigma0 >= s.Limits.Tasks) return;
        var stage = s.Stage.Value;
        var (owner, tasks) = (threads[0], threads.Select(thread => thread / s.Limits.Lthreads).ToArray());
        for (var i = random.Next(16); i > 0; i--)
            Map(owner, i % 3 == 0 ? Mappings<Concrete>.Sigma0 : tasks[random.Next(tasks.Length)], tasks[random.Next(tasks.Length)]);
        if (random.Next(100) is var chance and < 5 && Enumerable.Range(1, (int)s.Limits.Tasks - 1).Select(task => (uint)task)
            .Where(task => task != Mappings<Concrete>.Sigma0 && !tasks.Contains(task)).LastOrDefault() is var idle and > 0)
            Fill(owner, idle, chance < 2 ? 1 : s.Limits.Paging.Entries);
        (s.Stage, s.Current, s.Status[owner]) = (stage, State<Concrete>.Nobody, ThreadStatus.Ready);
    }

    /// <summary>Maps a frame into a space again and again, at pages so far apart, until something runs out; then takes up to two of them away.</summary>
    private void Fill(uint owner, uint task, uint distance)
    {
        var (m, at) = (s.Mappings, s.Limits.Paging.Entries);
        for (m.Failed = 0; m.Failed == 0 && at < s.Limits.Paging.UserPages; at += distance)
            Run(owner, Operations.Map, 0, Mappings<Concrete>.Sigma0, 4, task, at, 1);
        for (var given = random.Next(3); given > 0; given--)
            Run(owner, Operations.Unmap, Spec.Fpage.Own | Spec.Fpage.Unmap, task, at - (uint)(given + 1) * distance, 0, 0, 1);
        m.Failed = 0;
    }

    private void Map(uint owner, uint source, uint target)
    {
        if (source == target || target == Mappings<Concrete>.Sigma0) return;
        var pages = 1u << random.Next(3);
        Run(owner, Operations.Map, (uint)random.Next(4), source, (source == Mappings<Concrete>.Sigma0 ? (uint)random.Next(4) * 4 : Places[random.Next(Places.Length)]) & ~(pages - 1),
            target, Places[random.Next(Places.Length)] & ~(pages - 1), pages);
    }

    private void Run(uint owner, uint operation, uint item, uint source, uint sourcePage, uint target, uint targetPage, uint pages)
    {
        var m = s.Mappings;
        (s.Stage, s.Current, s.Status[owner]) = (Stages.Map, owner, ThreadStatus.Mapping);
        (m.Operation, m.Owner, m.Item, m.Left) = (operation, owner, item, pages);
        (m.Source, m.SourcePage, m.Target, m.TargetPage) = (source, sourcePage, target, targetPage);

        // There is no message that it would answer at its end.
        while (m.Left.Value != 0) _kernel.Step(Entry.Map);
        m.Operation = Operations.None;
    }
}
