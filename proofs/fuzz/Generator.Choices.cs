using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Fuzz;

/// <summary>Random threads, tasks and interrupts of a state.</summary>
public sealed partial class Generator
{
    private uint Destination(State<Concrete> s, IReadOnlyList<uint> threads)
    {
        var kind = EventWeights.Destinations.Draw(_random);
        if (
            kind == DestinationKind.WaitingPartner
            && Partner(s, threads, other => s.SendsTo(other, s.Current) | s.WaitsFor(other, s.Current)) is { } partner
        )
            return s.Id[partner];
        if (kind == DestinationKind.Interrupt)
            return SomeInterrupt(s);
        var id = s.Id[threads[_random.Next(threads.Count)]].Value;
        return kind switch
        {
            DestinationKind.Nil => ThreadId.Nil,
            DestinationKind.WrongBit => id ^ 1u << _random.Next(32),
            DestinationKind.Invalid => ThreadId.Invalid,
            DestinationKind.Self => s.Id[s.Current],
            DestinationKind.AnyWord => Word(),
            _ => id,
        };
    }

    // An interrupt of the current thread, or one that another thread or no thread may have.
    private uint SomeInterrupt(State<Concrete> s) =>
        Chance(50) && s.Handles[s.Current].Value is > 0 and var mine ? mine
        : Chance(70) ? Pick(_ids)
        : Below(18);

    // The timer's tick, or an interrupt that may fire.
    private uint OrTick(State<Concrete> s) => Chance(70) ? 0 : Id(s);

    // An interrupt that may fire, if there is one. A masked interrupt fires only as a spurious interrupt.
    private uint Id(State<Concrete> s)
    {
        uint[] able = [.. _ids.Where(id => Event.MayArise(s, id))];
        return able.Length == 0 ? SpuriousId : Pick(able);
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
        return EventWeights.Lthreads.Draw(_random) switch
        {
            LthreadKind.Existing => Pick(mine) % limits.Lthreads,
            LthreadKind.AnyInTask => Below(limits.Lthreads),
            LthreadKind.BeyondTask => limits.Lthreads + Below(64),
            _ => Word(),
        };
    }

    // A priority that a thread has, or any.
    private uint Level(State<Concrete> s, IReadOnlyList<uint> threads) =>
        Chance(80) ? s.Priority[threads[_random.Next(threads.Count)]].Value : Below(256);
}
