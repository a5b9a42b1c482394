using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Evaluates properties of steps that are made many times in a row. A property that held of the last step holds of this
/// one if neither step changed a column that the property read.
/// </summary>
internal sealed class RepeatedSteps
{
    private static readonly uint[] One = [0];

    private readonly FlatTables _tables;
    private readonly HeldStatements _held;
    private readonly ColumnReads _reads = new();
    private readonly State<Concrete> _before,
        _after;
    private readonly Dictionary<Property<Concrete>, int> _numbers = new(ReferenceEqualityComparer.Instance);
    private (Entry Entry, uint Argument, uint Code, uint[] Threads) _last;
    private long _commits = -1;
    private Step<Concrete> _step;

    /// <param name="tables">The state after a step, with the step's writes since the last commit.</param>
    /// <param name="properties">The properties.</param>
    public RepeatedSteps(FlatTables tables, IReadOnlyList<Property<Concrete>> properties)
    {
        (_tables, _held) = (tables, new(tables, properties.Count));
        (_before, _after) = (_reads.Watch(tables, before: true), _reads.Watch(tables, before: false));
        foreach (var property in properties)
            _numbers.TryAdd(property, _numbers.Count);
    }

    /// <summary>
    /// Looks at the step that was just made. Returns whether it is the same as the last step, and followed it at once.
    /// </summary>
    public bool Begin(Entry entry, uint argument, uint code, uint[] threads)
    {
        var step = (entry, argument, code, threads);
        var repeats = step == _last && _tables.Commits == _commits + 1;
        (_last, _commits) = (step, _tables.Commits);
        if (repeats)
            _held.Next();
        else
            _held.Forget();
        _held.Note();
        _step = new(_before, _after, entry, argument, code);
        return repeats;
    }

    /// <summary>The first rows at which the step violates a property; null if there are none.</summary>
    /// <param name="property">The property.</param>
    /// <param name="rows">The rows to look at.</param>
    /// <param name="areFixed">Whether the rows are the same for each of the repeated steps.</param>
    /// <param name="threads">The second rows, if the property relates two.</param>
    public (uint I, uint J)? Violated(
        Property<Concrete> property,
        IEnumerable<uint> rows,
        bool areFixed,
        uint[] threads
    )
    {
        var (number, all) = (_numbers[property], areFixed);
        if (_held.StillHolds(number))
            return null;
        foreach (var i in rows)
        {
            if (_held.StillHolds(number, property.Over, i))
                continue;
            _reads.Begin(property.Over, i);
            foreach (var j in property.Pairs ? threads : One)
                if (!property.Holds(_step, i, j))
                    return (i, j);
            if (_held.Changes(property.Over, i, _reads.InRow, _reads.Elsewhere))
                all = false;
            else
                _held.Hold(number, property.Over, i, _reads);
        }

        if (all)
            _held.Hold(number);
        return null;
    }
}
