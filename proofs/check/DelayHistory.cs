using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Checks that a run satisfies independence. If a thread becomes ready or is raised, and its priority is then above all
/// others, it gets the processor within <see cref="MostSteps"/> steps of the kernel. The threads below it cannot
/// prevent this.
/// </summary>
/// <remarks>
/// Steps that wake other threads at the same tick do not count; there is at most one for each thread. The rule does not
/// apply to a thread that a deletion or a map operation makes ready. These operations continue until the next tick or
/// handled interrupt.
/// </remarks>
public sealed class DelayHistory
{
    public const string Name = "the-thread-above-all-runs-soon";

    /// <summary>
    /// The receive phase of the current thread, the message of a sender that it finds, its leave, and a choice.
    /// </summary>
    public const int MostSteps = 4;

    private readonly FlatTables _tables;
    private readonly TracedTables? _traced;
    private readonly State<Concrete> s;
    private uint _thread;
    private int _steps;

    /// <param name="tables">The state after a step, with the step's writes since the last commit.</param>
    public DelayHistory(FlatTables tables)
        : this(tables, null) { }

    /// <param name="tables">The state after a step.</param>
    /// <param name="traced">Records the reads that show a violation; may be null.</param>
    internal DelayHistory(FlatTables tables, TracedTables? traced) =>
        (_tables, _traced, s) = (tables, traced, traced?.State ?? tables.State);

    /// <summary>Another run begins.</summary>
    public void Begin() => (_thread, _steps) = (0, 0);

    /// <summary>Examines a step that has just been made. Returns the violated property, or null.</summary>
    public (string Name, string Why)? After(Entry entry, uint[] threads)
    {
        _traced?.ForgetAll();
        if (_thread != 0 && !IsKept(_thread, threads))
            Begin();
        if (_thread != 0 && entry is not (Entry.Wake or Entry.Tick or Entry.Interrupt) && ++_steps >= MostSteps)
            return (
                Name,
                $"a thread above all others has the processor after {MostSteps} steps "
                    + $"({Glossary.Row(s, Table.Thread, _thread)}, {entry})"
            );
        if (entry != Entry.Map)
            foreach (var thread in threads)
                if (thread != Before(nameof(s.Current), 0) && Rises(thread) && IsKept(thread, threads))
                    (_thread, _steps) = (thread, 0);
        return null;
    }

    // True if a thread is kept from the processor although no other competes with it.
    private bool IsKept(uint thread, uint[] threads)
    {
        if (thread == s.Current.Value || !Competes(s.Status[thread].Value, s.Slice[thread].Value))
            return false;
        var priority = s.Priority[thread].Value;
        foreach (var other in threads)
            if (
                other != thread
                && (other == s.Current.Value || Competes(s.Status[other].Value, s.Slice[other].Value))
                && s.Priority[other].Value >= priority
            )
                return false;
        return true;
    }

    // True if a thread has just become ready, or has got time or a higher priority.
    private bool Rises(uint thread) =>
        !Competes(Before(nameof(s.Status), thread), Before(nameof(s.Slice), thread))
        || s.Priority[thread].Value > Before(nameof(s.Priority), thread);

    private uint Before(string column, uint row) => _tables.Before(_tables.Start(column) + (int)row);

    private static bool Competes(uint status, uint slice) =>
        slice != 0 && status is (ThreadStatus.Ready or ThreadStatus.Resuming or ThreadStatus.Mapping);
}
