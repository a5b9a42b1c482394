using Verified.Spec.Values;

namespace Verified.Spec.Tables;

/// <summary>
/// A property of every reachable state. It holds for all rows <c>i</c> of <paramref name="Over"/>. If it relates two
/// rows, it also holds for all rows <c>j</c> of the spec's table of pairs: the threads.
/// </summary>
/// <typeparam name="TState">The state.</typeparam>
/// <typeparam name="W">The words.</typeparam>
/// <param name="Name">The name in reports and mutations.</param>
/// <param name="Why">One sentence for the reader of a violation.</param>
/// <param name="Over">The table that <c>i</c> ranges over.</param>
/// <param name="Pairs">Whether the property depends on <c>j</c>.</param>
/// <param name="Holds">The property at (i, j).</param>
public sealed record Invariant<TState, W>(
    string Name,
    string Why,
    Table Over,
    bool Pairs,
    Func<TState, W, W, Truth> Holds
)
    where W : struct, IWord<W>
{
    /// <summary>
    /// Whether only steps that create or delete tasks and threads need this invariant at other rows. Any other step
    /// preserves it at a row because it held at that row before.
    /// </summary>
    public bool IsApart { get; init; }
}
