using Iced.Intel;
using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Machine.Timing;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;
using Descriptor = Verified.Spec.Descriptor;
using Register = Iced.Intel.Register;

namespace Verified.Proofs.Bench;

/// <summary>A way through the kernel, from the user's INT to the user instruction after IRET.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Path">Every instruction with its model cycles, INT included.</param>
public sealed record KernelPath(string Name, IReadOnlyList<Timed> Path)
{
    public int Instructions => Path.Count;

    public long Cycles => Path.Sum(timed => (long)timed.Cycles);

    /// <summary>The cycles by cause, largest share first. The shares add up to the total.</summary>
    public IReadOnlyList<(string What, long Cycles)> Shares
    {
        get
        {
            var shares = new Dictionary<string, long>();
            void Add(string what, long cycles) => shares[what] = shares.GetValueOrDefault(what) + cycles;
            foreach (var timed in Path)
            {
                var i = timed.Step.Instruction;
                var kind =
                    timed.Step.Ring != timed.Step.NextRing ? "gates"
                    : i.Op0Register == Register.CR3 ? "CR3"
                    : i.OpCount > 0 && i.Op0Kind == OpKind.Register && i.Op0Register.IsSegmentRegister()
                        ? "segment registers"
                    : "other instructions";
                Add(kind, timed.Cycles - timed.Stall - timed.Mispredicted - timed.Waited);
                Add("address interlocks", timed.Stall);
                Add("branches", timed.Mispredicted);
                Add("memory", timed.Waited);
            }

            return
            [
                .. shares
                    .Where(share => share.Value != 0)
                    .Select(share => (share.Key, share.Value))
                    .OrderByDescending(share => share.Value),
            ];
        }
    }
}

/// <summary>The conditions under which a path is measured.</summary>
/// <param name="Timings">The processor.</param>
/// <param name="Runs">
/// The number of runs over the same caches, translations and branch targets, which are empty at first. The last run is
/// measured. Null: all accesses hit, and branches go as <paramref name="Prediction"/> says.
/// </param>
/// <param name="Prediction">The prediction for processors without branch target buffers.</param>
public sealed record PathConditions(Timings Timings, int? Runs = null, Prediction Prediction = Prediction.Hot)
{
    /// <summary>As published figures are meant: the processor waits for nothing.</summary>
    public static readonly PathConditions Ideal = new(Timings.P5);

    /// <summary>
    /// The conditions after some runs of the same path. The remaining misses come from what the path itself empties or
    /// evicts.
    /// </summary>
    public static readonly PathConditions Repeated = new(Timings.P5, Runs: 4);

    /// <summary>The same on the variant of the model whose TLB keeps its translations when CR3 is loaded.</summary>
    public static readonly PathConditions Tagged = Repeated with { Timings = Timings.TaggedP5 };

    /// <summary>Measures a first run.</summary>
    public static readonly PathConditions Cold = new(Timings.P5, Runs: 1);
}

/// <summary>The cost of system calls on an image, in instructions and P5 model cycles.</summary>
public static class KernelPaths
{
    /// <summary>The path to which published figures refer.</summary>
    public const string FastBetweenSpaces = "ipc fast, call, between spaces";

    // Timeouts of 0 for page faults, although no page fault occurs yet, and infinite timeouts for the rest. These
    // timeouts alone make the path the slow one.
    private const uint PageFaults = 0x00001100,
        Call = 0,
        ReplyAndWait = 1;

    private static readonly uint Deadlines = Timeouts.Word(Timeouts.Encode(1000), Timeouts.Encode(1000));

    /// <summary>
    /// Short ipc one way by each path, then the other entries. A call goes to a server that waits for any thread; a
    /// reply goes to a client that waits for the server alone. Scenarios that do not fit the image's limits are left
    /// out.
    /// </summary>
    /// <exception cref="ImageException">The image does not boot, or does not return to a user instruction.</exception>
    /// <exception cref="MachineException">The timing model has no figure for an instruction of the kernel.</exception>
    public static IReadOnlyList<KernelPath> Measure(KernelImage image, PathConditions? conditions = null)
    {
        conditions ??= PathConditions.Ideal;
        var machine = new ImageMachine(image, servers: false);
        List<KernelPath> paths = [];
        void Add(string name, Scenario scenario)
        {
            if (scenario.Fits(image.Limits))
                paths.Add(new(name, Run(machine, scenario, conditions)));
        }

        foreach (
            var (space, sameSpace) in (ReadOnlySpan<(string, bool)>)
                [("between spaces", false), ("within a space", true)]
        )
        {
            Add($"ipc fast, call, {space}", new(Entry.Ipc, ThreadStatus.ReceivingAny, sameSpace, Call));
            Add($"ipc fast, call a caller, {space}", new(Entry.Ipc, ThreadStatus.ReceivingFrom, sameSpace, Call));
            Add(
                $"ipc fast, reply and wait, {space}",
                new(Entry.Ipc, ThreadStatus.ReceivingFrom, sameSpace, ReplyAndWait)
            );
            Add($"ipc slow, call, {space}", new(Entry.Ipc, ThreadStatus.ReceivingAny, sameSpace, Call, PageFaults));
            Add(
                $"ipc slow, reply and wait, {space}",
                new(Entry.Ipc, ThreadStatus.ReceivingFrom, sameSpace, ReplyAndWait, PageFaults)
            );
        }

        foreach (
            var (way, fromSmall, toSmall, isLoaded) in (ReadOnlySpan<(string, bool, bool, bool)>)
                [
                    ("between small spaces", true, true, false),
                    ("from a large to a small space", false, true, false),
                    ("from a small to a large space", true, false, true),
                    ("from a small to another large space", true, false, false),
                ]
        )
        foreach (
            var (operation, status, receive) in (ReadOnlySpan<(string, uint, uint)>)
                [
                    ("call", ThreadStatus.ReceivingAny, Call),
                    ("call a caller", ThreadStatus.ReceivingFrom, Call),
                    ("reply and wait", ThreadStatus.ReceivingFrom, ReplyAndWait),
                ]
        )
            Add(
                $"ipc fast, {operation}, {way}",
                new(Entry.Ipc, status, Receive: receive)
                {
                    IsSmall = fromSmall,
                    IsPartnerSmall = toSmall,
                    IsPartnerLoaded = isLoaded,
                }
            );
        Add(
            "ipc slow, call, between small spaces",
            new(Entry.Ipc, ThreadStatus.ReceivingAny, false, Call, PageFaults) { IsSmall = true, IsPartnerSmall = true }
        );
        Add("ipc with a deadline, call", new(Entry.Ipc, ThreadStatus.ReceivingAny, false, Call, Deadlines));
        Add("ipc, send without receive", new(Entry.Ipc, ThreadStatus.ReceivingAny, Receive: Descriptor.None));
        Add("ipc, call to a thread that does not wait", new(Entry.Ipc, ThreadStatus.Ready));
        Add("thread_switch between spaces", new(Entry.ThreadSwitch, ThreadStatus.Ready));
        Add("thread_schedule of another", new(Entry.ThreadSchedule, ThreadStatus.Ready));
        Add("lthread_ex_regs of oneself", new(Entry.LthreadExRegs, ThreadStatus.Ready));
        Add("id_nearest", new(Entry.IdNearest, ThreadStatus.Ready));
        Add("exchange_trap", new(Entry.ExchangeTrap, ThreadStatus.Ready));
        Add("INT 80h to the trap address", new(Entry.Trap, ThreadStatus.Ready));
        Add("tick within a time slice", new(Entry.Tick, ThreadStatus.Ready));
        Add("interrupt to a driver that waits and preempts", new(Entry.Interrupt, ThreadStatus.Sleeping));
        return paths;
    }

    /// <summary>
    /// The current thread is about to call a waiting thread by the fast path. The two threads are in different spaces
    /// if the limits allow it.
    /// </summary>
    internal static State<Concrete> ShortIpc(Limits limits) =>
        new Scenario(Entry.Ipc, ThreadStatus.ReceivingAny, SameSpace: limits.Tasks < 4).State(limits);

    private static List<Timed> Run(ImageMachine machine, Scenario scenario, PathConditions conditions)
    {
        var state = scenario.State(machine.Image.Limits);
        machine.Place(state);
        var buffers = conditions.Runs is null ? null : new Buffers(conditions.Timings);
        List<Timed> path = [];
        for (var run = 0; run < (conditions.Runs ?? 1); run++)
        {
            if (run > 0)
                machine.Return();
            path.Clear();
            using var counter = new CycleCounter(
                machine.Pc,
                buffers is null ? conditions.Prediction : Prediction.Learned,
                path.Add,
                conditions.Timings,
                buffers
            );
            counter.Enter(Gate(scenario.Entry));
            if (
                machine.Deliver(
                    new(
                        scenario.Entry,
                        Registers.Of(state, state.Current.Value),
                        scenario.Entry == Entry.Interrupt ? Interrupt : 0
                    )
                ) is
                { } failure
            )
                throw new ImageException($"{scenario.Entry}: {failure}");
            counter.Finish();
        }

        return path;
    }

    // The serial line's.
    private const uint Interrupt = 5;

    // An interrupt is shown as an INT, which costs the same, and so is the exception of INT 80h.
    private static Instruction Gate(Entry entry)
    {
        var vector =
            entry == Entry.Interrupt ? Layout.TickVector + Interrupt - 1
            : entry == Entry.Trap ? FaultMessage.TrapVector
            : WaysIn.All.First(way => way.Kind != WayInKind.Exception && way.Entry == entry).Vector;
        return Instruction.Create(Iced.Intel.Code.Int_imm8, (int)vector);
    }

    // The current thread enters the kernel. Another thread of its priority has the given status.
    private sealed record Scenario(
        Entry Entry,
        uint PartnerStatus,
        bool SameSpace = false,
        uint Receive = Call,
        uint Timeouts = Spec.Timeouts.Infinite
    )
    {
        private const uint Eip = 0x1000,
            Esp = 0x3000,
            Quantum = 10;

        /// <summary>Whether the task of the current thread, and of the other one, runs in its small space.</summary>
        public bool IsSmall { get; init; }

        /// <inheritdoc cref="IsSmall"/>
        public bool IsPartnerSmall { get; init; }

        /// <summary>Whether the current thread, in its small space, has the other one's page directory.</summary>
        public bool IsPartnerLoaded { get; init; }

        private static uint Me => ThreadId.Make<Concrete>(4, 1, 0, 1).Value;

        private uint Partner =>
            (SameSpace ? ThreadId.Make<Concrete>(4, 1, 1, 1) : ThreadId.Make<Concrete>(4, OtherTask, 0, 1)).Value;

        // Task 2 is σ0, and nothing is mapped to σ0.
        private uint OtherTask => IsSmall || IsPartnerSmall ? 3u : 2;

        public bool Fits(Limits limits) => SameSpace ? limits.Lthreads >= 2 : limits.Tasks >= 4;

        public State<Concrete> State(Limits limits)
        {
            uint[] used = IsSmall || IsPartnerSmall ? [1, OtherTask] : [];
            var s = Boot.Initial(
                limits,
                [new(Me, 1, Quantum, Eip, Esp), new(Partner, 1, Quantum, Eip, Esp)],
                used.Length > 0 ? used.Contains : null,
                used.Select(task => new BootMapping(task, Eip / Layout.PageSize, task, Writable: false))
            );
            if (IsSmall)
                s.Mappings.Small[1] = 1;
            if (IsPartnerSmall)
                s.Mappings.Small[OtherTask] = 1;

            // In a small space this is the task whose directory is loaded (Encode).
            s.Clock = IsPartnerLoaded ? OtherTask : State<Concrete>.Nobody;
            var (me, partner) = (s.Row(Me), s.Row(Partner));
            (s.Stage, s.Current) = (Stages.User, me);
            (s.Eax[me], s.Ecx[me], s.Edx[me], s.Ebx[me], s.Edi[me]) = (0, Timeouts, 0x11111111, 0x22222222, 0x33333333);
            (s.Ebp[me], s.Esi[me]) = (Receive, Partner);
            s.TrapAddress[me] = Eip;
            s.Status[partner] = PartnerStatus;
            if (PartnerStatus == ThreadStatus.ReceivingFrom)
                s.Partner[partner] = me;
            if (Entry != Entry.Interrupt)
                return s;
            (s.Handler[Interrupt], s.Handles[partner], s.Esi[partner], s.Priority[me]) = (
                partner,
                Interrupt,
                Interrupt,
                0
            );
            s.Masked &= ~Interrupts.Bit<Concrete>(Interrupt);
            return s;
        }
    }
}
