using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Makes every step from a state of a model. It reuses one state's tables, so a successor needs no allocation.
/// </summary>
public sealed partial class Walker
{
    private static readonly Entry[] UserEntries =
    [
        Entry.Ipc,
        Entry.IdNearest,
        Entry.ThreadSwitch,
        Entry.Tick,
        Entry.PageFault,
        Entry.Exception,
        Entry.Interrupt,
    ];

    private static readonly Entry[] IdleEntries = [Entry.Tick, Entry.Interrupt];
    private static readonly uint[] Nobody = [State<Concrete>.Nobody];
    private static readonly Entry[] Pick = [Entry.Pick],
        Receive = [Entry.Receive],
        Accept = [Entry.Accept],
        Leave = [Entry.Leave],
        Wake = [Entry.Wake];

    private readonly Choices _choices;
    private readonly Kernel<Concrete> _kernel;
    private readonly Action<State<Concrete>, Entry>? _damage;
    private readonly int _eax;
    private readonly Entry[] _userEntries,
        _idleEntries,
        _mapEntries;
    private readonly IReadOnlyList<uint> _interrupts;
    private readonly uint _most;
    private readonly SpaceHistory? _history;
    private readonly uint[] _rows;
    private readonly uint[][] _rowsOf;
    private readonly Action<int> _reads;
    private Recording? _recording;

    /// <param name="model">The model.</param>
    /// <param name="damage">Changes the state after each step: a defect for the checker to find.</param>
    /// <param name="isHeldToMeaning">True to check operations on mappings against the model of address spaces.</param>
    public Walker(Model model, Action<State<Concrete>, Entry>? damage, bool isHeldToMeaning = false)
    {
        Model = model;
        _choices = new(model.Arguments);
        _userEntries = [.. UserEntries.Except(model.Without), .. model.Also];
        _idleEntries = [.. IdleEntries.Except(model.Without)];
        _mapEntries = [Entry.Map, .. _idleEntries];
        _interrupts = model.Interrupts;
        _most = model.MostOwnSteps;
        _damage = damage;
        Tables = new(model.Limits, _choices.Make);
        _kernel = new(Tables.State);
        _history = model.Maps && isHeldToMeaning ? new(Tables) : null;
        Codec = new(model, Tables);
        _eax = Tables.Start(nameof(State<Concrete>.Eax));
        _rows = [State<Concrete>.Nobody, .. Codec.Rows];
        _rowsOf =
        [
            .. KernelTables.All.Select(table =>
                table == Table.Thread
                    ? _rows
                    : [.. Enumerable.Range(0, (int)State<Concrete>.Rows(table, model.Limits)).Select(row => (uint)row)]
            ),
        ];
        Tables.LookOnlyAt(_rows);
        _reads = cell =>
        {
            if (!_choices.HasChosen(Tables, cell))
                Codec.Record(cell, _recording!);
        };
    }

    public Model Model { get; }

    public FlatTables Tables { get; }

    public State<Concrete> State => Tables.State;

    public Codec Codec { get; }

    /// <summary>
    /// The continuations from one of the kernel's own stages. The kernel can be interrupted between its steps on
    /// mappings.
    /// </summary>
    private Entry[] Entries(uint stage) =>
        stage switch
        {
            Stages.Idle => _idleEntries,
            Stages.Pick => Pick,
            Stages.Wake => Wake,
            Stages.Map => _mapEntries,
            Stages.Accept => Accept,
            Stages.Leave => Leave,
            _ => Receive,
        };

    /// <summary>
    /// Takes every step from <paramref name="from"/> and calls <paramref name="visit"/> on each, with the state after
    /// it present; the key is null if the state is outside the model. Ends early when the visit says false.
    /// </summary>
    public void Expand(Key from, Func<Transition, Key?, bool> visit)
    {
        _choices.Begin(State<Concrete>.Nobody, Entry.Pick);
        Codec.Unpack(from);
        var stage = State.Stage.Value;
        var actor = State.Current.Value;
        foreach (var entry in stage == Stages.User ? _userEntries : Entries(stage))
        foreach (var argument in ArgumentsOf(entry))
        {
            if (!MayCome(entry, argument))
                continue;
            _choices.Restart();
            do
            {
                _choices.Begin(stage == Stages.User ? actor : State<Concrete>.Nobody, entry);
                _kernel.Step(entry, argument);
                _damage?.Invoke(State, entry);
                var key = Codec.Pack(out var outside);
                Outside = outside;
                _choices.Seal();
                var goOn = visit(new Transition(Tables, entry, argument, actor, stage, _eax), key);
                Tables.Undo();
                if (!goOn)
                    return;
            } while (_choices.Advance());
        }
    }

    /// <summary>The steps to try in a stage, in order.</summary>
    public IEnumerable<(Entry Entry, uint Argument)> StepsOf(uint stage) =>
        (stage == Stages.User ? _userEntries : Entries(stage)).SelectMany(entry =>
            ArgumentsOf(entry).Select(argument => (entry, argument))
        );

    /// <summary>
    /// Takes one step from a packed state, with the choices of a recording. Until <see cref="EndTaken"/>, the recording
    /// collects all reads of the step and of the state after it. Null if the step is not possible.
    /// </summary>
    public Transition? Take(Key from, Entry entry, uint argument, Recording run)
    {
        _choices.Begin(State<Concrete>.Nobody, entry);
        Codec.Unpack(from);
        (_choices.Recording, _recording, Tables.Reads) = (run, run, _reads);
        var (stage, actor) = (State.Stage.Value, State.Current.Value);
        if (!MayCome(entry, argument))
            return null;
        _choices.Begin(stage == Stages.User ? actor : State<Concrete>.Nobody, entry);
        _kernel.Step(entry, argument);
        _damage?.Invoke(State, entry);
        return new(Tables, entry, argument, actor, stage, _eax);
    }

    /// <summary>
    /// The effect of the taken step on the key. From then on, registers that the step has not read have their present
    /// values.
    /// </summary>
    internal Effect EffectOfTaken()
    {
        var effect = Codec.EffectOf(_choices);
        _choices.Seal();
        return effect;
    }

    /// <summary>
    /// Packs the state after the taken step, so registers that its key needs are chosen. From then on, registers that
    /// were not chosen have their present values.
    /// </summary>
    /// <returns>The chosen registers.</returns>
    internal (int Cell, uint Value)[] PackTaken()
    {
        Codec.Pack(out _);
        _choices.Seal();
        return [.. _choices.ChosenCells(Tables)];
    }

    /// <summary>The cells that the state after the step has with other values than its key.</summary>
    internal IEnumerable<int> DifferingOfTaken(in Effect effect) => Codec.Differing(_choices, effect.Clear);

    /// <summary>Records later reads in another recording.</summary>
    internal void RecordIn(Recording run) => _recording = run;

    /// <summary>Ends the recording, and undoes the step.</summary>
    public void EndTaken()
    {
        (_choices.Recording, _recording, Tables.Reads) = (null, null, null);
        Tables.Undo();
    }

    /// <summary>The cell whose value was outside the model in the last step; -1 if there is none.</summary>
    public int Outside { get; private set; }

    /// <summary>
    /// The first invariant that the present state violates, and the row; null if all hold. Threads outside the model
    /// are blank like thread 0, which represents them.
    /// </summary>
    public (Invariant<State<Concrete>, Concrete> Invariant, uint I, uint J)? Violated(
        IReadOnlyList<Invariant<State<Concrete>, Concrete>> invariants
    )
    {
        for (var n = 0; n < invariants.Count; n++)
        {
            var invariant = invariants[n];
            foreach (var i in RowsOf(invariant.Over))
            foreach (var j in invariant.Pairs ? _rows : Nobody)
                if (!invariant.Holds(State, i, j))
                    return (invariant, i, j);
        }

        return null;
    }

    /// <summary>The first invariant that the present state violates, in words; null if all hold.</summary>
    public (string Property, string Why)? Violation(IReadOnlyList<Invariant<State<Concrete>, Concrete>> invariants)
    {
        if (Violated(invariants) is not var (invariant, i, j))
            return null;
        var place = Words.Violated(State, invariant.Over, i, invariant.Pairs ? j : null);
        return (invariant.Name, $"{invariant.Why} ({place})");
    }

    /// <summary>Whether the value of a cell is beyond a bound of the model, and not a defect.</summary>
    public bool IsBeyond(int cell) => Model.IsBeyond(Tables.Locate(cell).Column.Name, Tables.Cells[cell]);

    /// <summary>The violation by a cell whose value has no bits in the model.</summary>
    public (string Property, string Why) OutsideTheModel(int cell)
    {
        var (column, row) = Tables.Locate(cell);
        return (
            "inside-the-model",
            $"{Glossary.Cell(State, column.Name, row)} became {Tables.Cells[cell]:X}h, which the model has no bits for"
        );
    }

    /// <summary>The violation by a state from which the kernel's own steps do not end.</summary>
    public static (string Property, string Why) DoesNotSettle =>
        ("settles", "the kernel's own steps end at a user or idle");

    /// <summary>The rows of a table that an invariant over it is evaluated at.</summary>
    public uint[] RowsOf(Table table) => _rowsOf[table.Number];

    /// <summary>
    /// True if the kernel's own steps from the present state end in a user or idle state. A tick looks at each thread
    /// once. Each receive phase ends its thread's ipc or takes a message from a waiting sender. So there are at most
    /// two rounds of pick, receive, accept and leave per thread.
    /// </summary>
    public bool Settles()
    {
        Meant = null;
        _history?.Begin();
        for (var steps = 0; Kernel<Concrete>.OwnStep(State.Stage.Value) is { } own; steps++)
        {
            if (steps > _most)
                return false;
            _kernel.Step(own);
            _damage?.Invoke(State, own);
            if (own == Entry.Map)
                Meant ??= _history?.After(own);
        }

        return Meant is null;
    }

    /// <summary>
    /// The violation by the operations on mappings when the kernel's own steps last ran; null if there was none.
    /// </summary>
    public (string Name, string Why)? Meant { get; private set; }
}
