using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>The user registers of a thread.</summary>
public readonly record struct Registers(
    uint Eax,
    uint Ecx,
    uint Edx,
    uint Ebx,
    uint Esp,
    uint Ebp,
    uint Esi,
    uint Edi,
    uint Eip,
    uint Eflags
)
{
    public static Registers Of(State<Concrete> s, uint row) =>
        new(
            s.Eax[row],
            s.Ecx[row],
            s.Edx[row],
            s.Ebx[row],
            s.Esp[row],
            s.Ebp[row],
            s.Esi[row],
            s.Edi[row],
            s.Eip[row],
            s.Eflags[row]
        );

    public void Set(State<Concrete> s, uint row)
    {
        s.Eax[row] = Eax;
        s.Ecx[row] = Ecx;
        s.Edx[row] = Edx;
        s.Ebx[row] = Ebx;
        s.Esp[row] = Esp;
        s.Ebp[row] = Ebp;
        s.Esi[row] = Esi;
        s.Edi[row] = Edi;
        s.Eip[row] = Eip;
        s.Eflags[row] = Eflags;
    }
}

/// <summary>
/// One way into the kernel. Before it, user code ran: the current thread's registers hold <paramref name="Registers"/>
/// (in <see cref="Stages.User"/>; null keeps them). The kernel's own steps are events too, without registers.
/// </summary>
/// <param name="Entry">The way in.</param>
/// <param name="Registers">
/// The registers that the user code left. After an INT or a trap, EIP is behind the instruction.
/// </param>
/// <param name="Argument">
/// The entry's argument: the vector of an exception, the address of a page fault, the first bytes of a forbidden
/// instruction, or the id of an interrupt.
/// </param>
/// <param name="Code">The error code of an exception.</param>
/// <param name="Between">The interrupts that come while the kernel works; null for none.</param>
/// <param name="By">The instruction that raises it; null for the usual instruction of its kind.</param>
/// <param name="Loaded">
/// A segment register that the user code has loaded; null if the kernel's values are unchanged.
/// </param>
/// <param name="Injected">
/// The processor raises the exception by itself, without an instruction, because no program can raise it in this way.
/// </param>
public sealed record Event(
    Entry Entry,
    Registers? Registers = null,
    uint Argument = 0,
    uint Code = 0,
    InterruptBetweenSteps? Between = null,
    UserInstruction? By = null,
    LoadedSegment? Loaded = null,
    bool Injected = false
)
{
    /// <summary>
    /// The kernel's own steps after an event, up to the next user or idle state. The caller makes each step before it
    /// takes the next. They end even if the spec is wrong and never reaches such a state.
    /// </summary>
    /// <param name="s">The state they are made on.</param>
    /// <param name="between">The event's <see cref="InterruptBetweenSteps"/>.</param>
    /// <returns>Each step's entry, and its argument.</returns>
    public static IEnumerable<(Entry Entry, uint Argument)> OwnSteps(
        State<Concrete> s,
        InterruptBetweenSteps? between = null
    )
    {
        var (steps, next) = (0u, between);
        var most = MostOwnSteps(s.Limits, InterruptBetweenSteps.Each(between).Count());
        for (var made = 0L; made <= most; made++)
        {
            // An interrupt raised at the start waits for the first point where it may come.
            var own = Kernel<Concrete>.OwnStep(s.Stage.Value);
            if (
                next is not null
                && (own == Entry.Map ? next.Steps == 0 || steps == next.Steps : own is null && next.Steps == 0)
                && next.MayCome(s)
            )
            {
                var come = next;
                next = come.Then;
                yield return (come.Entry, come.Id);
                continue;
            }

            if (own is not { } step)
                yield break;
            if (step == Entry.Map)
                steps++;
            yield return (step, 0);
        }
    }

    /// <summary>
    /// The most steps of one operation on mappings. It visits at most the entries of all page tables, and each mapping
    /// a few times. The deletion of a task takes a step for each row of the tables.
    /// </summary>
    public static uint MostMapSteps(Limits limits) =>
        limits.Paging.Tables * limits.Paging.Entries
        + 4 * limits.Paging.Nodes
        + limits.Paging.Slots
        + 4 * limits.Threads
        + limits.Tasks * limits.Tasks;

    // The operations of an event, the interrupts between their steps, and the steps of scheduling after each.
    private static long MostOwnSteps(Limits limits, int interrupts) =>
        2L * MostMapSteps(limits) + (2L + interrupts) * 10 * limits.Threads;

    /// <summary>Whether it can come in a state. The processor executes no instruction beyond a large space.</summary>
    public bool Fits(State<Concrete> s) =>
        Kernel<Concrete>.OwnStep(s.Stage.Value) is { } own ? Entry == own
        : Registers is { Eip: > UserSpace.Last } ? false
        : Entry switch
        {
            Entry.Tick => true,
            Entry.Interrupt => MayCome(s, Argument),
            Entry.Outgrow => s.Stage.Value == Stages.User && s.Mappings.Small[s.Task(s.Current)].Value != 0,
            Entry.Trap => s.Stage.Value == Stages.User && s.Traps(FaultMessage.TrapCode).Known,
            Entry.Pick or Entry.Receive or Entry.Accept or Entry.Leave or Entry.Wake or Entry.Map => false,
            _ => s.Stage.Value == Stages.User,
        };

    /// <summary>Whether it can come between the kernel's own steps that a state is between.</summary>
    public bool ComesBetween(State<Concrete> s) =>
        s.Stage.Value == Stages.Map && (Entry == Entry.Tick || (Entry == Entry.Interrupt && MayCome(s, Argument)));

    /// <summary>
    /// True if an interrupt may come: threads may have it, and it is either not masked or comes as a spurious
    /// interrupt.
    /// </summary>
    public static bool MayCome(State<Concrete> s, uint id) =>
        Interrupts.IsUsers<Concrete>(id).Known
        && ((s.Masked.Value & Interrupts.Bit<Concrete>(id).Value) == 0 || Interrupts.MayBeSpurious(id));

    /// <summary>
    /// Whether the controllers can be made to report an interrupt. A spurious interrupt of a masked line needs a
    /// request of the same controller that goes away again, so the second controller needs an unmasked line.
    /// </summary>
    public static bool MayArise(State<Concrete> s, uint id)
    {
        const uint second = 0xFF00;
        return MayCome(s, id)
            && (
                (s.Masked.Value & Interrupts.Bit<Concrete>(id).Value) == 0
                || id <= Interrupts.Lines / 2
                || (s.Masked.Value & second) != second
            );
    }

    /// <summary>
    /// The row of a thread that this event may start in state <paramref name="s"/>. For lthread_ex_regs it is the row
    /// of its argument; for task_new, the row of the new task's first thread. Null for other events.
    /// </summary>
    public uint? MayStart(State<Concrete> s)
    {
        if (
            Entry == Entry.LthreadExRegs
            && (Registers?.Eax ?? s.Eax[s.Current].Value) is var lthread
            && lthread < s.Limits.Lthreads
        )
            return s.Current.Value / s.Limits.Lthreads * s.Limits.Lthreads + lthread;
        return
            Entry == Entry.TaskNew
            && ThreadId.Task<Concrete>(Registers?.Esi ?? s.Esi[s.Current]).Value is var task
            && task < s.Limits.Tasks
            ? task * s.Limits.Lthreads
            : null;
    }

    /// <summary>
    /// The priority that a thread_schedule in state <paramref name="s"/> may set; null for other events.
    /// </summary>
    public uint? MaySetPriority(State<Concrete> s) =>
        Entry == Entry.ThreadSchedule
        && ScheduleParam.Priority<Concrete>(Registers?.Eax ?? s.Eax[s.Current]).Value is var priority
        && priority < s.Limits.Priorities
            ? priority
            : null;

    /// <summary>Makes one step of <paramref name="kernel"/>, whose state is <paramref name="s"/>.</summary>
    public void Apply(Kernel<Concrete> kernel, State<Concrete> s)
    {
        Load(s);
        kernel.Step(Entry, Argument, Code);
    }

    /// <summary>Sets the registers that the user's program has at the event, if the event comes from a user.</summary>
    public void Load(State<Concrete> s)
    {
        if (Registers is { } registers && s.Stage.Value == Stages.User)
            registers.Set(s, s.Current);
    }
}
