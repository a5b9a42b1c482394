using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Fuzz;

/// <summary>
/// Random populations of threads and random events for them. The same seed gives the same ones. Events depend on the
/// state, so rare ways (rendezvous, chains of waiting senders, preemption) are common.
/// </summary>
public sealed partial class Generator(int seed, Limits limits)
{
    private readonly Random _random = new(seed);
    private readonly RandomUserCode _code = new(new Random(seed));
    private uint[] _ids = [];

    public int Seed => seed;

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
            : EventWeights.Interruptions.Draw(_random) switch
            {
                Interruption.Later => next with { Between = new(Below(12), OrTick(s)) },
                Interruption.AtOnce => next with { Between = new(0, OrTick(s)) },
                _ => next,
            };
    }

    private Event Any(State<Concrete> s, IReadOnlyList<uint> threads)
    {
        if (s.Stage.Value == Stages.Idle)
            return EventWeights.IdleEvents.Draw(_random) == Entry.Tick
                ? new(Entry.Tick)
                : new(Entry.Interrupt, null, Id(s));

        var entry = EventWeights.Events.Draw(_random);

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
            AnEip(),
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
            Entry.ExchangeTrap => new(entry, registers with { Eax = Chance(20) ? 0 : AnAddress() }),
            Entry.Trap => _code.Trap(registers, s.Traps(FaultMessage.TrapCode).Known),
            _ => new(entry, registers),
        };
    }

    private uint Word() => (uint)_random.NextInt64(1L << 32);

    private uint Below(uint bound) => (uint)_random.NextInt64(bound);

    private bool Chance(int percent) => _random.Next(100) < percent;

    private T Pick<T>(T[] values) => values[_random.Next(values.Length)];
}
