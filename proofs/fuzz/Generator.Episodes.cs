using Verified.Kernel;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Fuzz;

/// <summary>
/// Events that make rare situations common: growth, gifts of pages, threads and tasks that come and go.
/// </summary>
public sealed partial class Generator
{
    // The most threads that grow from boot's two.
    private const int MostThreads = 20;

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
            AnEip(),
            Word() & Flags.UserBits | Flags.User
        );
        var growth = EventWeights.Growths.Draw(_random);
        if (growth is Growth.NewTask or Growth.NewThread && threads.Count >= MostThreads)
            growth = Growth.Schedule;
        var partner = growth == Growth.SendItem ? Waiting(s, threads) : null;
        if (growth == Growth.SendItem && partner is null)
            growth = Growth.WaitWithWindow;
        return growth switch
        {
            Growth.NewTask => _code.Placed(NewTask(s, threads, registers) with { Between = null }, s),
            Growth.NewThread => _code.Placed(
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
            Growth.Schedule => _code.Placed(
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
            Growth.SendItem => _code.Placed(
                new(
                    Entry.Ipc,
                    registers with
                    {
                        Eax = 2,
                        Edx = Pages.Fpage(_random),
                        Ebx = Pages.Fpage(_random),
                        Ebp = Descriptor.None,
                        Esi = s.Id[partner!.Value],
                    }
                ),
                s
            ),
            Growth.WaitWithWindow when OthersAreReady(s, threads) => WaitWithWindow(s, registers),
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
            AnEip(),
            Word() & Flags.UserBits | Flags.User
        );
        var gift = EventWeights.Gifts.Draw(_random);
        var taker = gift == Gift.SendItem ? Partner(s, threads, other => Takes(s, other)) : null;
        if (gift == Gift.SendItem && taker is null)
            gift = Gift.WaitWithWindow;
        if (gift == Gift.WaitWithWindow && !OthersAreReady(s, threads))
            gift = Gift.Unmap;
        var next = gift switch
        {
            Gift.SendItem => _code.Placed(new(Entry.Ipc, registers with { Esi = s.Id[taker!.Value] }), s),
            Gift.WaitWithWindow => WaitWithWindow(s, registers),
            Gift.Unmap => _code.Placed(new(Entry.FpageUnmap, registers with { Eax = registers.Ebx, Ecx = Mask() }), s),
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
            AnEip(),
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
        switch (EventWeights.Managements.Draw(_random))
        {
            case Management.ExchangeThread:
                return _code.Placed(exchange, s);
            case Management.StartThread:
                return _code.Placed(start, s);
            case Management.CreateOrDeleteTask:
                return _code.Placed(create, s);
            case Management.Send:
                return _code.Placed(new(Entry.Ipc, registers), s);
            default:
                var given = Give(s, threads);
                return given.Entry == Entry.Ipc && Chance(50) ? given with { Between = new(0, OrTick(s)) } : given;
        }
    }

    private static bool OthersAreReady(State<Concrete> s, IReadOnlyList<uint> threads) =>
        threads.Any(other => other != s.Current.Value && s.IsReady(other).Known);

    private Event WaitWithWindow(State<Concrete> s, Registers registers) =>
        _code.Placed(
            new(Entry.Ipc, registers with { Eax = Descriptor.None, Ebp = Pages.Window(_random) & ~3u | 3 }),
            s
        );

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
}
