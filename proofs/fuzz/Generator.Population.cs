using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Fuzz;

/// <summary>Random states: populations of threads with their tasks, interrupts and mappings.</summary>
public sealed partial class Generator
{
    private static readonly uint[] Quanta = [1, 1, 2, 3, 254, 255, 0, ScheduleParam.Infinite];

    private const int IdsOfPopulation = 4;
    private const uint SpuriousId = 8;

    /// <summary>
    /// 3 to 8 ready threads (as far as there are rows) anywhere in the table, and the first threads of their tasks. The
    /// scheduler is about to pick, and cursors are anywhere.
    /// </summary>
    public State<Concrete> Population()
    {
        var usable = limits.Threads - limits.Lthreads;
        var count = Math.Min((uint)_random.Next(3, 9), usable);
        uint[] priorities = [0, limits.Priorities - 1, Below(limits.Priorities), Below(limits.Priorities)];
        var spread = Chance(40) ? usable : Math.Min(usable, Chance(50) ? 40 : limits.Lthreads);
        HashSet<uint> rows = [];
        while (rows.Count < count)
            rows.Add(limits.Lthreads + Below(Math.Max(spread, count)));
        AddFirstThreads(rows);

        var versions = rows.Select(row => row / limits.Lthreads)
            .Distinct()
            .ToDictionary(task => task, _ => Chance(10) ? ThreadId.LastVersion : 1 + Below(1023));
        var s = Boot.Initial(
            limits,
            rows.Select(row => new BootThread(
                ThreadId
                    .Make<Concrete>(
                        Below(256),
                        row / limits.Lthreads,
                        row % limits.Lthreads,
                        versions[row / limits.Lthreads]
                    )
                    .Value,
                Pick(priorities),
                Pick(Quanta),
                AnAddress(),
                Word()
            )),
            Pages.IsSigma0s(limits)
        );
        foreach (var row in rows)
        {
            s.Slice[row] = Left(s.Quantum[row].Value);
            s.Preempter[row] = Chance(30) ? s.Id[Pick([.. rows])] : ThreadId.Nil;
            s.Consumed[row] = Word();
            s.TrapAddress[row] = Chance(50) ? 0 : AnAddress();
            s.Mcp[row] = Chance(70) ? limits.Priorities - 1 : Pick(priorities);
            s.Pager[row] =
                Chance(80) ? s.Id[Pick([.. rows])]
                : Chance(50) ? Word()
                : ThreadId.Nil;
            s.Served[row] = Chance(50) ? Pick([.. rows]) : Below(limits.Threads);
            (s.Eax[row], s.Ecx[row], s.Edx[row], s.Ebx[row]) = (Word(), Word(), Word(), Word());
            (s.Ebp[row], s.Esi[row], s.Edi[row], s.Eflags[row]) = (
                Word(),
                Word(),
                Word(),
                Word() & Flags.UserBits | Flags.User
            );
        }

        var areSmall = Chance(30);
        foreach (var task in versions.Keys)
            if (areSmall || Chance(20))
                s.Mappings.Small[task] = 1 + Below(ScheduleParam.LastSmall);
        ChooseInterrupts();
        Handle([.. rows], s);
        GiveChiefs(s, [.. versions.Keys]);
        new Pages(_random, s).Populate([.. rows]);
        s.Clock = Word();
        (s.Time, s.TimeHigh) = (Word(), Word());
        foreach (var priority in priorities)
            s.Picked[priority] = Chance(50) ? Pick([.. rows]) : Below(limits.Threads);
        return s;
    }

    // A task that has threads has its first one: it joins the thread that was chosen, or replaces it.
    private void AddFirstThreads(HashSet<uint> rows)
    {
        foreach (var row in rows.ToList())
            if (rows.Add(row - row % limits.Lthreads) && Chance(50))
                rows.Remove(row);
    }

    private uint AnEip() => UserSpace.Clip<Concrete>(Word()).Value;

    private uint AnAddress() => Chance(60) ? Word() % UserSegments.SmallSize : Word();

    // The parameter of thread_schedule without its priority: any slice, often one of length 0 or an infinite one.
    private uint Length() => Word() & Pick([0xFFFFFF00u, 0xFFFFFF00u, 0x00FFFF00u, 0xFF0FFF00u]);

    // A random rest of a time slice of this length. A slice of length 0 has at most donated ticks.
    private uint Left(uint quantum) =>
        quantum switch
        {
            0 => Chance(50) ? 0 : 1 + Below(3),
            ScheduleParam.Infinite => quantum,
            _ => 1 + Below(quantum),
        };

    /// <summary>Chooses the interrupts that come, for a state that this generator has not made.</summary>
    public void ChooseInterrupts() =>
        _ids = [
            .. Enumerable
                .Range(0, IdsOfPopulation)
                .Select(_ => 1 + Below(Interrupts.Lines))
                .Where(id => Interrupts.IsUsers<Concrete>(id).Known),
            SpuriousId,
        ];

    // Makes tasks chiefs of each other, as a tree: the existing tasks and some others.
    private void GiveChiefs(State<Concrete> s, uint[] tasks)
    {
        foreach (var task in (uint[])[.. tasks, Below(limits.Tasks), Below(limits.Tasks)])
            if (Pick(tasks) is var chief && chief != task && task is not (0 or Mappings<Concrete>.Sigma0) && Chance(80))
            {
                var former = s.Mappings.Chief[task];
                s.Mappings.Chief[task] = chief;
                if (Forest.Height(s, task) == limits.Tasks)
                    s.Mappings.Chief[task] = former;
            }
    }

    // Gives interrupts to a few threads, some of them pending. There are few interrupts, so threads compete for them.
    private void Handle(uint[] rows, State<Concrete> s)
    {
        foreach (var row in rows)
            if (Chance(30) && Pick(_ids) is var id && s.Handler[id].Value == State<Concrete>.Nobody)
            {
                (s.Handler[id], s.Handles[row], s.Pending[id]) = (row, id, Below(2));
                if (s.Pending[id].Value == 0 && Chance(50))
                    s.Masked &= ~Interrupts.Bit<Concrete>(id);
            }
    }
}
