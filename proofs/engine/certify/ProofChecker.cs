namespace Verified.Proofs.Certify;

/// <summary>
/// Checks a proof that clauses have no model. The proof adds clauses one by one until a contradiction is found. Each
/// added clause must follow from the clauses before it by reverse unit propagation: its negation and unit clauses alone
/// lead to a conflict. A proof is in the binary DRAT format. Each entry is 'a' or 'd', then the clause's literals, then
/// 0. A literal is twice the variable, plus 1 for a negation, written with 7 bits per byte. A clause after 'd' is
/// deleted, which only saves time: clauses that follow from the formula stay true, whether they are kept or not.
/// </summary>
/// <remarks>This file depends on nothing but the runtime. A theorem that is certified rests on it.</remarks>
public sealed class ProofChecker
{
    // A stored clause: its length (negative once it is deleted), the next clause of the same hash, and the literals,
    // the watched two first.
    private const int Length = 0,
        Next = 1,
        Literals = 2;

    /// <summary>
    /// A clause that watches a literal, and another literal of it. If the other literal is true, the clause need not be
    /// examined.
    /// </summary>
    private readonly record struct Watch(int Clause, int Other);

    private readonly int _variables;
    private readonly List<Watch>[] _watches;
    private readonly sbyte[] _values;
    private readonly int[] _trail;
    private readonly Dictionary<ulong, int> _byHash = [];
    private int[] _store = new int[1 << 16];
    private int _stored = 1,
        _assigned,
        _propagated;
    private bool _contradiction;

    private ProofChecker(int variables)
    {
        _variables = variables;
        _watches = new List<Watch>[2 * variables + 2];
        for (var i = 0; i < _watches.Length; i++)
            _watches[i] = [];
        _values = new sbyte[_watches.Length];
        _trail = new int[variables + 1];
    }

    /// <summary>The reason why a proof does not show that the clauses have no model; null if it shows that.</summary>
    /// <param name="variables">How many variables there are; they are numbered from 1.</param>
    /// <param name="clauses">The clauses' literals, as in DIMACS: negative for a negation, 0 after each clause.</param>
    /// <param name="proof">The proof, in the binary DRAT format.</param>
    public static string? Check(int variables, IEnumerable<int> clauses, ReadOnlySpan<byte> proof)
    {
        var checker = new ProofChecker(variables);
        var clause = new List<int>();
        foreach (var literal in clauses)
        {
            if (literal != 0)
            {
                if (literal < -variables || literal > variables)
                    return $"a clause has the literal {literal} of {variables} variables";
                clause.Add(literal > 0 ? 2 * literal : -2 * literal + 1);
            }
            else
            {
                checker.Add(clause);
                clause.Clear();
            }
        }

        return clause.Count > 0 ? "the last clause has no end" : checker.Run(proof);
    }

    private string? Run(ReadOnlySpan<byte> proof)
    {
        var (position, lemmas) = (0, 0);
        var clause = new List<int>();
        while (!_contradiction)
        {
            if (position == proof.Length)
                return "the proof ends without a contradiction";
            var kind = proof[position++];
            if (kind is not ((byte)'a' or (byte)'d'))
                return $"the proof has the byte {kind:X2} where a clause should begin";
            clause.Clear();
            while (true)
            {
                ulong literal = 0;
                byte part;
                var shift = 0;
                do
                {
                    if (position == proof.Length)
                        return "the proof ends within a clause";
                    part = proof[position++];
                    literal |= (ulong)(part & 0x7F) << shift;
                    shift += 7;
                } while (part >= 0x80 && shift < 35);

                if (literal == 0)
                    break;
                if (literal < 2 || literal > 2 * (ulong)_variables + 1)
                    return $"the proof has a literal of an unknown variable, {literal / 2}";
                clause.Add((int)literal);
            }

            if (kind == 'd')
            {
                Delete(clause);
                continue;
            }

            lemmas++;
            if (!Follows(clause))
                return $"clause {lemmas} of the proof does not follow by unit propagation";
            Add(clause);
        }

        return null;
    }

    /// <summary>True if the negation of a clause leads to a conflict. All assignments made here are undone.</summary>
    private bool Follows(List<int> clause)
    {
        var before = _assigned;
        var conflict = false;
        foreach (var literal in clause)
        {
            // A literal that is true already, or the negation of another literal of the clause: the clause holds.
            if (_values[literal] > 0)
                conflict = true;
            else if (_values[literal] == 0)
                Assign(literal ^ 1);
        }

        conflict = conflict || !Propagate();
        while (_assigned > before)
        {
            var literal = _trail[--_assigned];
            _values[literal] = _values[literal ^ 1] = 0;
        }

        _propagated = before;
        return conflict;
    }

    /// <summary>Adds a clause that holds, and keeps the assignments that it implies.</summary>
    private void Add(List<int> clause)
    {
        if (_contradiction)
            return;
        var literals = Distinct(clause);
        var open = 0;
        for (var i = 0; i < literals.Length; i++)
        {
            // A literal that is true for good satisfies the clause for good; so does a literal with its negation, next
            // in order.
            if (_values[literals[i]] > 0 || (i > 0 && literals[i] == (literals[i - 1] ^ 1)))
                return;
            if (_values[literals[i]] == 0)
                open++;
        }

        var hash = Hash(literals);

        // The literals that are not false come first, to be watched.
        Array.Sort(literals, (a, b) => _values[b].CompareTo(_values[a]));
        if (open == 0)
            _contradiction = true;
        else if (open == 1)
        {
            Assign(literals[0]);
            _contradiction = !Propagate();
        }
        else
            Store(literals, hash);
    }

    private void Store(int[] literals, ulong hash)
    {
        var size = Literals + literals.Length;
        if (_stored + size > _store.Length)
            Array.Resize(ref _store, Math.Max(2 * _store.Length, _stored + size));
        _store[_stored + Length] = literals.Length;
        _store[_stored + Next] = _byHash.GetValueOrDefault(hash);
        literals.CopyTo(_store, _stored + Literals);
        _byHash[hash] = _stored;
        _watches[literals[0]].Add(new(_stored, literals[1]));
        _watches[literals[1]].Add(new(_stored, literals[0]));
        _stored += size;
    }

    /// <summary>Deletes one clause with these literals, if one is stored.</summary>
    private void Delete(List<int> clause)
    {
        var literals = Distinct(clause);
        var hash = Hash(literals);
        var previous = 0;
        for (var at = _byHash.GetValueOrDefault(hash); at != 0; previous = at, at = _store[at + Next])
        {
            var found = _store.AsSpan(at + Literals, _store[at + Length]).ToArray();
            Array.Sort(found);
            if (!found.AsSpan().SequenceEqual(literals))
                continue;
            if (previous != 0)
                _store[previous + Next] = _store[at + Next];
            else if (_store[at + Next] != 0)
                _byHash[hash] = _store[at + Next];
            else
                _byHash.Remove(hash);
            _store[at + Length] = -_store[at + Length];
            return;
        }
    }

    private void Assign(int literal)
    {
        _values[literal] = 1;
        _values[literal ^ 1] = -1;
        _trail[_assigned++] = literal;
    }

    /// <summary>Assigns the literals that unit clauses imply; false at a conflict.</summary>
    private bool Propagate()
    {
        while (_propagated < _assigned)
        {
            var falsified = _trail[_propagated++] ^ 1;
            var watches = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_watches[falsified]);
            var kept = 0;
            var consistent = true;
            for (var i = 0; i < watches.Length; i++)
            {
                var watch = watches[i];
                if (!consistent || _values[watch.Other] > 0)
                {
                    watches[kept++] = watch;
                    continue;
                }

                var length = _store[watch.Clause + Length];
                if (length < 0)
                    continue;
                var literals = _store.AsSpan(watch.Clause + Literals, length);
                if (literals[0] == falsified)
                    (literals[0], literals[1]) = (literals[1], literals[0]);
                var first = literals[0];
                if (_values[first] <= 0 && Replacement(literals) is var place && place > 0)
                {
                    (literals[1], literals[place]) = (literals[place], literals[1]);
                    _watches[literals[1]].Add(new(watch.Clause, first));
                    continue;
                }

                watches[kept++] = new(watch.Clause, first);
                if (_values[first] < 0)
                    consistent = false;
                else if (_values[first] == 0)
                    Assign(first);
            }

            _watches[falsified].RemoveRange(kept, watches.Length - kept);
            if (!consistent)
                return false;
        }

        return true;
    }

    /// <summary>The place of a literal that is not false and not watched; 0 if there is none.</summary>
    private int Replacement(ReadOnlySpan<int> literals)
    {
        for (var place = 2; place < literals.Length; place++)
            if (_values[literals[place]] >= 0)
                return place;
        return 0;
    }

    private static int[] Distinct(List<int> clause)
    {
        var literals = clause.ToArray();
        Array.Sort(literals);
        var count = 0;
        for (var i = 0; i < literals.Length; i++)
            if (i == 0 || literals[i] != literals[i - 1])
                literals[count++] = literals[i];
        return literals[..count];
    }

    private static ulong Hash(ReadOnlySpan<int> literals)
    {
        var hash = (ulong)literals.Length;
        foreach (var literal in literals)
            hash = (hash ^ (uint)literal) * 0x9E3779B97F4A7C15 ^ hash >> 29;
        return hash;
    }
}
