using Verified.Kernel;
using Verified.Proofs.Values;
using Verified.Spec;

namespace Verified.Proofs.Prove;

/// <summary>
/// The image refines the spec on one way into the kernel: from every machine state at its cut point that satisfies the invariants
/// and the representation, the bytes up to the next cut point do what one step of the spec does, under the view; the
/// representation holds again; nothing else is written; the kernel raises no exception and does not loop.
/// </summary>
/// <param name="name">The theorem's name.</param>
/// <param name="image">The image.</param>
/// <param name="way">The way in.</param>
/// <param name="leaves">The theorem says nothing of runs that come to this address, and everything of those that do not.</param>
public sealed class ImageTheorem(string name, BootedImage image, Way way, uint? leaves = null) : Theorem(name, image.Layout.Limits)
{
    private readonly Layout _layout = image.Layout;

    public override string Key => $"{base.Key} {image.Control} {image.Pick:x} {image.Resume:x} {image.IdleHalt:x} {leaves:x}";

    public override int Weight => way.Entry switch { Entry.Ipc => 3, Entry.Resume => 2, Entry.Pick => 1, _ => 0 };

    public override uint? Constant(uint address) => image.Constant(address);

    protected override void Assume(Attempt attempt)
    {
        foreach (var sort in (Sort[])[Sort.ReadyWord, Sort.SenderWord])
            attempt.Range(sort, Representation<Symbolic>.Count(sort, _layout));
        var machine = Machine(attempt, Memory(attempt, running: null));
        var view = new View<Symbolic>(_layout, machine);
        var state = new State<Symbolic>(Limits, Tables(attempt, view, running: false));
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

        // The spec first: what it chooses are variables, and what the code then finds is shown to be one of them.
        var before = new View<Symbolic>(_layout, Machine(attempt, Memory(attempt, running: null)));
        var tables = Tables(attempt, before, running: true);
        var state = new State<Symbolic>(Limits, tables);
        new Kernel<Symbolic>(state).Step(way.Entry);

        var memory = Memory(attempt, running: before);
        var machine = Machine(attempt, memory);
        attempt.Trail = machine.Trail;
        machine.Run(way, attempt.Register("error-code"), tables.Choices, leaves);
        attempt.Ran();

        var after = new View<Symbolic>(_layout, machine);
        var written = Written(attempt, memory, tables, before.Current, after.Current);
        var representation = new Representation<Symbolic>(after, state);
        path.RequireAll(
        [
            .. state.Columns.SelectMany(column => attempt.ForAll(Universe.Of(column.Info.Table), Sort.None, written,
                (row, _) => column.Column[row] == after.Column(column.Info, row), $"{column.Info.Name} is what the spec says")),
            .. Representation<Symbolic>.All.SelectMany(invariant => attempt.ForAll(invariant.I, invariant.J, written,
                (i, j) => invariant.Holds(representation, i, j), $"representation {invariant.Name} holds again: {invariant.Why}")),
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

    private KernelMemory Memory(Attempt attempt, View<Symbolic>? running) => new(_layout, attempt.Terms, attempt.Path,
        (area, field, row) => attempt.Initial($"{area.Name}.{field.Name}", (int)field.Bits, row,
            congruent: area != _layout.Ready && area != _layout.SenderSets), address => ConstantOf(attempt, address),
        running is null ? (_, _, _) => { }
    : (area, field, row) => Touch(attempt.Universe, running, area, field, row));

    private uint? ConstantOf(Attempt attempt, uint address)
    {
        attempt.Constants.Add(address);
        return image.Constant(address);
    }

    private SymbolicMachine Machine(Attempt attempt, KernelMemory memory) =>
        new(image with { Constant = address => ConstantOf(attempt, address) }, attempt, memory, way.Stage);

    private SymbolicTables Tables(Attempt attempt, View<Symbolic> view, bool running) =>
        new(Limits, view.Column, attempt.Terms, running ? (attempt.Universe, attempt.Path) : null);

    /// <summary>What the image or the spec wrote, by sort, each row once; those shown to differ are known to from here on.</summary>
    private Dictionary<Sort, List<Symbolic>> Written(
        Attempt attempt, KernelMemory memory, SymbolicTables tables, params ReadOnlySpan<Symbolic> currents)
    {
        var written = new Dictionary<Sort, List<Symbolic>> { [Sort.Thread] = [.. currents] };
        foreach (var (area, row) in memory.WrittenRows) written.TryAdd(SortOf(area), []);
        foreach (var (sort, row) in tables.Written) written.TryAdd(sort, []);
        foreach (var (area, row) in memory.WrittenRows) written[SortOf(area)].Add(row);
        foreach (var (sort, row) in tables.Written) written[sort].Add(row);
        written.Remove(Sort.None);
        foreach (var (sort, rows) in written)
        {
            var distinct = rows.Distinct().ToList();
            rows.Clear();
            rows.AddRange(distinct);
            foreach (var row in rows) attempt.Universe.Touch(sort, row);
            for (var i = 0; i < rows.Count; i++)
                for (var j = 0; j < i; j++)
                    attempt.Path.Shows(rows[i] != rows[j]);
        }

        return written;
    }

    private Sort SortOf(Area area) =>
        area == _layout.Threads ? Sort.Thread
        : area == _layout.SenderSets ? Sort.SenderWord
        : area == _layout.Ready ? Sort.ReadyWord
        : area == _layout.ReadySummary || area == _layout.Picked ? Sort.Priority
        : Sort.None;

    /// <summary>
    /// What matters because the code reads or writes a row: of a word of the map, its first priority; of a set of senders that is not
    /// empty, one that is in it.
    /// </summary>
    private void Touch(Universe universe, View<Symbolic> before, Area area, Field field, Symbolic row)
    {
        if (SortOf(area) is var sort and not Sort.None) universe.Touch(sort, row);
        else if (area == _layout.PriorityMap) universe.Touch(Sort.Priority, row << 5);
        if (field != _layout.Senders) return;
        var place = Symbolic.LowestBit(before.Thread(row, field)) & (_layout.Words - 1);
        var word = (row * _layout.Words) | place;
        universe.Touch(Sort.SenderWord, word);
        universe.Touch(Sort.Thread, (place << 5) | Symbolic.LowestBit(before.Get(_layout.SenderSets, word, _layout.SendersWord)));
    }
}
