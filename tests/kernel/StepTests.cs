using Verified.Kernel;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Kernel;

/// <summary>Random walks of the image and the spec, compared in full after every step.</summary>
public class StepTests
{
    private static readonly int[] Exceptions = [0, 1, 3, 4, 5, 6, 7, 10, 11, 12, 16, 17];

    [Theory]
    [InlineData(2, 1, 2, 300)]
    [InlineData(16, 4, 64, 300)]
    [InlineData(2, 64, 8, 150)]
    [InlineData(64, 16, 256, 6)]
    public void Image_follows_the_spec(uint tasks, uint lthreads, uint priorities, int steps)
    {
        var limits = new Limits(tasks, lthreads, priorities);
        Walk(limits, KernelImage.Build(limits, new ImageOptions(Programs: [])), steps, []);
    }

    private static void Walk(
        Limits limits,
        KernelImage image,
        int steps,
        HashSet<uint> reached,
        bool answers = false,
        bool confines = false
    )
    {
        const int seed = 20261121;
        var random = new Random(seed);
        for (var done = 0; done < steps; )
        {
            var machine = new Lockstep(image);
            var state = Start(limits, random, confines);
            machine.Begin(state);
            for (var i = 0; i < 200 && done < steps; i++, done++)
            {
                var entry = Kernel<Concrete>.OwnStep(state.Stage) ?? Choose(state, random, answers, confines);
                var where = $"seed {seed}, step {done}: {entry} of thread {state.Current.Value}";
                machine.Step(state, entry, Exceptions[random.Next(Exceptions.Length)], (int)AnInterrupt(state, random));
                machine.Compare(state, where);
                if (state.Stage.Value == Stages.Idle && random.Next(3) == 0)
                    break;
            }

            reached.UnionWith(machine.Reached);
        }
    }

    [Fact]
    public void The_walks_reach_every_instruction()
    {
        var limits = new Limits(4, 2, 4);
        var image = KernelImage.Build(limits, new ImageOptions(Programs: []));
        var reached = new HashSet<uint>();
        Walk(limits, image, steps: 24000, reached);
        Walk(limits, image, steps: 2000, reached, answers: true);
        Walk(limits, image, steps: 8000, reached, confines: true);

        // The walks do not reach the HLT, because a walk stops before it, or code that no thread can reach. They have
        // no operations on mappings, small spaces or deletions, and no thread in the middle of one. They execute no
        // instruction that could be forbidden.
        (string From, string To)[] others =
        [
            ("ipc_into", "ipc_unsaved"),
            ("fpage_unmap", "thread_switch"),
            ("ex_regs_doomed", "ex_regs_inactive"),
            ("task_new", "tick"),
            ("exception_13", "exception_14"),
            ("fault_small", "fault_large"),
            ("outgrow", "pick"),
            ("exit_numbered", "exit_large"),
            ("exit_grown", "exit_load"),
            ("exit_small", "panic"),
            ("panic", "boot"),
        ];
        var missed = Listing
            .Lines(image, image.Code.Start, image.Code.End)
            .Where(line =>
                !reached.Contains(line.Address)
                && line.Address != image.Symbols["idle_halt"]
                && !others.Any(part =>
                    line.Address >= image.Symbols[part.From] && line.Address < image.Symbols[part.To]
                )
            );
        Assert.True(
            !missed.Any(),
            "not reached:\n" + string.Join('\n', missed.Select(line => $"{image.Name(line.Address)}: {line}"))
        );
    }

    private static State<Concrete> Start(Limits limits, Random random, bool confines)
    {
        var threads = new List<BootThread>();
        var versions = new Dictionary<uint, uint>();
        for (var task = 1u; task < limits.Tasks; task++)
        for (var lthread = 0u; lthread < limits.Lthreads; lthread++)
            if (random.Next(4) != 0)
            {
                versions.TryAdd(task, (uint)random.Next(1, 3));
                threads.Add(
                    new(
                        ThreadId.Make<Concrete>(4, task, lthread, versions[task]),
                        (uint)random.Next((int)limits.Priorities),
                        (uint)random.Next(1, 4),
                        0x1000 + task,
                        0x3000
                    )
                );
            }

        var state = Boot.Initial(limits, threads);
        foreach (var thread in threads)
            if (state.Row(thread.Id) is var row)
            {
                if (random.Next(4) != 0)
                    state.Pager[row] = threads[random.Next(threads.Count)].Id;
                if (random.Next(4) == 0)
                    state.Preempter[row] = threads[random.Next(threads.Count)].Id;
            }

        // Some threads wait from the start, because threads of low priority would seldom run and begin to wait.
        foreach (var thread in threads)
            if (random.Next(4) == 0)
                (state.Status[state.Row(thread.Id)], state.Ebp[state.Row(thread.Id)]) = (
                    random.Next(3) == 0 ? ThreadStatus.Resuming : ThreadStatus.ReceivingAny,
                    random.Next(2) == 0 ? 1 : Fpage.Whole | 3
                );

        // Some also have a deadline in another round of slots, or no deadline.
        foreach (var thread in threads)
            if (
                state.Row(thread.Id) is var row
                && state.Status[row] == ThreadStatus.ReceivingAny
                && random.Next(2) == 0
            )
                (state.Timed[row], state.Deadline[row]) = (1, (uint)random.Next(1, 200));

        // Interrupts: some of threads that wait for them, some of threads that do not.
        foreach (var thread in threads)
        {
            var (row, id) = (state.Row(thread.Id), Interrupts.OfUsers[random.Next(Interrupts.OfUsers.Count)]);
            if (random.Next(3) == 0 && state.Handler[id].Value == State<Concrete>.Nobody)
            {
                (state.Handler[id], state.Handles[row]) = (row, id);
                if (state.Status[row] == ThreadStatus.Ready && random.Next(2) == 0)
                    (state.Status[row], state.Esi[row]) = (ThreadStatus.Sleeping, id);
                if (state.WaitsForInterrupt(row, id))
                    state.Masked &= ~Interrupts.Bit<Concrete>(id);
                else
                    state.Pending[id] = (uint)random.Next(2);
            }
        }

        // Some threads have mcp 0: they give no map items, and seldom take any.
        foreach (var thread in threads)
            if (confines && random.Next(2) == 0)
                state.Mcp[state.Row(thread.Id)] = 0;

        for (var p = 0u; p < limits.Priorities; p++)
            state.Picked[p] = (uint)random.Next((int)limits.Threads);
        return state;
    }

    // Usually an interrupt that has a handler. The walks raise masked and unmasked interrupts.
    private static uint AnInterrupt(State<Concrete> s, Random random) =>
        Interrupts
            .OfUsers.Where(id => s.Handler[id].Value != State<Concrete>.Nobody || random.Next(8) == 0)
            .OrderBy(_ => random.Next())
            .FirstOrDefault(8u);

    // 1 ms to send, 2 ms to receive.
    private static readonly uint Soon = Timeouts.Word(Timeouts.Encode(1000), Timeouts.Encode(2000));

    private static Entry Choose(State<Concrete> s, Random random, bool answers, bool confines)
    {
        if (s.Stage.Value == Stages.Idle)
            return random.Next(2) == 0 ? Entry.Tick : Entry.Interrupt;
        var me = s.Current;
        uint Any() => (uint)random.NextInt64(1L << 32);
        uint One(params uint[] values) => random.Next(12) == 0 ? Any() : values[random.Next(values.Length)];
        var someone = s.Id[(uint)random.Next((int)s.Limits.Threads)].Value;
        s.Eax[me] = One(0, 0, 0, 0, 1, 2, 3, 4, Descriptor.None, Descriptor.None);
        s.Ecx[me] = One(0, 0, 0, 0, 0x01, 0x10, 0x11, 0x01010011, Soon, Soon, Soon);
        s.Ebp[me] = One(0, 0, 1, 1, Descriptor.None, 2, 3, 4, 5, Fpage.Whole | 2, Fpage.Whole | 3);
        s.Esi[me] = One(
            someone,
            someone,
            someone,
            s.Esi[me].Value,
            someone,
            someone + 1,
            s.Esi[me].Value,
            0,
            s.Id[me].Value
        );

        // If a thread waits only for the current thread, the current thread answers and waits for any thread; or it
        // calls the thread and waits for it.
        if (
            answers
            && Enumerable
                .Range(1, (int)s.Limits.Threads - 1)
                .Select(row => (uint)row)
                .FirstOrDefault(row => (s.Status[row].Value, s.Partner[row]) == (ThreadStatus.ReceivingFrom, me))
                is var caller
                    and > 0
        )
            (s.Eax[me], s.Ecx[me], s.Ebp[me], s.Esi[me]) = (0, 0, (uint)random.Next(2), s.Id[caller]);

        // Threads with mcp 0 often fault, and any thread answers with a map item, whether the answer is awaited yet.
        if (
            confines
            && random.Next(2) == 0
            && Enumerable
                .Range(1, (int)s.Limits.Threads - 1)
                .Select(row => (uint)row)
                .Where(row => s.Faulting[row].Value == 1)
                .OrderBy(row => s.Status[row].Value == ThreadStatus.Resuming ? -1 : random.Next())
                .FirstOrDefault()
                is var faulting
                    and > 0
        )
            (s.Eax[me], s.Ecx[me], s.Esi[me]) = (2, 0, s.Id[faulting]);

        // Some threads receive from an interrupt, usually their own, or give it up.
        if (random.Next(16) == 0)
            (s.Eax[me], s.Ebp[me], s.Esi[me]) = (
                Descriptor.None,
                0,
                One(s.Handles[me].Value, s.Handles[me].Value, (uint)random.Next(18))
            );

        s.Edx[me] = One(Any(), Descriptor.None);
        s.Ebx[me] = Any();
        s.Edi[me] = Any();
        s.Esp[me] = Any();
        s.Eip[me] = UserSpace.Clip<Concrete>(Any());
        s.Eflags[me] = Flags.User | Any() & Flags.UserBits;
        var entry = random.Next(80) switch
        {
            _ when confines && s.Mcp[me].Value == 0 && random.Next(3) == 0 => Entry.PageFault,
            0 => Entry.Exception,
            1 => Entry.PageFault,
            2 or 3 or 4 => Entry.LthreadExRegs,
            5 or 6 or 7 => Entry.ThreadSchedule,
            < 10 => Entry.Interrupt,
            < 12 => Entry.IdNearest,
            < 24 => Entry.Tick,
            < 28 => Entry.ThreadSwitch,
            _ => Entry.Ipc,
        };

        // An existing priority, and a time slice; some slices have length 0, some are infinite.
        if (entry == Entry.ThreadSchedule)
            s.Eax[me] = One(Any() & ~0xFCu, Any() & ~0xFCu, Any() & 0x00FFFF03, Any() & 0xFF0FFF03, ThreadId.Invalid);
        return entry;
    }
}
