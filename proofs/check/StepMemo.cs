using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Makes the steps from the states of a model whose cells are not each in one slot of the key. A step runs, and is
/// judged, only once for all states that agree in the cells that are read. In the other states, the writes of the known
/// run are made.
/// </summary>
/// <remarks>
/// A step is a function of the cells that it reads and of the registers that it chooses. Properties that read no
/// further cells are judged with the run. A property that reads further cells has trees of its own, over the cells
/// before and after the step. There is one tree for each set of rows that it looks at, because a property that keeps
/// something looks only at written rows.
/// </remarks>
internal sealed class StepMemo
{
    private readonly FlatTables _tables;
    private readonly MeaningJudge? _meaning,
        _traced;
    private readonly TracedTables _reads;
    private readonly uint[] _threads;
    private readonly KnownSteps _known;
    private readonly int _eax;
    private readonly uint[] _before,
        _unchosen;
    private readonly Recording _run = new(),
        _judged = new();
    private readonly int[] _places = new int[Recording.MostChoices],
        _counts = new int[Recording.MostChoices],
        _picks = new int[Recording.MostChoices];
    private uint _actor,
        _stage;

    /// <param name="walker">Provides the tables.</param>
    /// <param name="properties">The properties of steps.</param>
    /// <param name="known">The knowledge of the workers.</param>
    public StepMemo(Walker walker, IReadOnlyList<Property<Concrete>> properties, KnownSteps known)
    {
        (Walker, _tables, _known) = (walker, walker.Tables, known);
        (_reads, _before, _unchosen) = (new(_tables), new uint[_tables.Cells.Length], new uint[_tables.Cells.Length]);
        if (properties.Count > 0)
            (_meaning, _traced) = (new(_tables, properties), new(_tables, properties, _reads));
        _threads = [State<Concrete>.Nobody, .. walker.Codec.Rows];
        _eax = _tables.Start(nameof(State<Concrete>.Eax));
    }

    /// <summary>Provides the tables.</summary>
    public Walker Walker { get; }

    /// <summary>
    /// Makes every step from a state and calls <paramref name="visit"/> on each, in the order of
    /// <see cref="Walker.Expand"/>. The state after the step is present, and the second argument says whether the
    /// step's properties hold. Ends early when the visit says false.
    /// </summary>
    public void Expand(Key from, Func<KnownStep, bool, bool> visit)
    {
        Walker.Codec.Unpack(from);
        _tables.Cells.CopyTo(_before, 0);
        (_stage, _actor) = (Walker.State.Stage.Value, Walker.State.Current.Value);
        foreach (var root in _known.RootsOf(_stage))
            if (!Expand(root, from, visit))
                return;
    }

    /// <summary>Whether something happens sometimes in the present step.</summary>
    public bool Happens(int mark, KnownStep step) =>
        Sometimes.All[mark].Happens(new(_tables, step.Entry, step.Argument, _actor, _stage, _eax));

    /// <summary>The property that a step violates, by the step's number among those from a state.</summary>
    public (string Property, string Why) Explain(Key from, int number)
    {
        (string, string)? found = null;
        Walker.Expand(from, (step, _) =>
        {
            if (number-- == 0)
                found = _meaning!.Judge(step.Entry, step.Argument, 0, _threads, Walker.RowsOf);
            return number >= 0;
        });
        return found ?? throw new InvalidOperationException("a property that did not hold does");
    }

    private bool Expand(int root, Key from, Func<KnownStep, bool, bool> visit)
    {
        for (var (depth, place) = (0, root); ; )
        {
            place = _known.Runs.Follow(place, _tables.Cells);
            if (_known.Runs.TryGet(place, out var step))
            {
                if (step.IsPossible && !Visit(step, visit))
                    return false;
                while (depth > 0 && ++_picks[depth - 1] == _counts[depth - 1])
                    depth--;
                if (depth == 0)
                    return true;
                place = _places[depth - 1] + _picks[depth - 1];
            }
            else if (_known.Runs.ChoiceAt(place) is (var first, > 0 and var count))
                (place, _places[depth], _counts[depth], _picks[depth++]) = (first, first, count, 0);
            else
                Learn(root, from, depth);
        }
    }

    // Chosen registers are no writes, so they also have their chosen values before the step.
    private bool Visit(KnownStep step, Func<KnownStep, bool, bool> visit)
    {
        foreach (var (cell, value) in step.Chosen)
            (_unchosen[cell], _tables.Cells[cell], _before[cell]) = (_before[cell], value, value);
        foreach (var (cell, value) in step.Writes)
            _tables.Write(cell, value);
        var goOn = visit(step, step.Holds && Hold(step));
        _tables.Undo();
        foreach (var (cell, _) in step.Chosen)
            _tables.Cells[cell] = _before[cell] = _unchosen[cell];
        return goOn;
    }

    private bool Hold(KnownStep step)
    {
        foreach (var (property, root) in step.Judgements)
        {
            if (!_known.Judgements.TryGet(_known.Judgements.Follow(root, _tables.Cells, _before), out var holds))
            {
                _traced!.Begin(step.Entry, step.Argument, 0);
                _reads.Forget();
                holds = _traced.Violated(property, _threads, Walker.RowsOf) is null;
                _known.Judgements.Add(root, _reads.Items, [], holds, _tables.Cells, _before);
            }

            if (!holds)
                return false;
        }

        return true;
    }

    private void Learn(int root, Key from, int depth)
    {
        _run.Begin(_picks.AsSpan(0, depth));
        var learned = Run(root, from);
        Walker.Codec.Unpack(from);
        if (!_known.Runs.Add(root, _run.Items, _run.Picks, learned, _tables.Cells).Agrees(learned))
            throw new InvalidOperationException("two runs of a step that read the same do not agree");
    }

    private KnownStep Run(int root, Key from)
    {
        var (entry, argument) = _known[root];
        try
        {
            if (Walker.Take(from, entry, argument, _run) is not { } step)
                return KnownStep.Impossible;
            var chosen = Walker.PackTaken();
            var (holds, judgements) = FindJudgements(entry, argument);
            var (happened, open) = FindMarks(step);
            return new(
                entry,
                argument,
                true,
                holds,
                Kernel<Concrete>.OwnStep(step.StageBefore) == entry,
                happened,
                open,
                chosen,
                [.. _tables.Written.ToArray().Distinct().Select(cell => (cell, _tables.Cells[cell]))],
                judgements
            );
        }
        finally
        {
            Walker.EndTaken();
        }
    }

    // Whether the properties hold that read only known cells, and the others.
    private (bool Holds, (Property<Concrete>, int)[] Others) FindJudgements(Entry entry, uint argument)
    {
        var holds = true;
        List<(Property<Concrete>, int)> others = [];
        _meaning?.Begin(entry, argument, 0);
        foreach (var property in _meaning?.Of(entry) ?? [])
        {
            BeginFurther();
            var isHeld = _meaning!.Violated(property, _threads, Walker.RowsOf) is null;
            if (_judged.Items.Count == 0)
                holds &= isHeld;
            else
            {
                var rows = property.Keeps ? _meaning.ChangedOf(property.Over) : [];
                others.Add((property, _known.RootOf(property, entry, argument, rows)));
            }
        }

        return (holds, [.. others]);
    }

    // The events that happened, as far as known cells decide them, and the events that they do not decide.
    private (Marks Happened, Marks Open) FindMarks(Transition step)
    {
        var (happened, open) = (default(Marks), default(Marks));
        for (var n = 0; n < Sometimes.All.Count; n++)
        {
            BeginFurther();
            var happens = Sometimes.All[n].Happens(step);
            if (_judged.Items.Count > 0)
                open = open.With(n);
            else if (happens)
                happened = happened.With(n);
        }

        return (happened, open);
    }

    // Records the reads of cells that the run has not read.
    private void BeginFurther()
    {
        _judged.BeginKnowing(_run.Cells);
        Walker.RecordIn(_judged);
    }
}
