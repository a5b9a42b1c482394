using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Fuzz;

/// <summary>Random mappings among tasks, made by the spec's own steps; few pages, so that they meet.</summary>
internal sealed class Pages(Random random, State<Concrete> s)
{
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

    /// <summary>Maps and grants pages between the tasks of some threads.</summary>
    public void Populate(uint[] threads)
    {
        if (Mappings<Concrete>.Sigma0 >= s.Limits.Tasks) return;
        var stage = s.Stage.Value;
        var (owner, tasks) = (threads[0], threads.Select(thread => thread / s.Limits.Lthreads).ToArray());
        for (var i = random.Next(16); i > 0; i--)
            Map(owner, i % 3 == 0 ? Mappings<Concrete>.Sigma0 : tasks[random.Next(tasks.Length)], tasks[random.Next(tasks.Length)]);
        (s.Stage, s.Current, s.Status[owner]) = (stage, State<Concrete>.Nobody, ThreadStatus.Ready);
    }

    private void Map(uint owner, uint source, uint target)
    {
        var m = s.Mappings;
        if (source == target || target == Mappings<Concrete>.Sigma0) return;
        (s.Stage, s.Current, s.Status[owner]) = (Stages.Map, owner, ThreadStatus.Mapping);
        (m.Operation, m.Owner, m.Item) = (Operations.Map, owner, (uint)random.Next(4));
        (m.Source, m.Target, m.Left) = (source, target, 1u << random.Next(3));
        m.SourcePage = (source == Mappings<Concrete>.Sigma0 ? (uint)random.Next(4) * 4 : Places[random.Next(Places.Length)]) & ~(m.Left.Value - 1);
        m.TargetPage = Places[random.Next(Places.Length)] & ~(m.Left.Value - 1);
        var kernel = new Kernel<Concrete>(s);

        // There is no message that it would answer at its end.
        while (m.Left.Value != 0) kernel.Step(Entry.Map);
        (m.Operation, m.Failed) = (Operations.None, 0);
    }
}
