using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Checks that a run is fair for any rule of turns: no waiting thread is passed over while another is served twice.
/// </summary>
public sealed class TurnHistory
{
    public const string Senders = "no-sender-is-passed-over-twice",
        Threads = "no-ready-thread-is-passed-over-twice";

    private readonly FlatTables _tables;
    private readonly TracedTables? _traced;
    private readonly State<Concrete> s;
    private readonly Dictionary<uint, HashSet<uint>> _senders = [],
        _ready = [];

    /// <param name="tables">The state after a step, with the step's writes since the last commit.</param>
    public TurnHistory(FlatTables tables)
        : this(tables, null) { }

    /// <param name="tables">The state after a step.</param>
    /// <param name="traced">Records the reads that show a violation; may be null.</param>
    internal TurnHistory(FlatTables tables, TracedTables? traced) =>
        (_tables, _traced, s) = (tables, traced, traced?.State ?? tables.State);

    /// <summary>Names of the properties of a run.</summary>
    public static readonly IReadOnlyList<string> Names = [Senders, Threads];

    /// <summary>Another run begins.</summary>
    public void Begin()
    {
        _senders.Clear();
        _ready.Clear();
    }

    /// <summary>Examines a step that has just been made. Returns the violated property, or null.</summary>
    public (string Name, string Why)? After(Entry entry, uint[] threads)
    {
        foreach (var thread in _senders.Keys.Where(thread => s.Status[thread].Value != ThreadStatus.Sending).ToList())
            _senders.Remove(thread);
        foreach (var thread in _ready.Keys.Where(thread => thread == s.Current.Value || !Competes(thread)).ToList())
            _ready.Remove(thread);
        _traced?.ForgetAll();
        var me = s.Current.Value;
        if (entry == Entry.Receive && s.Stage.Value == Stages.Accept && (s.Ebp[me].Value & 1) != 0)
            return Passed(
                _senders,
                s.Partner[me].Value,
                threads.Where(thread => Looks() && s.SendsTo(thread, me).Known),
                Senders,
                "a waiting sender is not passed over while another is served twice"
            );
        if (
            entry == Entry.Pick
            && s.Stage.Value != Stages.Idle
            && _tables.Before(_tables.Start(nameof(s.Current))) != me
        )
            return Passed(
                _ready,
                me,
                threads.Where(thread =>
                    Looks() && Competes(thread) && s.Priority[thread].Value == s.Priority[me].Value
                ),
                Threads,
                "a ready thread is not passed over while the scheduler picks another of its priority twice"
            );
        return null;
    }

    // The reads of the thread before count no more.
    private bool Looks()
    {
        _traced?.Forget();
        return true;
    }

    private bool Competes(uint thread) =>
        s.Slice[thread].Value != 0
        && s.Status[thread].Value is ThreadStatus.Ready or ThreadStatus.Resuming or ThreadStatus.Mapping;

    private (string, string)? Passed(
        Dictionary<uint, HashSet<uint>> passed,
        uint served,
        IEnumerable<uint> waiting,
        string name,
        string says
    )
    {
        // A thread that waits is judged before the next one is looked at, so that the reads are about it alone.
        _traced?.Keep();
        foreach (var thread in waiting)
        {
            if (thread == served)
                continue;
            if (!passed.TryGetValue(thread, out var others))
                passed[thread] = others = [];
            if (!others.Add(served))
                return (
                    name,
                    $"{says} ({Glossary.Row(s, Table.Thread, thread)} waits, and "
                        + $"{Glossary.Row(s, Table.Thread, served)} was served twice)"
                );
        }

        return null;
    }
}
