using Iced.Intel;
using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Cpu = Verified.Machine.Processor.Register;

namespace Verified.Proofs.Events;

/// <summary>
/// Records the entries into the kernel while an image runs, as events of the spec. Only the last ones are kept, with a
/// state before them that is read from the machine's tables.
/// </summary>
/// <remarks>
/// At an entry the processor is at the first instruction behind a gate. It came there from ring 3, by an interrupt, or
/// by an IRET whose target raised a fault before an instruction was executed. An interrupt that comes between two
/// steps on mappings belongs to the event before it.
/// </remarks>
public sealed class EntryRecorder
{
    private const string MapStep = "map_step",
        IdleHalt = "idle_halt";

    private const byte Iret = 0xCF;

    private static readonly WayIn[] Gates = [.. WaysIn.All.Where(way => way.Entry is not null)];

    private readonly KernelImage _image;
    private readonly Pc _pc;
    private readonly int _most;
    private readonly Dictionary<uint, WayIn> _gates;
    private readonly uint _mapStep,
        _idle;
    private readonly EnteredMachine _machine;
    private readonly View<Concrete> _view;
    private Segment? _former,
        _present;
    private bool _wasUser;
    private long _taken;
    private uint _steps,
        _before;

    // A state, and the events after it.
    private sealed record Segment(State<Concrete> State, List<Event> Events);

    /// <param name="image">The image that runs.</param>
    /// <param name="pc">The machine. Its <see cref="Pc.Trace"/> calls the recorder.</param>
    /// <param name="most">The number of events to keep.</param>
    public EntryRecorder(KernelImage image, Pc pc, int most)
    {
        (_image, _pc, _most, _machine) = (image, pc, most, new(pc));
        _view = new(image.Layout, _machine);
        _gates = Gates.ToDictionary(way => image.Symbols[way.Symbol]);
        (_mapStep, _idle) = (image.Symbols[MapStep], image.Symbols[IdleHalt]);
        pc.Trace += _ => Look();
    }

    /// <summary>The first symbol that a recording needs and an image lacks; null if it has all.</summary>
    public static string? Missing(IReadOnlyDictionary<string, uint> symbols) =>
        Gates
            .Select(way => way.Symbol)
            .Append(MapStep)
            .Append(IdleHalt)
            .FirstOrDefault(symbol => !symbols.ContainsKey(symbol));

    /// <summary>The number of events since the start of the run.</summary>
    public long Count { get; private set; }

    /// <summary>
    /// The number of events up to the last state in which spec and machine were compared. Fewer than
    /// <see cref="Count"/> if the machine stopped within the kernel.
    /// </summary>
    public long Compared { get; private set; }

    /// <summary>The last events, and the state before them; null if there was none.</summary>
    /// <exception cref="RecordingException">The spec does not do what the image did.</exception>
    public Trace? Recorded()
    {
        if (_present is null)
            return null;
        var first = _former ?? _present;
        var replay = new EnteredRun(first.State);
        List<Event> all = [.. first.Events.Select(replay.Make)];
        if (_former is not null)
        {
            replay.Require(_present.State, _present.Events[0]);
            Compared = Count - _present.Events.Count;
            all.AddRange(_present.Events.Select(replay.Make));
        }

        if (StageNow() is { } stage)
        {
            _machine.Hold(stage, null);
            replay.Require(Decode(), null);
            Compared = Count;
        }

        var (skipped, start) = (Math.Max(0, all.Count - _most), new EnteredRun(first.State));
        foreach (var e in all.Take(skipped))
            start.Make(e);
        return new(Snapshot.Of(start.State), [.. all.Skip(skipped)]);
    }

    // The cut point that the machine is at; null if it is within the kernel.
    private uint? StageNow() =>
        _pc.Cpu.Cpl == 3 ? Stages.User
        : _pc.Cpu.Halted && _pc.Cpu.Eip.Value == _idle + 1 ? Stages.Idle
        : null;

    // Called before each instruction.
    private void Look()
    {
        var (isUser, taken, eip) = (_pc.Cpu.Cpl == 3, _pc.InterruptsTaken, _pc.Cpu.Eip.Value);
        var (wasUser, before) = (_wasUser, _before);
        var interrupted = taken != _taken;
        (_wasUser, _taken, _before) = (isUser, taken, eip);
        if (isUser)
            return;
        if (
            _gates.TryGetValue(eip, out var way)
            && (wasUser || interrupted || (Load(before & ~3u) >> (int)(before % 4 * 8) & 0xFF) == Iret)
        )
            Enter(way);
        else if (eip == _mapStep)
            _steps++;
    }

    private void Enter(WayIn way)
    {
        var esp = _pc.Cpu.R[Cpu.Esp].Value;
        var code = way.PushesErrorCode ? Load(esp) : 0;
        var frame = esp + (way.PushesErrorCode ? 4u : 0);
        if ((Load(frame + 4) & 3) == 3)
            Add(OfUser(way, code, frame));
        else if (_pc.InterruptedAt - _idle <= 1)
            Add(new(way.Entry!.Value, null, way.Entry == Entry.Interrupt ? IdOf(way) : 0));
        else
            Interrupt(way);
    }

    private Event OfUser(WayIn way, uint code, uint frame)
    {
        var r = _pc.Cpu.R;
        var registers = new Registers(
            r[Cpu.Eax],
            r[Cpu.Ecx],
            r[Cpu.Edx],
            r[Cpu.Ebx],
            Load(frame + 12),
            r[Cpu.Ebp],
            r[Cpu.Esi],
            r[Cpu.Edi],
            Load(frame),
            Load(frame + 8)
        );
        if (way.Entry == Entry.Protection && State<Concrete>.Traps(code, TrapAddress).Known)
            return new(Entry.Trap, registers);
        var data = _image.Layout.DataSegment.Base + Layout.DescriptorHigh.Offset;
        if (Load(data) != UserSegments.FlatHigh && UserSegments.Outgrows.Contains(way.Vector))
            return new(Entry.Outgrow, registers, way.Vector);
        return way.Entry!.Value switch
        {
            Entry.PageFault => new(
                Entry.PageFault,
                registers,
                UserSegments.AddressOf<Concrete>(Load(data), _pc.Cpu.Cr2).Value,
                code
            ),
            Entry.Protection => OfInstruction(new(Entry.Protection, registers, Code: code)),
            Entry.Exception => new(Entry.Exception, registers, way.Vector, code),
            Entry.Interrupt => new(Entry.Interrupt, registers, IdOf(way)),
            var entry => new(entry, registers),
        };
    }

    private Concrete TrapAddress => _view.Thread(_view.Current, Layout.TrapAddress);

    private void Add(Event e)
    {
        if (_present is null || _present.Events.Count == _most)
        {
            _machine.Hold(e.Registers is null ? Stages.Idle : Stages.User, e.Registers);
            (_former, _present) = (_present, new(Decode(), []));
        }

        _present.Events.Add(e);
        Count++;
        _steps = 0;
    }

    // An interrupt between two steps on mappings belongs to the event that the kernel works on.
    private void Interrupt(WayIn way)
    {
        if (_present is null)
            return;
        var come = new InterruptBetweenSteps(_steps, way.Entry == Entry.Interrupt ? IdOf(way) : 0);
        var last = _present.Events[^1];
        _present.Events[^1] = last with
        {
            Between = InterruptBetweenSteps.Of(InterruptBetweenSteps.Each(last.Between).Append(come)),
        };
    }

    private static uint IdOf(WayIn way) => way.Vector - Layout.TickVector + 1;

    // The event with the instruction that raises it. Its space is not small, so EIP is a linear address.
    private Event OfInstruction(Event e)
    {
        List<byte> bytes = [];
        while (
            bytes.Count < UserInstruction.Most
            && _pc.Mmu.Look(e.Registers!.Value.Eip + (uint)bytes.Count) is { } physical
        )
            bytes.Add((byte)_pc.Memory.Load(physical, 1));
        var decoded = Decoder.Create(32, new ByteArrayCodeReader([.. bytes])).Decode();
        var by = UserInstruction.Of([.. bytes.Take(decoded.IsInvalid ? bytes.Count : decoded.Length)]);
        return e with { Argument = by.FirstDword, By = by };
    }

    private uint Load(uint linear) => _machine.Load(linear).Value;

    private State<Concrete> Decode()
    {
        var state = new State<Concrete>(_image.Limits, new ConcreteTables());
        foreach (var (info, column) in state.Columns)
        {
            var read = _view.Reader(info);
            for (var row = 0u; row < State<Concrete>.Rows(info.Table, _image.Limits); row++)
                column[row] = read(row);
        }

        return state;
    }
}
