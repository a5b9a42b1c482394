using Verified.Kernel;
using Verified.Proofs.Values;
using Verified.Spec;

namespace Verified.Proofs.Prove;

/// <summary>
/// The image refines the spec on one way into the kernel: from every machine state at its cut point that satisfies the invariants
/// and the representation, the bytes up to the next cut point do what one step of the spec does, under the view; the
/// representation holds again; nothing else is written; the kernel raises no exception and does not loop.
/// </summary>
public sealed class ImageTheorem(string name, BootedImage image, Way way) : Theorem(name, image.Layout.Limits)
{
    private readonly Layout _layout = image.Layout;

    public override string Key => $"{base.Key} {image.Control} {image.Pick:x} {image.Resume:x} {image.IdleHalt:x}";

    public override int Weight => way.Entry switch { Entry.Ipc => 3, Entry.Resume => 2, Entry.Pick => 1, _ => 0 };

    public override uint? Constant(uint address) => image.Constant(address);

    protected override void Assume(Attempt attempt)
    {
        foreach (var sort in (Sort[])[Sort.ReadyWord, Sort.SenderWord])
            attempt.Range(sort, Representation<Symbolic>.Count(sort, _layout));
        var machine = Machine(attempt, Memory(attempt, running: false));
        var view = new View<Symbolic>(_layout, machine);
        var state = State(attempt, view, running: false);
        foreach (var invariant in Invariants<Symbolic>.All)
            attempt.Universe.ForAll(Universe.Of(invariant.Over), invariant.Pairs ? Sort.Thread : Sort.None,
                (i, j) => invariant.Holds(state, i, j));

        var representation = new Representation<Symbolic>(view, state);
        attempt.Universe.Follow(Sort.Thread, thread => [
            (Sort.Priority, state.Priority[thread]),
            (Sort.ReadyWord, Representation<Symbolic>.WordOf(_layout, state.Priority[thread], thread)),
            (Sort.SenderWord, Representation<Symbolic>.WordOf(_layout, state.Partner[thread], thread)),
        ]);
        foreach (var invariant in Representation<Symbolic>.All)
        {
            if (invariant.Name == Representation<Symbolic>.SegmentsName) continue; // a user may have loaded others
            attempt.Universe.ForAll(invariant.I, invariant.J, (i, j) => invariant.Holds(representation, i, j));
        }
    }

    protected override void Run(Attempt attempt)
    {
        var path = attempt.Path;
        var memory = Memory(attempt, running: true);
        var machine = Machine(attempt, memory);
        attempt.Trail = machine.Trail;
        machine.Run(way, attempt.Register("error-code"));
        attempt.Ran();

        var before = new View<Symbolic>(_layout, Machine(attempt, Memory(attempt, running: false)));
        var state = State(attempt, before, running: true);
        new Kernel<Symbolic>(state).Step(way.Entry);

        var after = new View<Symbolic>(_layout, machine);
        var representation = new Representation<Symbolic>(after, state);
        path.RequireAll(
        [
            .. state.Columns.Select(column => (
                column.Column[Any(attempt, column.Info)] == after.Column(column.Info, Any(attempt, column.Info)),
                $"{column.Info.Name} is what the spec says")),
            .. Representation<Symbolic>.All.Select(invariant => (
                invariant.Holds(representation, attempt.Any(invariant.I, false), attempt.Any(invariant.J, true)),
                $"representation {invariant.Name} holds again: {invariant.Why}")),
        ]);
        AcknowledgesInterrupt(path, memory);
    }

    /// <summary>The timer interrupt is acknowledged once (non-specific EOI to the first controller); no other port is written.</summary>
    private void AcknowledgesInterrupt(Exploration path, KernelMemory memory)
    {
        var expected = way.Entry == Entry.Tick ? 1 : 0;
        path.Require(memory.Written.Count == expected, "ports are written only to acknowledge an interrupt");
        foreach (var (port, value) in memory.Written)
            path.Require(port == 0x20 & (value & 0xFF) == 0x20, "the end of interrupt goes to the first controller");
    }

    private KernelMemory Memory(Attempt attempt, bool running) => new(_layout, attempt.Terms, attempt.Path,
        (area, field, row) => attempt.Initial($"{area.Name}.{field.Name}", (int)field.Bits, row,
            congruent: area != _layout.Ready && area != _layout.SenderSets), address => ConstantOf(attempt, address),
        running ? (area, row) => Touch(attempt.Universe, area, row) : (_, _) => { });

    private uint? ConstantOf(Attempt attempt, uint address)
    {
        attempt.Constants.Add(address);
        return image.Constant(address);
    }

    private SymbolicMachine Machine(Attempt attempt, KernelMemory memory) =>
        new(image with { Constant = address => ConstantOf(attempt, address) }, attempt, memory, way.Stage);

    private State<Symbolic> State(Attempt attempt, View<Symbolic> view, bool running) => new(Limits,
        new SymbolicTables(Limits, view.Column, attempt.Terms, running ? (attempt.Universe, attempt.Path) : null));

    private static Symbolic Any(Attempt attempt, ColumnInfo column) => attempt.Any(Universe.Of(column.Table), second: false);

    /// <summary>What matters because the code reads or writes a row; of a word of the map, its first priority.</summary>
    private void Touch(Universe universe, Area area, Symbolic row)
    {
        if (area == _layout.Threads) universe.Touch(Sort.Thread, row);
        else if (area == _layout.SenderSets) universe.Touch(Sort.SenderWord, row);
        else if (area == _layout.Ready) universe.Touch(Sort.ReadyWord, row);
        else if (area == _layout.ReadySummary || area == _layout.Picked) universe.Touch(Sort.Priority, row);
        else if (area == _layout.PriorityMap) universe.Touch(Sort.Priority, row << 5);
    }
}
