using System.Runtime.InteropServices;
using Verified.Spec.Tables;

namespace Verified.Proofs.Diff;

/// <summary>Rows of a table, each once.</summary>
internal sealed class RowsOf(Table table, uint count)
{
    private readonly bool[] _isListed = new bool[count];
    private readonly List<uint> _rows = [];

    public Table Table => table;

    public ReadOnlySpan<uint> Rows => CollectionsMarshal.AsSpan(_rows);

    public bool Contains(uint row) => _isListed[row];

    public void Add(uint row)
    {
        if (_isListed[row])
            return;
        _isListed[row] = true;
        _rows.Add(row);
    }

    public void Clear()
    {
        foreach (var row in _rows)
            _isListed[row] = false;
        _rows.Clear();
    }
}
