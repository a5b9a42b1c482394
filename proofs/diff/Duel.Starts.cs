using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>
/// The starts of both sides: in a given state, in the state after boot, or again in the state of the last start.
/// </summary>
public sealed partial class Duel
{
    /// <summary>
    /// Starts both sides in a state with the image's limits; null, or the difference at the next cut point.
    /// </summary>
    public Difference? Place(State<Concrete> state, IReadOnlyList<Override>? memory = null)
    {
        _tables.Fill(state);
        _machine.Place(_tables.State, memory, _tables.MappingsOtherThan(_booted));
        Begin();
        return Settle();
    }

    /// <summary>
    /// Starts both sides in the state after boot with the project's own servers; null, or the difference between them.
    /// </summary>
    public Difference? PlaceBooted()
    {
        _machine.PlaceBooted();
        _tables.Fill(cells => _booted.CopyTo(cells, 0));
        _machine.Pc.Mark();
        Begin();
        return Compare(State.Current.Value) ?? End();
    }

    /// <summary>Saves the present state for <see cref="Return"/>.</summary>
    public void Keep()
    {
        _machine.Keep();
        _tables.Fill(_ => { });
        Begin();
    }

    private void Begin()
    {
        var s = _tables.State;
        _tables.Cells.CopyTo(_placed, 0);
        foreach (var pages in _placedPages)
            pages.Clear();
        var hasThreads = Enumerable
            .Range(0, (int)_layout.Limits.Tasks)
            .Select(task =>
                Enumerable
                    .Range(0, (int)_layout.Limits.Lthreads)
                    .Any(lthread =>
                        s.Status[(uint)task * _layout.Limits.Lthreads + (uint)lthread].Value != ThreadStatus.Inactive
                    )
            )
            .ToArray();
        foreach (var page in _tables.PagesMapped())
            if (hasThreads[s.Mappings.TableTask[page / _layout.Limits.Paging.Entries].Value])
                List(_placedPages, page, MostPages);
        PlacePages();
        var threads = ThreadsInUse.Of(s);
        Watch(threads, [.. threads.Select(row => s.Priority[row].Value).Append(0u).Distinct()]);
    }

    // Threads in use, and priorities that threads have or may get by the next event.
    private void Watch(uint[] threads, uint[] priorities)
    {
        (_threads, _priorities) = (threads, priorities);
        Threads = threads[1..];
        _tables.LookOnlyAt(_threads);
        _threadWords = [.. _threads.Select(thread => WordOf(0, thread)).Distinct()];
        _readyWords = _senderWords = _timerWords = null;
        _footprint.Watch(_threads, _priorities);
        _moves.Look(_threads);
    }

    /// <summary>Returns both sides to the state placed last; null, or the difference at the next cut point.</summary>
    public Difference? Return()
    {
        _machine.Return();
        _tables.Rewind(_placed);
        PlacePages();
        _moves.Look(_threads);
        return Settle();
    }
}
