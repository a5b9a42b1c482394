using System.Collections.Concurrent;
using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;
using Registers = Verified.Proofs.Events.Registers;

namespace Verified.Tests.Interface;

/// <summary>
/// A scenario that runs on the spec and on the shipped image at once. After each event the whole states are compared.
/// Each expectation is checked against the spec's value, and against the machine's memory or registers.
/// </summary>
public abstract partial class Scenario : IDisposable
{
    /// <summary>
    /// Threads: three threads of separate tasks, the second thread of A's task, σ0's thread, and an onlooker.
    /// </summary>
    protected const uint A = 5 * Lthreads,
        A2 = A + 1,
        B = 6 * Lthreads,
        C = 7 * Lthreads,
        Sigma0 = 2 * Lthreads,
        Onlooker = 8 * Lthreads;

    /// <summary>Descriptors, and a window that takes items anywhere.</summary>
    protected const uint No = Descriptor.None,
        Closed = 0,
        Open = 1,
        Item = 2,
        Window = Fpage.Whole | 2,
        None = ThreadId.Invalid;

    /// <summary>Timeout words.</summary>
    protected const uint Never = Timeouts.Infinite,
        ZeroToReceive = Timeouts.ZeroReceiveOnly,
        ZeroToSend = 0x10,
        Zero = Timeouts.ZeroBoth;

    /// <summary>The priority of all threads except the onlooker, which has the lowest priority.</summary>
    protected const uint Usual = 100;

    /// <summary>Pages of A: two writable pages and a read-only page.</summary>
    protected const uint Page = 0x10,
        Second = 0x11,
        ReadOnly = 0x12;

    /// <summary>The first of 16 ports of A, at which nothing answers.</summary>
    protected const uint Port = 0x1000;

    /// <summary>The address of a thread's code, which the harness puts into every space.</summary>
    protected const uint Code = 0xF0000000;

    private const uint Lthreads = 16;

    private static readonly Lazy<KernelImage> Image = new(() => KernelImage.Build(Limits.Shipping));
    private static readonly ConcurrentBag<Duel> Idle = [];

    private readonly bool _isShared;
    private readonly Duel _duel;
    private State<Concrete>? _start = Initial();

    /// <param name="image">An image in place of the shipped one; null for the shipped image.</param>
    protected Scenario(KernelImage? image = null) =>
        (_isShared, _duel) = (
            image is null,
            image is null && Idle.TryTake(out var duel) ? duel : new(new ImageMachine(image ?? Image.Value))
        );

    /// <summary>
    /// Before the first event this is the start, which a test may change; later it is the spec's state.
    /// </summary>
    protected State<Concrete> S => _start ?? _duel.State;

    private static State<Concrete> Initial()
    {
        BootThread Of(uint row, uint priority, uint slice) =>
            new(
                ThreadId.Make<Concrete>(4, row / Lthreads, row % Lthreads, 1).Value,
                priority,
                slice,
                Code + row,
                0x8000 + row
            );
        return Boot.Initial(
            Limits.Shipping,
            [
                Of(A, Usual, 10),
                Of(A2, Usual, 10),
                Of(B, Usual, 10),
                Of(C, Usual, 10),
                Of(Sigma0, Usual, 10),
                Of(Onlooker, 0, ScheduleParam.Infinite),
            ],
            frame => frame < 16,
            [
                new(A / Lthreads, Page, 4, true),
                new(A / Lthreads, Second, 5, true),
                new(A / Lthreads, ReadOnly, 6, false),
                new(A / Lthreads, PageOfPort(Port), Limits.Shipping.Paging.Frames + Port / 16, true),
            ]
        );
    }

    public void Dispose()
    {
        if (_isShared)
            Idle.Add(_duel);
        GC.SuppressFinalize(this);
    }

    protected uint Id(uint thread) => S.Id[thread].Value;

    protected static uint TaskOf(uint thread) => thread / Lthreads;

    /// <summary>The start goes into the spec's tables and the machine's memory.</summary>
    protected void Begin()
    {
        if (_start is not { } start)
            return;
        _start = null;
        Assert.Null(_duel.Place(start));
    }

    /// <summary>Starts from the state after boot. The image has booted with its own servers.</summary>
    protected void BeginBooted()
    {
        _start = null;
        Assert.Null(_duel.PlaceBooted());
    }

    /// <summary>A word of a frame in the machine's memory.</summary>
    protected uint WordOfFrame(uint frame, uint offset) => _duel.Machine.Pc.Memory.Load(frame * 4096 + offset, 4);

    /// <summary>Runs one event on both sides. The event must be possible.</summary>
    protected void Step(Event e)
    {
        Begin();
        var before = _duel.Events;
        var difference = _duel.Step(e) ?? _duel.End();
        Assert.True(difference is null, $"{e.Entry}: {difference}");
        Assert.True(_duel.Events > before, $"{e.Entry} cannot arise here");
    }

    protected void Tick(int times = 1)
    {
        for (var i = 0; i < times; i++)
            Step(new(Entry.Tick));
    }

    /// <summary>A device raises a line.</summary>
    protected void Line(uint line) => Step(new(Entry.Interrupt, null, line + 1));

    /// <summary>Gives a thread the processor, by thread_switch of the current thread.</summary>
    protected void Let(uint thread)
    {
        Begin();
        Assert.Equal(Stages.User, S.Stage.Value);
        if (S.Current.Value == thread)
            return;
        var mine = Registers.Of(S, S.Current);
        Step(new(Entry.ThreadSwitch, mine with { Esi = Id(thread) }));
        Runs(thread);
    }

    /// <summary>Gives the processor to a thread that is inside the kernel, and lets it finish its work there.</summary>
    protected void Help(uint thread) =>
        Step(new(Entry.ThreadSwitch, Registers.Of(S, S.Current) with { Esi = Id(thread) }));

    /// <summary>A thread enters the kernel. It first gets the processor if it does not have it.</summary>
    protected void Enter(
        uint thread,
        Entry entry,
        uint? eax = null,
        uint? ecx = null,
        uint? edx = null,
        uint? ebx = null,
        uint? ebp = null,
        uint? esi = null,
        uint? edi = null,
        uint? eip = null,
        uint? eflags = null,
        uint argument = 0,
        uint code = 0,
        InterruptBetweenSteps? between = null,
        UserInstruction? by = null
    )
    {
        Let(thread);
        var r = Registers.Of(S, thread);
        Step(
            new(
                entry,
                r with
                {
                    Eax = eax ?? r.Eax,
                    Ecx = ecx ?? r.Ecx,
                    Edx = edx ?? r.Edx,
                    Ebx = ebx ?? r.Ebx,
                    Ebp = ebp ?? r.Ebp,
                    Esi = esi ?? r.Esi,
                    Edi = edi ?? r.Edi,
                    Eip = eip ?? r.Eip,
                    Eflags = eflags ?? r.Eflags,
                },
                argument,
                code,
                between,
                by
            )
        );
    }

    /// <summary>ipc with words 1, 2 and 3, unless others are given.</summary>
    protected void Ipc(
        uint thread,
        uint send,
        uint receive,
        uint to,
        uint timeouts = Never,
        uint edx = 1,
        uint ebx = 2,
        uint edi = 3,
        InterruptBetweenSteps? between = null
    ) => Enter(thread, Entry.Ipc, send, timeouts, edx, ebx, receive, to, edi, between: between);

    protected void Send(uint thread, uint to, uint timeouts = Never) => Ipc(thread, 0, No, Id(to), timeouts);

    protected void Call(uint thread, uint to, uint timeouts = Never) => Ipc(thread, 0, Closed, Id(to), timeouts);

    protected void Wait(uint thread, uint timeouts = Never, uint receive = Open) =>
        Ipc(thread, No, receive, 0, timeouts, 0, 0, 0);

    protected void Receive(uint thread, uint from, uint timeouts = Never) =>
        Ipc(thread, No, Closed, Id(from), timeouts, 0, 0, 0);

    /// <summary>
    /// A map item to a thread that waits with a window. The thread maps the item before it continues.
    /// </summary>
    protected void Give(
        uint from,
        uint to,
        uint fpage,
        uint hot = 0,
        uint receive = No,
        InterruptBetweenSteps? between = null
    ) => Ipc(from, Item, receive, Id(to), Never, hot, fpage, between: between);

    /// <summary>A page is mapped: the receiver waits with a window, and a message brings the item.</summary>
    protected void Map(uint from, uint page, uint to, uint at, uint rights = Fpage.Writable)
    {
        Wait(to, receive: Window | Open);
        Give(from, to, Pages(page, rights: rights), at << 12);
        Is(to, ThreadStatus.Ready, Verified.Spec.Code.Mapped);
    }

    /// <summary>The word of an fpage of memory.</summary>
    protected static uint Pages(uint page, uint size = 12, uint rights = Fpage.Writable) =>
        page << 12 | size << 2 | rights;

    /// <summary>The word of an fpage of ports.</summary>
    protected static uint Ports(uint port, uint size = 4, uint rights = 0) =>
        Fpage.PortsTag << 24 | port << 8 | size << 2 | rights;

    /// <summary>The page that 16 ports have in every space.</summary>
    protected static uint PageOfPort(uint port) => Limits.Shipping.Paging.UserPages + port / 16;
}
