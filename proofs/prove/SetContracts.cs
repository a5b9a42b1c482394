using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// The contracts of the set operations, as a program on the meaning of the sets. They are used twice: in place of an
/// operation's bytes when a way into the kernel reaches it, and beside its bytes in the operation's own theorem.
/// </summary>
/// <param name="layout">The places of the tables.</param>
/// <param name="memory">Everything but the sets.</param>
/// <param name="sets">The sets.</param>
/// <param name="proof">Terms and instances.</param>
/// <param name="choosing">The choices of the path.</param>
/// <param name="start">The cut point whose contract holds at the start of an operation.</param>
/// <param name="require">Handles a precondition: shows it or assumes it.</param>
public sealed class SetContracts(
    Layout layout,
    KernelMemory memory,
    SymbolicSets sets,
    ProofContext proof,
    Choosing choosing,
    CutPoint start,
    Action<Truth, string> require
)
{
    private static readonly int[] Scratch = [Register.Eax, Register.Ecx, Register.Edx, Register.Ebx];

    private readonly uint _threads = layout.Limits.Threads;

    /// <summary>Performs the operation by its contract, and leaves it.</summary>
    /// <returns>The registers whose contents are lost.</returns>
    public IReadOnlyList<int> Apply(SetOperation operation, Ia32<Symbolic, KernelMemory> cpu)
    {
        Enter(cpu);
        var (found, result) = Effect(operation.Kind, cpu);
        IReadOnlyList<int> lost = operation.Kind == SetOperationKind.NextTimer ? [.. Scratch, Register.Esi] : Scratch;
        foreach (var register in lost)
            cpu.R[register] = proof.Terms.Fresh("lost");
        cpu.Eflags = cpu.Eflags & ~Flag.Status | (Symbolic)proof.Terms.Fresh("lost") & Flag.Status;
        cpu.Eip = operation.End;
        if (result is not { } word)
            return lost;
        if (found)
        {
            cpu.R[Register.Eax] = word;
            return [.. lost.Skip(1)];
        }

        cpu.Eip = operation.None;
        return lost;
    }

    /// <summary>
    /// The assumption of an operation's theorem beyond its registers: the contract of the kernel's cut points.
    /// </summary>
    private void Enter(Ia32<Symbolic, KernelMemory> cpu)
    {
        foreach (var field in ProcessorState<Symbolic, KernelMemory>.All)
            if (field.Read is { } read && start[field.Name] is { Kind: HoldingKind.Is } holding)
                require(read(cpu) == holding.Value, $"where an operation on sets starts {field.Name} is {holding}");
    }

    private (Truth Found, Symbolic? Result) Effect(SetOperationKind kind, Ia32<Symbolic, KernelMemory> cpu)
    {
        var me = cpu.R[Register.Esp] - Layout.Edi.Offset;
        switch (kind)
        {
            case SetOperationKind.AddReady:
                AddReady(ThreadAt(cpu.R[Register.Ebp]));
                break;
            case SetOperationKind.RemoveReady:
                RemoveReady(cpu.R[Register.Edi], cpu.R[Register.Esi]);
                break;
            case SetOperationKind.GreatestPriority:
                return GreatestPriority();
            case SetOperationKind.NextReady:
                return NextReady(cpu.R[Register.Esi]);
            case SetOperationKind.AddSender:
                AddSender(ThreadAt(me), ThreadAt(cpu.R[Register.Ebp]));
                break;
            case SetOperationKind.RemoveSender:
                RemoveSender(ThreadAt(cpu.R[Register.Ebp]), ThreadAt(cpu.R[Register.Edx]));
                break;
            case SetOperationKind.NextSender:
                return NextSender(ThreadAt(me));
            case SetOperationKind.AddTimer:
                AddTimer(ThreadAt(cpu.R[Register.Ebp]));
                break;
            case SetOperationKind.RemoveTimer:
                RemoveTimer(ThreadAt(cpu.R[Register.Ebp]));
                break;
            case SetOperationKind.NextTimer:
                return NextTimer();
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "no contract");
        }

        return (true, null);
    }

    private void AddReady(Symbolic thread)
    {
        require(sets.Ready.Get(thread) == sets.NoPriority, "a thread that enters a ready set is in none");
        var priority = Load(layout.Threads, thread, Layout.Priority);
        var hasTime = Load(layout.Threads, thread, Layout.Slice) != 0;
        sets.Ready.Set(thread, Symbolic.Select(hasTime, priority, sets.NoPriority));
        var top = Load(layout.Top, 0, Layout.TopPriority);
        StoreTop(Symbolic.Select(hasTime & (top < priority), priority, top));
    }

    private void RemoveReady(Symbolic thread, Symbolic priority)
    {
        require((thread < _threads) & (priority < layout.Limits.Priorities), "thread and priority are rows");
        var set = sets.Ready.Get(thread);
        require((set == priority) | (set == sets.NoPriority), "a thread that leaves a ready set is in it, or in none");
        sets.Ready.Set(thread, sets.NoPriority);
    }

    private (Truth Found, Symbolic Priority) GreatestPriority()
    {
        var ready = sets.Ready.AsNow();
        var (found, priority) = choosing.Greatest(
            Table.Thread,
            _threads,
            layout.Limits.Priorities,
            thread => ready(thread) != sets.NoPriority,
            ready
        );
        if (found)
            StoreTop(priority);
        return (found, priority);
    }

    private (Truth Found, Symbolic Thread) NextReady(Symbolic priority)
    {
        require(priority < layout.Limits.Priorities, "the priority is a row");
        var ready = sets.Ready.AsNow();
        var picked = Load(layout.Picked, priority, layout.PickedNumber);
        return Next(picked, thread => ready(thread) == priority);
    }

    private void AddSender(Symbolic sender, Symbolic receiver)
    {
        require(sets.Sender.Get(sender) == sets.NoThread, "a thread that enters a sender set is in none");
        sets.Sender.Set(sender, receiver);
    }

    private void RemoveSender(Symbolic sender, Symbolic receiver)
    {
        require(sets.Sender.Get(sender) == receiver, "a thread that leaves a sender set is in it");
        sets.Sender.Set(sender, sets.NoThread);
    }

    private (Truth Found, Symbolic Thread) NextSender(Symbolic receiver)
    {
        var sender = sets.Sender.AsNow();
        var served = Load(layout.Threads, receiver, layout.Served);
        return Next(served, thread => sender(thread) == receiver);
    }

    private void AddTimer(Symbolic thread)
    {
        require(sets.Timer.Get(thread) == SymbolicSets.NoSlot, "a thread that enters a set of timers is in none");
        sets.Timer.Set(thread, SlotOf(Load(layout.Threads, thread, Layout.Deadline)));
    }

    private void RemoveTimer(Symbolic thread)
    {
        var timed = (Load(layout.Threads, thread, Layout.Status) & Layout.TimedStatus) != 0;
        var slot = SlotOf(Load(layout.Threads, thread, Layout.Deadline));
        require(
            sets.Timer.Get(thread) == Symbolic.Select(timed, slot, SymbolicSets.NoSlot),
            "a thread is in the set of its deadline's slot just if its status says so"
        );
        sets.Timer.Set(thread, SymbolicSets.NoSlot);
    }

    private (Truth Found, Symbolic Thread) NextTimer()
    {
        var timer = sets.Timer.AsNow();
        var slot = SlotOf(Load(layout.Clock, 0, Layout.ClockTicks));
        var examined = Load(layout.Examined, 0, layout.ExaminedNumber);
        var (found, thread) = choosing.First(Table.Thread, _threads, examined, thread => timer(thread) == slot);
        return (found & (thread > examined), thread);
    }

    private static Symbolic SlotOf(Symbolic time) => time & (Spec.Limits.ClockSlots - 1);

    private (Truth Found, Symbolic Thread) Next(Symbolic after, Func<Symbolic, Truth> isMember)
    {
        var (found, thread) = choosing.First(Table.Thread, _threads, after, isMember);
        require(found, "a set that is searched is not empty");
        return (true, thread);
    }

    private Symbolic Load(Area area, Symbolic row, Field field) =>
        field.Decode(memory.Load(area.Address(row, field), 4, user: false));

    private void StoreTop(Symbolic priority) =>
        memory.Store(layout.Top.Address<Symbolic>(0, Layout.TopPriority), 4, priority, user: false);

    private Symbolic ThreadAt(Symbolic address)
    {
        var thread = layout.Partner.Decode(address);
        require(
            (thread < _threads) & (layout.Partner.Encode(thread) == address),
            "a thread's address is that of a row"
        );
        proof.Instances.Touch(Table.Thread, thread);
        return thread;
    }
}
