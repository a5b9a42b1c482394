using System.Globalization;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Shared by the workers of a search: the invariants that read cells whose values after a step may differ from the
/// unpacked key of the state. These are judged with the step; all are judged in unpacked states.
/// </summary>
internal sealed class Unkeyed
{
    private readonly Lock _lock = new();
    private volatile Dictionary<int, Instance[]> _readers = [];
    private volatile (int Cell, uint Value)[] _outside = [];
    private int _version;

    /// <summary>The number of times that the judgements of a step have grown.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>Values of cells beyond the bounds.</summary>
    public ReadOnlySpan<(int Cell, uint Value)> Outside => _outside;

    /// <summary>An invariant reads a cell.</summary>
    public void Reads(Instance instance, int cell)
    {
        if (_readers.TryGetValue(cell, out var known) && known.Contains(instance))
            return;
        lock (_lock)
        {
            var present = _readers.GetValueOrDefault(cell, []);
            if (present.Contains(instance))
                return;
            _readers = new(_readers) { [cell] = [.. present, instance] };
            _version++;
        }
    }

    /// <summary>The invariants that are known to read one of the given cells.</summary>
    public IReadOnlyCollection<Instance> ReadersOf(IEnumerable<int> cells)
    {
        var (found, readers) = (new List<Instance>(), _readers);
        foreach (var cell in cells)
        foreach (var instance in readers.GetValueOrDefault(cell, []))
            if (!found.Contains(instance))
                found.Add(instance);
        return found;
    }

    /// <summary>The known readers as a text: cell, row, and number of the invariant.</summary>
    public string Write(IReadOnlyList<Invariant<State<Concrete>, Concrete>> invariants) =>
        string.Join(
            ';',
            from pair in _readers
            from instance in pair.Value
            let invariant = Enumerable.Range(0, invariants.Count).First(n => invariants[n] == instance.Invariant)
            select $"{pair.Key} {instance.Row} {invariant}"
        );

    /// <summary>Adds the readers of such a text.</summary>
    public void Read(string text, IReadOnlyList<Invariant<State<Concrete>, Concrete>> invariants)
    {
        foreach (var reader in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            int[] numbers = [.. reader.Split(' ').Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
            Reads(new(invariants[numbers[2]], (uint)numbers[1]), numbers[0]);
        }
    }

    /// <summary>The number of a value beyond the bounds.</summary>
    public int NumberOf(int cell, uint value)
    {
        lock (_lock)
        {
            if (Array.IndexOf(_outside, (cell, value)) is >= 0 and var known)
                return known;
            _outside = [.. _outside, (cell, value)];
            return _outside.Length - 1;
        }
    }
}
