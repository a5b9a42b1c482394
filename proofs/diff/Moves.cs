using Verified.Kernel;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>
/// The sets that each thread was in at the last look, and the sets that threads have entered or left since. In a word
/// that was not written, only the bits of these moves can be wrong.
/// </summary>
internal sealed class Moves
{
    private readonly Membership<Concrete> _now;
    private readonly Set _ready,
        _sender,
        _timer;

    public Moves(State<Concrete> state)
    {
        var (threads, limits) = (state.Limits.Threads, state.Limits);
        _now = Membership<Concrete>.Of(state);
        (_ready, _sender, _timer) = (
            new(threads, limits.Priorities),
            new(threads, limits.Threads),
            new(threads, Limits.ClockSlots)
        );
        Seen = new(
            thread => _ready.Owners[thread.Value],
            thread => _sender.Owners[thread.Value],
            thread => _timer.Owners[thread.Value]
        );
    }

    /// <summary>As of the last look at each thread.</summary>
    public Membership<Concrete> Seen { get; }

    /// <summary>Thread and owner of a set that it has entered or left.</summary>
    public List<(uint Thread, uint Owner)> Ready => _ready.Moved;

    /// <inheritdoc cref="Ready"/>
    public List<(uint Thread, uint Owner)> Sender => _sender.Moved;

    /// <inheritdoc cref="Ready"/>
    public List<(uint Thread, uint Owner)> Timer => _timer.Moved;

    /// <summary>Looks at threads and records the moves since the last look at them.</summary>
    public void Look(ReadOnlySpan<uint> threads)
    {
        _ready.Moved.Clear();
        _sender.Moved.Clear();
        _timer.Moved.Clear();
        foreach (var thread in threads)
        {
            _ready.Look(thread, _now.Ready(thread).Value);
            _sender.Look(thread, _now.Sender(thread).Value);
            _timer.Look(thread, _now.Timer(thread).Value);
        }
    }

    /// <param name="threads">Number of rows.</param>
    /// <param name="none">The owner value that means no set.</param>
    private sealed class Set(uint threads, uint none)
    {
        public readonly uint[] Owners = new uint[threads];
        public readonly List<(uint, uint)> Moved = [];

        public void Look(uint thread, uint owner)
        {
            var former = Owners[thread];
            if (former == owner)
                return;
            Owners[thread] = owner;
            if (former != none)
                Moved.Add((thread, former));
            if (owner != none)
                Moved.Add((thread, owner));
        }
    }
}
