using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>
/// A trace, run on the spec step by step. The phases of an ipc are one step, because no other event comes between them.
/// After each step <see cref="Before"/> and <see cref="After"/> are the states around it.
/// </summary>
public sealed class Narration
{
    private readonly Trace _trace;
    private readonly FlatTables _before,
        _after;
    private readonly Kernel<Concrete> _kernel;
    private readonly Dictionary<int, uint> _loaded = [];
    private readonly Dictionary<int, uint> _present = [];
    private List<KernelStep> _steps = [];
    private List<Transfer> _transfers = [];
    private (int Event, uint Actor, Entry Entry, string Subject, string Action)? _begun;

    public Narration(Trace trace)
    {
        _trace = trace;
        (_before, _after) = (new(trace.Start.Limits), new(trace.Start.Limits));
        var start = trace.Start.ToState();
        _before.Fill(start);
        _after.Fill(start);
        _after.Commit();
        _kernel = new(After);
    }

    /// <summary>
    /// Names a kernel step that is about to be made, and makes the narration list the kernel steps of each event. If
    /// null, it lists none.
    /// </summary>
    public Func<State<Concrete>, Entry, string>? NameOf { get; init; }

    public State<Concrete> Before => _before.State;

    public State<Concrete> After => _after.State;

    /// <summary>
    /// The steps, each made on demand. If the trace leaves out the kernel's own steps, the steps after the last event
    /// are made too.
    /// </summary>
    public IEnumerable<NarratedStep> Steps()
    {
        var s = After;
        foreach (var (i, single) in Unfolding.Of(_trace, s))
            if (single is null)
                yield return new(
                    i,
                    s.Current.Value,
                    null,
                    Words.Thread(s, s.Current.Value),
                    $"executes {_trace.Events[i].By}h",
                    "goes on",
                    []
                );
            else if (Make(i, single) is { } step)
                yield return step;
        if (_begun is not null)
            yield return End();
    }

    // Makes an event. Returns the step that ends with it, or null if the kernel has not finished.
    private NarratedStep? Make(int index, Event e)
    {
        var s = After;
        if (_begun is null)
            Begin();
        var (actor, stage) = (s.Current.Value, s.Stage.Value);
        _begun ??= (index, actor, e.Entry, Words.Subject(s, actor, stage), Words.Action(s, e));
        var isFirst = _after.Written.Length == 0;
        e.Load(s);
        if (isFirst)
            foreach (var cell in _after.Written)
                _loaded[cell] = _after.Cells[cell];
        var (name, method, done) = (NameOf?.Invoke(s, e.Entry), SpecSource.MethodOf(s, e.Entry), _after.Written.Length);
        var m = s.Mappings;
        if (name is not null && e.Entry == Entry.Map && m.Operation == Operations.Delete && m.Left == 0)
            name += $", pass {Glossary.Value(s, nameof(m.Pass), m.Pass.Value)}";
        _kernel.Step(e.Entry, e.Argument, e.Code);
        var written = _after.Written[done..].ToArray();
        _transfers.AddRange(Transfer.Of(_after, e.Entry, written));
        if (name is not null)
            _steps.Add(new(_steps.Count + 1, name, method, ChangesOf(written)));
        return IsEnd(s, e.Entry) ? End() : null;
    }

    /// <summary>Whether an event of the narration ends with a kernel step.</summary>
    /// <param name="s">The state after the step.</param>
    /// <param name="entry">The step.</param>
    public static bool IsEnd(State<Concrete> s, Entry entry) =>
        s.Stage.Value is < Stages.Receive and not Stages.Map || entry == Entry.Pick;

    // The writes of the last step become part of the state before the next step.
    private void Begin()
    {
        foreach (var cell in _after.Written)
            _before.Cells[cell] = _after.Cells[cell];
        _after.Commit();
        _loaded.Clear();
        _present.Clear();
        (_steps, _transfers) = ([], []);
    }

    private NarratedStep End()
    {
        var (index, actor, entry, subject, action) = _begun!.Value;
        _begun = null;
        return new(index, actor, entry, subject, action, Words.Outcome(After, actor, entry), Changes(Old, New))
        {
            Loaded = Changes(Old, cell => _loaded.GetValueOrDefault(cell, Old(cell))),
            Made = Changes(cell => _loaded.GetValueOrDefault(cell, Old(cell)), New),
            KernelSteps = _steps,
            Transfers = _transfers,
        };

        uint Old(int cell) => _before.Cells[cell];
        uint New(int cell) => _after.Cells[cell];
    }

    // The changes of one kernel step, from the values that the steps before it have left.
    private List<Change> ChangesOf(int[] written)
    {
        List<Change> changes = [];
        foreach (var cell in written.Distinct().Order())
        {
            var old = _present.GetValueOrDefault(cell, _loaded.GetValueOrDefault(cell, _before.Cells[cell]));
            var present = _present[cell] = _after.Cells[cell];
            if (old != present && _after.Locate(cell) is var (column, row))
                changes.Add(new(column.Name, row, old, present));
        }

        return changes;
    }

    private List<Change> Changes(Func<int, uint> old, Func<int, uint> present)
    {
        List<Change> changes = [];
        foreach (var cell in _after.Written.ToArray().Distinct().Order())
            if (old(cell) is var from && present(cell) is var to && from != to)
            {
                var (column, row) = _after.Locate(cell);
                changes.Add(new(column.Name, row, from, to));
            }

        return changes;
    }
}
