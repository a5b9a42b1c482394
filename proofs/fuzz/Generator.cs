using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Fuzz;

/// <summary>
/// Random populations of threads and random events for them. The same seed gives the same ones. Events depend on the
/// state, so rare ways (rendezvous, chains of waiting senders, preemption) are common.
/// </summary>
public sealed class Generator(int seed, Limits limits)
{
    private static readonly uint[] Quanta = [1, 1, 2, 3, 254, 255, 0, ScheduleParam.Infinite];

    private const int IdsOfPopulation = 4;
    private const uint SpuriousId = 8;

    private readonly Random _random = new(seed);
    private readonly UserCode _code = new(new Random(seed));
    private uint[] _ids = [];

    public int Seed => seed;

    /// <summary>
    /// 3 to 8 ready threads (as far as there are rows) anywhere in the table, the scheduler about to pick, cursors
    /// anywhere.
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
                Chance(60) ? Word() % UserSegments.SmallSize : Word(),
                Word()
            )),
            Pages.IsSigma0s(limits)
        );
        foreach (var row in rows)
        {
            s.Slice[row] = Left(s.Quantum[row].Value);
            s.Preempter[row] = Chance(30) ? s.Id[Pick([.. rows])] : ThreadId.Nil;
            s.Consumed[row] = Word();
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

    /// <summary>An event that fits the state, at <see cref="Stages.User"/> or <see cref="Stages.Idle"/>.</summary>
    /// <param name="s">The state.</param>
    /// <param name="threads">Rows of the threads that exist.</param>
    public Event Next(State<Concrete> s, IReadOnlyList<uint> threads)
    {
        var next = Any(s, threads);
        if (s.Stage.Value == Stages.User)
            next = _code.Placed(next, s);
        return next.Entry == Entry.TaskNew && Chance(50)
            ? next with
            {
                Between = new(Below(limits.Tasks + 2 * limits.Threads), OrTick(s)),
            }
            : _random.Next(25) switch
            {
                < 5 => next with { Between = new(Below(12), OrTick(s)) },
                < 6 => next with { Between = new(0, OrTick(s)) },
                _ => next,
            };
    }

    /// <summary>
    /// An event by which few threads become many: new tasks and threads, other priorities and small spaces, items sent
    /// to waiting threads; or any event.
    /// </summary>
    /// <inheritdoc cref="Next"/>
    public Event Grow(State<Concrete> s, IReadOnlyList<uint> threads)
    {
        if (s.Stage.Value != Stages.User)
            return Next(s, threads);
        var registers = new Registers(
            0,
            Timeouts.Infinite,
            Word(),
            Word(),
            Word(),
            0,
            Destination(s, threads),
            Word(),
            Word(),
            Word() & Flags.UserBits | Flags.User
        );
        return _random.Next(12) switch
        {
            < 2 when threads.Count < MostThreads => _code.Placed(
                NewTask(s, threads, registers) with
                {
                    Between = null,
                },
                s
            ),
            < 5 when threads.Count < MostThreads => _code.Placed(
                new(
                    Entry.LthreadExRegs,
                    registers with
                    {
                        Eax = Below(limits.Lthreads),
                        Ecx = Word(),
                        Edx = Word() % (2 * UserSegments.SmallSize),
                        Ebx = ThreadId.Invalid,
                        Esi = SomeId(s, threads),
                    }
                ),
                s
            ),
            < 7 => _code.Placed(
                new(
                    Entry.ThreadSchedule,
                    registers with
                    {
                        Eax = Word() & 0xFFF07F00 | Below(limits.Priorities),
                        Ebx = ThreadId.Invalid,
                        Esi = SomeId(s, threads),
                    }
                ),
                s
            ),
            < 9 when Waiting(s, threads) is { } partner => _code.Placed(
                new(
                    Entry.Ipc,
                    registers with
                    {
                        Eax = 2,
                        Edx = Pages.Fpage(_random),
                        Ebx = Pages.Fpage(_random),
                        Ebp = Descriptor.None,
                        Esi = s.Id[partner],
                    }
                ),
                s
            ),
            < 11 when threads.Any(other => other != s.Current.Value && s.IsReady(other).Known) => _code.Placed(
                new(Entry.Ipc, registers with { Eax = Descriptor.None, Ebp = Pages.Window(_random) & ~3u | 3 }),
                s
            ),
            _ => Next(s, threads),
        };
    }

    /// <summary>
    /// An event by which pages go from task to task: a map item to a thread that takes it, a wait with a window; or any
    /// event.
    /// </summary>
    /// <inheritdoc cref="Next"/>
    public Event Give(State<Concrete> s, IReadOnlyList<uint> threads)
    {
        if (s.Stage.Value != Stages.User)
            return Next(s, threads);
        var registers = new Registers(
            2,
            Timeouts.Infinite,
            Pages.Fpage(_random),
            Item(s),
            Word(),
            Chance(50) ? Descriptor.None : Receive(),
            0,
            Word(),
            Word(),
            Word() & Flags.UserBits | Flags.User
        );
        var next = _random.Next(10) switch
        {
            < 6 when Partner(s, threads, other => Takes(s, other)) is { } taker => _code.Placed(
                new(Entry.Ipc, registers with { Esi = s.Id[taker] }),
                s
            ),
            < 8 when threads.Any(other => other != s.Current.Value && s.IsReady(other).Known) => _code.Placed(
                new(Entry.Ipc, registers with { Eax = Descriptor.None, Ebp = Pages.Window(_random) & ~3u | 3 }),
                s
            ),
            < 9 => _code.Placed(new(Entry.FpageUnmap, registers with { Eax = registers.Ebx, Ecx = Mask() }), s),
            _ => null,
        };
        if (next is null)
            return Next(s, threads);
        return Chance(20) ? next with { Between = new(Below(12), OrTick(s)) } : next;
    }

    /// <summary>
    /// An event by which threads and tasks come and go while others wait for them; or any event. A task starts or
    /// exchanges one of its threads, a sender waits, pages are on their way, or a task is deleted step by step.
    /// </summary>
    /// <inheritdoc cref="Next"/>
    public Event Manage(State<Concrete> s, IReadOnlyList<uint> threads)
    {
        if (s.Stage.Value != Stages.User)
            return Next(s, threads);
        var me = s.Task(s.Current);

        // In half of the cases, it comes before most threads of the task are gone.
        var most = Chance(50) ? 4 * limits.Tasks : limits.Tasks + 2 * limits.Threads;
        var registers = new Registers(
            0,
            Timeouts.Infinite,
            Word(),
            Word(),
            Word(),
            Descriptor.None,
            SomeId(s, threads),
            Word(),
            Word(),
            Word() & Flags.UserBits | Flags.User
        );
        var exchange = new Event(
            Entry.LthreadExRegs,
            registers with
            {
                Eax = Lthread(s, threads),
                Ecx = OrInvalid(Word()),
                Edx = OrInvalid(Word()),
            }
        );
        var start = new Event(
            Entry.LthreadExRegs,
            registers with
            {
                Eax = Below(limits.Lthreads),
                Ebx = ThreadId.Invalid,
            }
        );
        var create = new Event(
            Entry.TaskNew,
            registers with
            {
                Eax = SomeId(s, threads),
                Ebx = Chance(30) ? ThreadId.Nil : SomeId(s, threads),
                Esi = SubTask(s, threads),
            },
            Between: Chance(80) ? new(Below(most), OrTick(s)) : null
        );
        if (s.Mappings.Doomed[me].Value == 1)
            return _code.Placed(start, s);
        if (MidTransfer(s, threads, IsOfSubTask) is not null && Chance(70))
            return _code.Placed(create, s);
        switch (_random.Next(20))
        {
            case < 2:
                return _code.Placed(exchange, s);
            case < 5:
                return _code.Placed(start, s);
            case < 9:
                return _code.Placed(create, s);
            case < 11:
                return _code.Placed(new(Entry.Ipc, registers), s);
            default:
                var given = Give(s, threads);
                return given.Entry == Entry.Ipc && Chance(50) ? given with { Between = new(0, OrTick(s)) } : given;
        }
    }

    // True if another task's thread waits for the current thread and takes map items.
    private static Truth Takes(State<Concrete> s, uint other) =>
        s.WaitsFor(other, s.Current)
        & (s.Task(other) != s.Task(s.Current))
        & (Descriptor.IsWindow(s.Ebp[other]) | (s.Faulting[other] == 1));

    // An item of pages that the current thread has, if it has any.
    private uint Item(State<Concrete> s)
    {
        if (Chance(20) || Pages.AllMapped(s) is not { Length: > 0 } mine)
            return Pages.Fpage(_random);
        var page = Pick(mine);
        var size = (int)Pick([0u, 0u, 0u, 1u, 2u]);
        return page >> size << size << 12 | (uint)(12 + size) << 2 | Below(4);
    }

    // The most threads that grow from boot's two.
    private const int MostThreads = 20;

    private Event NewTask(State<Concrete> s, IReadOnlyList<uint> threads, Registers registers) =>
        new(
            Entry.TaskNew,
            registers with
            {
                Eax = limits.Priorities - 1,
                Ebx = Chance(85) ? SomeId(s, threads) : ThreadId.Nil,
                Edx = Word() % (2 * UserSegments.SmallSize),
                Esi = SubTask(s, threads),
            }
        );

    private Event Any(State<Concrete> s, IReadOnlyList<uint> threads)
    {
        if (s.Stage.Value == Stages.Idle)
            return Chance(70) ? new(Entry.Tick) : new(Entry.Interrupt, null, Id(s));

        // The deletion of a task takes as long as a thousand other events, so it is rare.
        var entry = _random.Next(1000) switch
        {
            < 50 => Entry.FpageUnmap,
            < 728 => Entry.Ipc,
            < 808 => Entry.Tick,
            < 868 => Entry.ThreadSwitch,
            < 888 => Entry.LthreadExRegs,
            < 908 => Entry.ThreadSchedule,
            < 918 => Entry.IdNearest,
            < 938 => Entry.Interrupt,
            < 940 => Entry.TaskNew,
            < 960 => Entry.PageFault,
            < 980 => Entry.Protection,
            _ => Entry.Exception,
        };

        // A change of a thread in the middle of a transfer, or a deletion of its task, needs both at once.
        if (entry == Entry.Ipc && MidTransfer(s, threads, IsOfMyTask) is not null && Chance(40))
            entry = Entry.LthreadExRegs;
        if (entry == Entry.Ipc && MidTransfer(s, threads, IsOfSubTask) is not null && Chance(40))
            entry = Entry.TaskNew;
        var registers = new Registers(
            Send(),
            Timeout(),
            Word(),
            Word(),
            Word(),
            Receive(),
            Destination(s, threads),
            Word(),
            Word(),
            Word() & Flags.UserBits | Flags.User
        );
        if (entry == Entry.Ipc && Chance(15) && Waiting(s, threads) is { } partner)
            return new(
                entry,
                registers with
                {
                    Eax = 0,
                    Ecx = 0,
                    Ebp = s.Status[partner].Value == ThreadStatus.ReceivingFrom ? 1u : Below(2),
                    Esi = s.Id[partner],
                }
            );
        if (entry == Entry.Ipc && Chance(25))
            registers = registers with { Eax = 2 + Below(2), Edx = Pages.Fpage(_random), Ebx = Pages.Fpage(_random) };
        if (entry == Entry.Ipc && registers.Esi <= Interrupts.Lines && Chance(80))
            registers = registers with
            {
                Eax = Descriptor.None,
                Ebp = Chance(80) ? 0 : registers.Ebp,
                Ecx = Chance(50) ? Timeouts.ZeroReceiveOnly : registers.Ecx,
            };
        if (s.Mappings.Small[s.Task(s.Current)].Value != 0 && Chance(3))
            return _code.Outgrow(registers);
        if (entry == Entry.FpageUnmap)
            registers = registers with { Eax = Pages.Fpage(_random), Ecx = Mask() };
        if (entry == Entry.ThreadSchedule)
            return new(
                entry,
                registers with
                {
                    Eax = Chance(15) ? ThreadId.Invalid : Length() | Level(s, threads),
                    Ebx = OrInvalid(Word()),
                }
            );
        if (entry == Entry.LthreadExRegs)
            return new(
                entry,
                registers with
                {
                    Eax = Lthread(s, threads),
                    Ecx = OrInvalid(Word()),
                    Edx = OrInvalid(Word()),
                    Ebx = OrInvalid(Word()),
                    Esi = OrInvalid(registers.Esi),
                }
            );
        if (entry == Entry.Interrupt)
            return new(entry, registers, Id(s));
        if (entry == Entry.TaskNew)
            return new(
                entry,
                registers with
                {
                    Eax = Chance(50) ? SomeId(s, threads) : Word(),
                    Ebx = Chance(30) ? ThreadId.Nil : SomeId(s, threads),
                    Esi = SubTask(s, threads),
                }
            );
        return entry switch
        {
            Entry.PageFault => _code.PageFault(registers, s),
            Entry.Protection => _code.Protection(registers),
            Entry.Exception => _code.Exception(registers),
            _ => new(entry, registers),
        };
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

    // The timer's tick, or an interrupt that may fire.
    private uint OrTick(State<Concrete> s) => Chance(70) ? 0 : Id(s);

    // An interrupt that may fire, if there is one. A masked interrupt fires only as a spurious interrupt.
    private uint Id(State<Concrete> s)
    {
        uint[] able = [.. _ids.Where(id => Event.MayArise(s, id))];
        return able.Length == 0 ? SpuriousId : Pick(able);
    }

    private uint Mask() => Chance(90) ? Pick([0u, Fpage.Unmap, Fpage.Own, Fpage.Own | Fpage.Unmap]) : Word();

    private uint Send() =>
        _random.Next(20) switch
        {
            < 5 => Descriptor.None,
            < 16 => 0,
            < 18 => 1 + Below(4),
            < 19 => Word(),
            _ => 0xFFFFFFFC + Below(3),
        };

    private uint Receive() =>
        _random.Next(20) switch
        {
            < 4 => Descriptor.None,
            < 8 => 0,
            < 13 => 1,
            < 16 => Pages.Window(_random) & ~1u | 2 | Below(2),
            < 17 => 2 + Below(4),
            < 18 => Word() | 2,
            < 19 => Word(),
            _ => 0xFFFFFFFC + Below(3),
        };

    // Most of these exponents make the mantissa's unit 1 ms (10), a quarter of 1 ms (11) or 64 ms (7). The deadline
    // falls within the few ticks of a program, in this round of slots or in a later one.
    private uint Exponent() => Pick([0u, 7u, 10u, 10u, 11u, 11u, 12u]);

    private uint Timeout() =>
        _random.Next(12) switch
        {
            < 7 => Timeouts.Infinite,
            < 8 => Timeouts.ZeroReceiveOnly,
            < 9 => 0x10,
            < 10 => Timeouts.ZeroBoth,
            < 11 => Chance(30) ? Word() : Word() & 0xFFFF0000 | Exponent() | Exponent() << 4,
            _ => Word() & 0x00FF00FF,
        };

    private uint Destination(State<Concrete> s, IReadOnlyList<uint> threads)
    {
        var choice = _random.Next(100);
        if (
            choice < 40
            && Partner(s, threads, other => s.SendsTo(other, s.Current) | s.WaitsFor(other, s.Current)) is { } partner
        )
            return s.Id[partner];

        // An interrupt of the current thread, or one that another thread or no thread may have.
        if (choice is >= 40 and < 52)
            return Chance(50) && s.Handles[s.Current].Value is > 0 and var mine ? mine
                : Chance(70) ? Pick(_ids)
                : Below(18);

        var id = s.Id[threads[_random.Next(threads.Count)]].Value;
        return choice switch
        {
            < 84 => id,
            < 90 => ThreadId.Nil,
            < 94 => id ^ 1u << _random.Next(32),
            < 96 => ThreadId.Invalid,
            < 98 => s.Id[s.Current],
            _ => Word(),
        };
    }

    // A thread that waits for a message of the current thread.
    private uint? Waiting(State<Concrete> s, IReadOnlyList<uint> threads) =>
        Partner(s, threads, other => s.WaitsFor(other, s.Current));

    private uint? Partner(State<Concrete> s, IReadOnlyList<uint> threads, Func<uint, Truth> fits)
    {
        var from = _random.Next(threads.Count);
        for (var i = 0; i < threads.Count; i++)
            if (threads[(from + i) % threads.Count] is var other && fits(other).Known)
                return other;
        return null;
    }

    // A thread whose pages are being mapped.
    private static uint? MidTransfer(
        State<Concrete> s,
        IReadOnlyList<uint> threads,
        Func<State<Concrete>, uint, bool> fits
    )
    {
        foreach (var thread in threads)
            if (s.Status[thread].Value is ThreadStatus.Giving or ThreadStatus.Mapping && fits(s, thread))
                return thread;
        return null;
    }

    private static bool IsOfMyTask(State<Concrete> s, uint thread) => (s.Task(thread) == s.Task(s.Current)).Known;

    private static bool IsOfSubTask(State<Concrete> s, uint thread) =>
        (s.Mappings.Chief[s.Task(thread)] == s.Task(s.Current)).Known;

    private uint SomeId(State<Concrete> s, IReadOnlyList<uint> threads) =>
        Chance(90) ? s.Id[threads[_random.Next(threads.Count)]].Value : Word();

    // A task that the current task may create, if there is one, of any version; or any task.
    private uint SubTask(State<Concrete> s, IReadOnlyList<uint> threads)
    {
        var me = s.Task(s.Current).Value;
        uint[] mine =
        [
            .. Enumerable
                .Range(1, (int)limits.Tasks - 1)
                .Select(task => (uint)task)
                .Where(task => s.Mappings.Chief[task].Value == me),
        ];
        if (MidTransfer(s, threads, IsOfSubTask) is { } transfers && Chance(70))
            return s.Id[transfers];
        return mine.Length == 0 || Chance(10) ? SomeId(s, threads) : Word() & 0xFF00FFFF | Pick(mine) << 16;
    }

    // A thread of the current task, usually an existing one.
    private uint Lthread(State<Concrete> s, IReadOnlyList<uint> threads)
    {
        if (MidTransfer(s, threads, IsOfMyTask) is { } transfers && Chance(70))
            return transfers % limits.Lthreads;
        var task = s.Current.Value / limits.Lthreads;
        uint[] mine = [.. threads.Where(thread => thread / limits.Lthreads == task)];
        return _random.Next(20) switch
        {
            < 16 => Pick(mine) % limits.Lthreads,
            < 18 => Below(limits.Lthreads),
            < 19 => limits.Lthreads + Below(64),
            _ => Word(),
        };
    }

    // A priority that a thread has, or any.
    private uint Level(State<Concrete> s, IReadOnlyList<uint> threads) =>
        Chance(80) ? s.Priority[threads[_random.Next(threads.Count)]].Value : Below(256);

    private uint OrInvalid(uint word) => Chance(30) ? ThreadId.Invalid : word;

    private uint Word() => (uint)_random.NextInt64(1L << 32);

    private uint Below(uint bound) => (uint)_random.NextInt64(bound);

    private bool Chance(int percent) => _random.Next(100) < percent;

    private T Pick<T>(T[] values) => values[_random.Next(values.Length)];
}
