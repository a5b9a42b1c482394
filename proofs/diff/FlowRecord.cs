using Verified.Kernel;

namespace Verified.Proofs.Diff;

/// <summary>
/// Records which blocks of a graph a machine runs, and in which order. It sees each run of consecutive instructions
/// once, so the machine need not stop at every instruction.
/// </summary>
internal sealed class FlowRecord
{
    private readonly uint _start,
        _end;

    // For each address of the code: the first block at or after it; the end of the code if there is none.
    private readonly uint[] _nextBlock;

    // For each block, by the place of its start: the block from which it was entered last. Loops enter a block from the
    // same one again and again.
    private readonly uint[] _enteredFrom;
    private readonly HashSet<(uint From, uint To)> _taken = [];
    private uint _block;

    public FlowRecord(KernelImage image, FlowGraph graph)
    {
        Graph = graph;
        (_start, _end) = image.Code;
        (_nextBlock, _enteredFrom) = (new uint[_end - _start], new uint[_end - _start]);
        Array.Fill(_enteredFrom, uint.MaxValue);
        var next = _end;
        var blocks = graph.Blocks.ToHashSet();
        for (var at = _end; at-- > _start; _nextBlock[at - _start] = next)
            if (blocks.Contains(at))
                next = at;
    }

    public FlowGraph Graph { get; }

    /// <summary>The machine to watch.</summary>
    public required ImageMachine Machine { get; init; }

    /// <summary>The steps from block to block so far. A step from outside the code has 0 as its first block.</summary>
    public IReadOnlyCollection<(uint From, uint To)> Taken => _taken;

    /// <summary>Watches from here on.</summary>
    public void Begin() => (_block, Machine.Pc.Ran) = (0, Note);

    /// <summary>Ends the watch.</summary>
    public void End() => Machine.Pc.Ran = null;

    private void Note(uint first, uint last)
    {
        if (first - _start >= _end - _start)
        {
            _block = 0;
            return;
        }

        for (var at = _nextBlock[first - _start]; at <= last && at < _end; at = _nextBlock[at + 1 - _start])
        {
            ref var from = ref _enteredFrom[at - _start];
            if (from != _block)
                _taken.Add((from = _block, at));
            _block = at;
            if (at + 1 == _end)
                return;
        }
    }
}
