using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Values;
using Registers = Verified.Proofs.Events.Registers;

namespace Verified.Tests.Fuzz;

/// <summary>
/// Programs that FsCheck makes and shrinks, blind to the state: system calls with valid, boundary and garbage
/// arguments, ticks, switches, exceptions, for several threads. The engine of <c>verified fuzz</c> and <c>diff</c>
/// reads the state as it goes, so the two find different defects.
/// </summary>
public sealed class ProgramProperties
{
    private static readonly (uint Task, uint Lthread)[] Threads = [(1, 0), (1, 1), (2, 0), (3, 0)];

    private static readonly uint[] Ids =
    [
        .. Threads.Select(thread => ThreadId.Make<Concrete>(4, thread.Task, thread.Lthread, 1).Value),
    ];

    private static readonly Gen<uint> Garbage = Gen.Choose(int.MinValue, int.MaxValue).Select(word => (uint)word);

    private static readonly Gen<uint> Send = Mostly(0, 0, 0, 2, Descriptor.None, 3, 4, 0xFFFFFFFE);

    private static readonly Gen<uint> Receive = Mostly(0, 0, 1, 1, Descriptor.None, 2, 3, 4, 5);

    private static readonly Gen<uint> Timeout = Mostly(
        Timeouts.Infinite,
        Timeouts.Infinite,
        Timeouts.ZeroReceiveOnly,
        0x10,
        Timeouts.ZeroBoth,
        0x010100AA,
        0xFF0000AA,
        0x00FF0011
    );

    private static readonly Gen<uint> Partner = Mostly([
        .. Ids,
        .. Ids,
        ThreadId.Nil,
        ThreadId.Invalid,
        Ids[0] + 1,
        Interrupt,
        Interrupt,
    ]);

    private const uint Interrupt = 5;

    private static readonly Gen<Entry> Entries = Gen.Frequency(
        (12, Gen.Constant(Entry.Ipc)),
        (5, Gen.Constant(Entry.Tick)),
        (3, Gen.Constant(Entry.ThreadSwitch)),
        (1, Gen.Constant(Entry.IdNearest)),
        (1, Gen.Constant(Entry.ExchangeTrap)),
        (2, Gen.Constant(Entry.Interrupt)),
        (1, Gen.Constant(Entry.Exception))
    );

    private static readonly Gen<Event> Events =
        from entry in Entries
        from send in Send
        from timeout in Timeout
        from receive in Receive
        from partner in Partner
        from word in Garbage
        select new Event(
            entry,
            new Registers(send, timeout, word, ~word, word, receive, partner, word + 1, word, Flags.User),
            entry == Entry.Interrupt ? Interrupt : 0
        );

    private readonly Duel _duel = new(new ImageMachine(KernelImage.Build(Limits.Shipping)));

    /// <summary>
    /// The generator that FsCheck uses for parameters of type <see cref="Trace"/>. A program shrinks by one event at a
    /// time.
    /// </summary>
    public static Arbitrary<Trace> Programs() =>
        Arb.From(
            from priorities in Gen.ArrayOf(Gen.Choose(0, 2), Ids.Length)
            from events in Gen.ListOf(Events)
            select new Trace(Start(priorities), [.. events]),
            program =>
                program.Events.Select((_, i) => program with { Events = [.. program.Events.Where((_, j) => j != i)] })
        );

    [Property(MaxTest = 300, Arbitrary = [typeof(ProgramProperties)])]
    public Property The_invariants_hold_after_every_step(Trace program) =>
        (FuzzRun.Replay(program) is var violation && violation is null).Label(
            $"{violation?.Property}: {violation?.Why}"
        );

    [Property(MaxTest = 300, Arbitrary = [typeof(ProgramProperties)])]
    public Property The_image_does_what_the_spec_does(Trace program) =>
        (DiffRun.Replay(_duel, program) is var found && found is null).Label($"{found?.Difference}");

    private static Snapshot Start(int[] priorities) =>
        Snapshot.Of(
            Boot.Initial(
                Limits.Shipping,
                Ids.Select((id, i) => new BootThread(id, (uint)priorities[i], Quantum: 2, Eip: 0x1000, Esp: 0x2000))
            )
        );

    private static Gen<uint> Mostly(params uint[] values) => Gen.Frequency((9, Gen.Elements(values)), (1, Garbage));
}
