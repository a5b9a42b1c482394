namespace Verified.Proofs.Checker;

/// <summary>A set of 64-bit words with open addressing in one array.</summary>
internal sealed class WordSet
{
    private ulong[] _words = new ulong[64];
    private bool _hasZero;

    /// <summary>How many words are in the set.</summary>
    public int Count { get; private set; }

    public bool Contains(ulong word) => word == 0 ? _hasZero : _words[Slot(word)] != 0;

    public void Add(ulong word)
    {
        if (Contains(word))
            return;
        Count++;
        if (word == 0)
        {
            _hasZero = true;
            return;
        }

        if (2 * Count > _words.Length)
        {
            var old = _words;
            _words = new ulong[2 * old.Length];
            foreach (var each in old)
                if (each != 0)
                    _words[Slot(each)] = each;
        }

        _words[Slot(word)] = word;
    }

    public void Clear()
    {
        Array.Clear(_words);
        (Count, _hasZero) = (0, false);
    }

    private int Slot(ulong word)
    {
        var mask = _words.Length - 1;
        for (var slot = (int)StateSet.Hash(word) & mask; ; slot = (slot + 1) & mask)
            if (_words[slot] == 0 || _words[slot] == word)
                return slot;
    }
}
