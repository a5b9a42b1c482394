namespace Verified.Proofs.Checker;

/// <summary>
/// The reads of one run of a step, of bits of a packed state or of cells, and its choices, in order. The run is a
/// function of this list alone.
/// </summary>
public sealed class Recording
{
    private readonly List<RecordedItem> _items = [];
    private readonly HashSet<int> _cells = [];
    private readonly int[] _picks = new int[MostChoices];
    private ulong _read;
    private int _given,
        _chosen;

    /// <summary>The most choices of one run.</summary>
    public const int MostChoices = 32;

    /// <summary>Reads and choices, in the order of the run.</summary>
    public IReadOnlyList<RecordedItem> Items => _items;

    /// <summary>The bits that were read, and the known bits.</summary>
    public ulong Bits => _read;

    /// <summary>The cells that were read, and the known cells.</summary>
    public IReadOnlySet<int> Cells => _cells;

    /// <summary>The alternatives that the run has taken.</summary>
    public ReadOnlySpan<int> Picks => _picks.AsSpan(0, _chosen);

    /// <summary>
    /// Forgets everything. The next run takes the given alternatives, and then the first alternative of each further
    /// choice.
    /// </summary>
    /// <param name="picks">The alternatives.</param>
    /// <param name="known">Known bits, whose reads are not recorded.</param>
    public void Begin(ReadOnlySpan<int> picks, ulong known = 0)
    {
        _items.Clear();
        _cells.Clear();
        picks.CopyTo(_picks);
        (_read, _given, _chosen) = (known, picks.Length, 0);
    }

    /// <summary>Forgets everything. The next run makes no choice.</summary>
    /// <param name="known">Known cells, whose reads are not recorded.</param>
    public void BeginKnowing(IReadOnlySet<int> known)
    {
        Begin([]);
        _cells.UnionWith(known);
    }

    /// <summary>The run reads a cell. A cell that it has already read need not be recorded again.</summary>
    public void ReadCell(int cell)
    {
        if (_cells.Add(cell))
            _items.Add(new(IsChoice: false, cell, 0));
    }

    /// <summary>
    /// The run reads bits of the packed state. Bits that it has already read need not be recorded again.
    /// </summary>
    /// <param name="at">The first bit.</param>
    /// <param name="bits">
    /// The number of bits. They are the bits of one slot, so two reads have either the same bits or none in common.
    /// </param>
    public void Read(int at, int bits)
    {
        var mask = ((1UL << bits) - 1) << at;
        if ((_read & mask) == mask)
            return;
        _read |= mask;
        _items.Add(new(IsChoice: false, at, bits));
    }

    /// <summary>The run chooses among so many alternatives.</summary>
    /// <returns>The alternative that the run takes.</returns>
    public int Choose(int count)
    {
        if (_chosen == MostChoices)
            throw new ModelException($"a step has more than {MostChoices} choices");
        if (_chosen >= _given)
            _picks[_chosen] = 0;
        _items.Add(new(IsChoice: true, 0, count));
        return _picks[_chosen++];
    }
}

/// <summary>A read of bits, or a choice.</summary>
/// <param name="IsChoice">Which of the two.</param>
/// <param name="At">The first bit that was read, or the cell.</param>
/// <param name="Count">How many bits were read, 0 for a cell; or how many alternatives there are.</param>
public readonly record struct RecordedItem(bool IsChoice, int At, int Count);
