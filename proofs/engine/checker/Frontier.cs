namespace Verified.Proofs.Checker;

/// <summary>The states that are not expanded yet, in the order of discovery.</summary>
internal interface IFrontier
{
    /// <summary>How many states of the present level are left.</summary>
    long Left { get; }

    /// <summary>Takes the next states of the level, and their numbers.</summary>
    /// <param name="most">The most states to take.</param>
    (ArraySegment<ulong> States, ArraySegment<int> Numbers) Next(int most);

    /// <summary>Adds new states to the next level.</summary>
    void Add(ReadOnlySpan<LoggedState> states, ReadOnlySpan<int> numbers);

    /// <summary>The next level becomes the present one.</summary>
    void EndLevel();
}

/// <summary>The states to expand, in memory.</summary>
internal sealed class Frontier : IFrontier
{
    private ulong[] _states = [],
        _nextStates = [];
    private int[] _numbers = [],
        _nextNumbers = [];
    private int _first,
        _count,
        _next;

    public long Left => _count - _first;

    public (ArraySegment<ulong> States, ArraySegment<int> Numbers) Next(int most)
    {
        var (first, count) = (_first, Math.Min(most, _count - _first));
        _first += count;
        return (new(_states, first, count), new(_numbers, first, count));
    }

    public void Add(ReadOnlySpan<LoggedState> states, ReadOnlySpan<int> numbers)
    {
        if (_next + states.Length > _nextStates.Length)
        {
            var size = Math.Max(_next + states.Length, _nextStates.Length + _nextStates.Length / 2);
            Array.Resize(ref _nextStates, size);
            Array.Resize(ref _nextNumbers, size);
        }

        for (var n = 0; n < states.Length; n++)
            _nextStates[_next + n] = states[n].State;
        numbers.CopyTo(_nextNumbers.AsSpan(_next));
        _next += states.Length;
    }

    public void EndLevel() =>
        (_states, _numbers, _first, _count, _nextStates, _nextNumbers, _next) = (
            _nextStates,
            _nextNumbers,
            0,
            _next,
            _states,
            _numbers,
            0
        );
}
