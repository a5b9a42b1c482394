using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>Runs recorded events on the spec, and compares its states with those of the machine.</summary>
internal sealed class EnteredRun
{
    private readonly FlatTables _tables;
    private readonly Kernel<Concrete> _kernel;
    private int _made;
    private string _last = "";

    /// <param name="start">The state that the events begin in.</param>
    public EnteredRun(State<Concrete> start)
    {
        _tables = new(start.Limits);
        _tables.Fill(start);
        _kernel = new(_tables.State);
    }

    /// <summary>The state after the events so far.</summary>
    public State<Concrete> State => _tables.State;

    /// <summary>Makes an event, with the kernel's own steps. Returns the event as it can be repeated.</summary>
    /// <remarks>
    /// If it is not known what the event's instruction raises, the processor raises the exception without it.
    /// </remarks>
    /// <exception cref="RecordingException">The event cannot come in this state.</exception>
    public Event Make(Event e)
    {
        if (e.By is not null && Judge.Arisen(State, e).FirstOrDefault()?.Entry != e.Entry)
            e = e with { By = null, Injected = true };
        if (!e.Fits(State))
            throw new RecordingException(
                $"event {_made + 1} of the recording ({e.Entry}) cannot come in the spec's state: stage "
                    + Stages.Names[State.Stage.Value]
            );
        _last = Words.Line(State, e);
        foreach (var step in Unfolding.Of(e, State))
            step?.Apply(_kernel, State);
        _tables.Commit();
        _made++;
        return e;
    }

    /// <summary>Throws unless the state is one that was read from the machine.</summary>
    /// <param name="read">The machine's state.</param>
    /// <param name="next">The event that comes next, whose registers user code has set; null for none.</param>
    /// <exception cref="RecordingException">A value differs.</exception>
    public void Require(State<Concrete> read, Event? next)
    {
        // User code has changed the registers of the current thread since the last event.
        var current = State.Current;
        if (State.Stage.Value == Stages.User && current == read.Current)
            (next?.Registers ?? Registers.Of(read, current)).Set(State, current);
        foreach (var ((info, spec), (_, machine)) in State.Columns.Zip(read.Columns))
            for (var row = 0u; row < State<Concrete>.Rows(info.Table, read.Limits); row++)
                if (spec[row] != machine[row])
                    throw new RecordingException(
                        $"after event {_made} of the recording ({_last}) {Glossary.Cell(State, info.Name, row)} is "
                            + $"{Glossary.Value(State, info.Name, spec[row].Value)} in the spec, and "
                            + $"{Glossary.Value(State, info.Name, machine[row].Value)} in the image"
                    );
    }
}
