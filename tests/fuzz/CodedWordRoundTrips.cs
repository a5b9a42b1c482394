using FsCheck;
using FsCheck.Fluent;
using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Xunit;
using Registers = Verified.Proofs.Events.Registers;

namespace Verified.Tests.Fuzz;

/// <summary>
/// The tests write back the values that system calls return, and nothing changes. They run on the spec and on the
/// image; after each call the whole states are compared. 4.0 calls, and has the highest priority; 4.1 is its sibling,
/// 5.0 another task's thread, and both are ready.
/// </summary>
public sealed class CodedWordRoundTrips
{
    private const uint Task = 4,
        Me = 64,
        Sibling = 65,
        Other = 80,
        Read = ThreadId.Invalid,
        Leave = ThreadId.Invalid;

    private static readonly Arbitrary<uint> Words = Arb.From(
        Gen.Frequency(
            (3, Gen.Choose(int.MinValue, int.MaxValue).Select(word => (uint)word)),
            (1, Gen.Elements(0u, 1u, 255u, 256u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFEu, 0xFFFFFFFFu))
        )
    );

    private readonly Duel _duel = new(new ImageMachine(KernelImage.Build(Limits.Shipping)));

    private State<Concrete> State => _duel.State;

    public CodedWordRoundTrips() => Start();

    [Fact]
    public void Every_slice_length_is_set_read_and_written_back()
    {
        for (var length = 0u; length < 0x1000; length++)
        {
            Schedule(Other, length << 20 | 1, Leave);
            Assert.Equal(ScheduleParam.Ticks<Concrete>(length << 20).Value, State.Quantum[Other].Value);
            WritesBack(Other);
        }
    }

    [Fact]
    public void Every_priority_and_small_space_number_is_set_read_and_written_back()
    {
        for (var value = 0u; value < 256; value++)
        {
            var small = State.Mappings.Small[State.Task(Other)].Value;
            Schedule(Other, 0x0AA00000 | value << 8 | value % 200, Leave);
            Assert.Equal(
                (value % 200, value is >= 1 and <= 127 ? value : small),
                (State.Priority[Other].Value, State.Mappings.Small[State.Task(Other)].Value)
            );
            WritesBack(Other);
        }
    }

    [Fact]
    public void The_parameter_of_every_state_is_written_back()
    {
        foreach (
            var status in (uint[])
                [
                    ThreadStatus.Sending,
                    ThreadStatus.ReceivingFrom,
                    ThreadStatus.ReceivingAny,
                    ThreadStatus.Sleeping,
                    ThreadStatus.Stopped,
                ]
        )
        {
            Start(s =>
            {
                s.Status[Other] = status;
                if (status is ThreadStatus.Sending or ThreadStatus.ReceivingFrom)
                    (s.Partner[Other], s.Esi[Other]) = (Sibling, s.Id[Sibling]);
            });
            WritesBack(Other);
        }
    }

    [Fact]
    public void Any_parameter_and_preempter_is_set_read_and_written_back() =>
        Check(
            (param, preempter) =>
            {
                var stored = State.ExternalPreempter[Other].Value;
                Schedule(Other, param, preempter);
                if (State.Eax[Me].Value == ThreadId.Invalid)
                    return;
                Assert.Equal(preempter == Leave ? stored : preempter, State.ExternalPreempter[Other].Value);
                WritesBack(Other);
            }
        );

    [Fact]
    public void What_lthread_ex_regs_returns_is_written_back_and_only_flags_start_anew() =>
        Check(
            (first, second) =>
            {
                ExRegs(1, first, second, ~first, ~second);
                ExRegs(1, Leave, Leave, Leave, Leave);
                var (esp, eip, preempter, pager) = (
                    State.Ecx[Me].Value,
                    State.Edx[Me].Value,
                    State.Ebx[Me].Value,
                    State.Esi[Me].Value
                );
                var before = Rest(but: nameof(State<Concrete>.Eflags));
                ExRegs(1, esp, eip, preempter, pager);
                Assert.Equal(before, Rest(but: nameof(State<Concrete>.Eflags)));
                Assert.Equal(eip == Leave ? State.Eflags[Sibling].Value : Flags.User, State.Eflags[Sibling].Value);
                Assert.Equal(
                    (esp, eip, preempter, pager),
                    (State.Ecx[Me].Value, State.Edx[Me].Value, State.Ebx[Me].Value, State.Esi[Me].Value)
                );
            }
        );

    [Fact]
    public void Every_size_of_a_window_takes_an_item_or_is_none()
    {
        for (var size = 0u; size < 64; size++)
            foreach (var at in (uint[])[0, 0x00401000, 0x80000000, 0xF0000000, 0xF0001000])
            {
                var window = at | size << 2 | 2;
                Start(s => (s.Status[Other], s.Ebp[Other]) = (ThreadStatus.ReceivingAny, window | 1));
                Step(
                    new Event(
                        Entry.Ipc,
                        Given(Me) with
                        {
                            Eax = 2,
                            Ebp = Descriptor.None,
                            Ecx = 0,
                            Edx = 0,
                            Ebx = 0x00001000 | 12 << 2,
                            Esi = State.Id[Other],
                        }
                    )
                );
                Assert.Equal(Fpage.IsValid<Concrete>(window).Known ? Code.Mapped : Code.Done, State.Eax[Other].Value);
                Assert.Equal(
                    (ThreadStatus.Ready, 0x00001000u | 12 << 2),
                    (State.Status[Other].Value, State.Ebx[Other].Value)
                );
            }
    }

    // Reads the parameter, the preempter and all else of a thread, and writes them back.
    private void WritesBack(uint thread)
    {
        Schedule(thread, Read, Leave);
        var (param, preempter) = (State.Eax[Me].Value, State.Ebx[Me].Value);
        var before = Rest();
        Schedule(thread, param, preempter);
        Assert.Equal(before, Rest());
        Assert.Equal((param, preempter), (State.Eax[Me].Value, State.Ebx[Me].Value));
    }

    // All tables except those of mappings, without the caller's registers (which hold arguments and results) and
    // without one column.
    private uint[] Rest(string but = "")
    {
        List<uint> values = [];
        foreach (var (info, column) in State.Columns)
            if (info.Table.Number <= Table.Task.Number && info.Name != but)
                for (var row = 0u; row < State<Concrete>.Rows(info.Table, State.Limits); row++)
                    if (row != Me || info.Name is not ("Eax" or "Ecx" or "Edx" or "Ebx" or "Esi"))
                        values.Add(column[row]);
        return [.. values];
    }

    private void Start(Action<State<Concrete>>? arrange = null)
    {
        var state = Boot.Initial(Limits.Shipping, [Thread(Task, 0, 255), Thread(Task, 1, 1), Thread(Task + 1, 0, 1)]);
        arrange?.Invoke(state);
        Assert.Null(_duel.Place(state));
        Assert.Equal(Me, State.Current.Value);
    }

    private static BootThread Thread(uint task, uint lthread, uint priority) =>
        new(ThreadId.Make<Concrete>(4, task, lthread, 1).Value, priority, 10, 0x1000, 0x2000);

    private Registers Given(uint row) => Registers.Of(State, row);

    private void Schedule(uint thread, uint param, uint preempter) =>
        Step(new Event(Entry.ThreadSchedule, Given(Me) with { Eax = param, Ebx = preempter, Esi = State.Id[thread] }));

    private void ExRegs(uint lthread, uint esp, uint eip, uint preempter, uint pager) =>
        Step(
            new Event(
                Entry.LthreadExRegs,
                Given(Me) with
                {
                    Eax = lthread,
                    Ecx = esp,
                    Edx = eip,
                    Ebx = preempter,
                    Esi = pager,
                }
            )
        );

    private void Step(Event next)
    {
        var difference = _duel.Step(next);
        Assert.True(difference is null, $"{difference}");
    }

    private void Check(Action<uint, uint> holds) =>
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(Words, Words, (first, second) =>
            {
                Start();
                holds(first, second);
                return true;
            }));
}
