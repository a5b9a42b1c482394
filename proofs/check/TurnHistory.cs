using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Checks that a run is fair for any rule of turns: no waiting thread is passed over while another is served twice.
/// </summary>
/// <param name="tables">The state after a step, with the step's writes since the last commit.</param>
public sealed class TurnHistory(FlatTables tables)
{
    public const string Senders = "no-sender-is-passed-over-twice",
        Threads = "no-ready-thread-is-passed-over-twice";

    private readonly State<Concrete> s = tables.State;
    private readonly Dictionary<uint, HashSet<uint>> _senders = [],
        _ready = [];

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
        var me = s.Current.Value;
        if (entry == Entry.Receive && s.Stage.Value == Stages.Accept && (s.Ebp[me].Value & 1) != 0)
            return Passed(
                _senders,
                s.Partner[me].Value,
                threads.Where(thread => s.SendsTo(thread, me).Known),
                Senders,
                "a waiting sender is not passed over while another is served twice"
            );
        if (entry == Entry.Pick && s.Stage.Value != Stages.Idle && tables.Before(tables.Start(nameof(s.Current))) != me)
            return Passed(
                _ready,
                me,
                threads.Where(thread => Competes(thread) && s.Priority[thread].Value == s.Priority[me].Value),
                Threads,
                "a ready thread is not passed over while the scheduler picks another of its priority twice"
            );
        return null;
    }

    private bool Competes(uint thread) =>
        s.Slice[thread].Value != 0
        && s.Status[thread].Value is ThreadStatus.Ready or ThreadStatus.Resuming or ThreadStatus.Mapping;

    private static (string, string)? Passed(
        Dictionary<uint, HashSet<uint>> passed,
        uint served,
        IEnumerable<uint> waiting,
        string name,
        string says
    )
    {
        foreach (var thread in waiting.Where(thread => thread != served).ToList())
        {
            if (!passed.TryGetValue(thread, out var others))
                passed[thread] = others = [];
            if (!others.Add(served))
                return (name, $"{says} (thread {thread}, {served} was served twice)");
        }

        return null;
    }
}
