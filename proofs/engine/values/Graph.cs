using Verified.Spec.Values;

namespace Verified.Proofs.Values;

/// <summary>Walks over shared terms, without recursion: a term may be ten thousand operations deep.</summary>
public static class Graph
{
    /// <summary>
    /// The terms under <paramref name="root"/>, itself included, that are not <paramref name="done"/>, operands first.
    /// The operands of terms that are done are not visited.
    /// </summary>
    public static List<ITerm> Pending(ITerm root, Func<ITerm, bool> done)
    {
        var seen = new HashSet<ITerm>(ReferenceEqualityComparer.Instance);
        var found = new List<ITerm>();
        Add(root);
        for (var i = 0; i < found.Count; i++)
        {
            var term = found[i];
            Add(term.A);
            Add(term.B);
            Add(term.C);
        }

        // Operands were made first.
        found.Sort((a, b) => a.Id.CompareTo(b.Id));
        return found;

        void Add(ITerm? term)
        {
            if (term is not null && !done(term) && seen.Add(term))
                found.Add(term);
        }
    }

    /// <summary>The variables in a term, in the order in which they were made.</summary>
    public static IEnumerable<Word> Variables(ITerm root) =>
        Pending(root, _ => false).Where(term => term.Op == TermOp.Variable).Cast<Word>();
}

/// <summary>
/// The values of terms of one instances under one assignment of the variables. Computed values are kept.
/// </summary>
public sealed class Evaluation(Func<Word, uint> variables)
{
    private readonly Stack<ITerm> _open = new();
    private uint[] _values = [];
    private bool[] _known = [];

    public uint Of(Word word) => Value(word);

    public bool Of(Bool condition) => Value(condition) != 0;

    public uint Of(Symbolic word) => word.Term is null ? word.Value : Value(word.Term);

    public bool Of(Truth truth) => truth.Undecided is Bool condition ? Of(condition) : truth.Known;

    /// <summary>The value of a term; a condition is 0 or 1.</summary>
    public uint Of(ITerm term) => Value(term);

    /// <summary>Takes the values of another evaluation, and forgets its own.</summary>
    internal void CopyFrom(Evaluation other)
    {
        if (_known.Length < other._known.Length)
            (_values, _known) = (new uint[other._values.Length], new bool[other._known.Length]);
        var length = other._known.Length;
        Array.Copy(other._values, _values, length);
        Array.Copy(other._known, _known, length);
        Array.Clear(_known, length, _known.Length - length);
    }

    /// <summary>Whether a term has a value already.</summary>
    internal bool Has(ITerm term) => term.Id < _known.Length && _known[term.Id];

    /// <summary>
    /// Gives a term that has a value another one. Terms that have this one as an operand keep theirs.
    /// </summary>
    internal void Put(ITerm term, uint value) => _values[term.Id] = value;

    private uint Value(ITerm root)
    {
        // Operands were made first, so they have smaller numbers.
        if (root.Id >= _known.Length)
        {
            var room = Math.Max(root.Terms.Count, 2 * _known.Length);
            Array.Resize(ref _values, room);
            Array.Resize(ref _known, room);
        }

        if (_known[root.Id])
            return _values[root.Id];
        _open.Push(root);
        while (_open.TryPeek(out var term))
        {
            if (IsOpen(term.A) | IsOpen(term.B) | IsOpen(term.C))
                continue;
            _open.Pop();
            _values[term.Id] = term switch
            {
                Word { Op: TermOp.Constant } constant => constant.Value,
                Word { Op: TermOp.Variable } variable => variables(variable) & variable.Bits,
                _ => OpMeaning.Apply(term.Op, At(term.A), At(term.B), At(term.C)),
            };
            _known[term.Id] = true;
        }

        return _values[root.Id];
    }

    private bool IsOpen(ITerm? operand)
    {
        if (operand is null || _known[operand.Id])
            return false;
        _open.Push(operand);
        return true;
    }

    private uint At(ITerm? operand) => operand is null ? 0 : _values[operand.Id];
}
