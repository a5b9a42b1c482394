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

    protected override void Assume(Attempt attempt)
    {
        var machine = Machine(attempt, Memory(attempt, running: false));
        var view = new View<Symbolic>(_layout, machine);
        var state = State(attempt, view, running: false);
        foreach (var invariant in Invariants<Symbolic>.All)
            attempt.Universe.ForAll(invariant.Over, invariant.Pairs ? Table.Thread : Table.Processor,
                (i, j) => invariant.Holds(state, i, j));

        var representation = new Representation<Symbolic>(view, state);
        foreach (var invariant in Representation<Symbolic>.All)
        {
            if (invariant.Name == Representation<Symbolic>.SegmentsName) continue; // a user may have loaded others
            attempt.Universe.ForAll(invariant.I, invariant.J, (i, j) => invariant.Holds(representation, i, j));

            // The priorities that matter are above all those of the threads that matter.
            if (invariant.I == Table.Priority)
                attempt.Universe.ForAll(Table.Thread, invariant.J,
                    (i, j) => invariant.Holds(representation, state.Priority[i], j));
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
        foreach (var (info, column) in state.Columns)
        {
            var row = attempt.Any(info.Table, second: false);
            path.Require(column[row] == after.Column(info, row), $"{info.Name} is what the spec says");
        }

        var representation = new Representation<Symbolic>(after, state);
        foreach (var invariant in Representation<Symbolic>.All)
            path.Require(invariant.Holds(representation, attempt.Any(invariant.I, false), attempt.Any(invariant.J, true)),
                $"representation {invariant.Name} holds again: {invariant.Why}");
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
        (area, field, row) => attempt.Initial($"{area.Name}.{field.Name}", (int)field.Bits, row), image.Constant,
        running ? (area, row) => Touch(attempt.Universe, area, row) : (_, _) => { });

    private SymbolicMachine Machine(Attempt attempt, KernelMemory memory) =>
        new(image, attempt, memory, way.Stage);

    private State<Symbolic> State(Attempt attempt, View<Symbolic> view, bool running) => new(Limits,
        new SymbolicTables(Limits, view.Column, attempt.Terms, running ? (attempt.Universe, attempt.Path) : null));

    private void Touch(Universe universe, Area area, Symbolic row)
    {
        var words = (uint)System.Numerics.BitOperations.Log2(_layout.Words);
        if (area == _layout.Threads) universe.Touch(Table.Thread, row);
        else if (area == _layout.SenderSets) universe.Touch(Table.Thread, row >> words);
        else if (area == _layout.Ready) universe.Touch(Table.Priority, row >> words);
        else if (area == _layout.ReadySummary || area == _layout.Picked) universe.Touch(Table.Priority, row);
    }
}
