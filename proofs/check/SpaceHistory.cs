using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Checks that a run agrees with the model of address spaces (<see cref="Spaces"/>). Each completed operation must be
/// the requested one, page by page, and no other step may change a space. A deletion leaves nothing of its tasks.
/// </summary>
/// <param name="tables">The state after a step, with the step's writes since the last commit.</param>
public sealed class SpaceHistory(FlatTables tables)
{
    public const string Abstract = "an-operation-is-the-papers",
        Between = "between-pages-the-papers-spaces",
        Nothing = "nothing-else-changes-spaces",
        Deleted = "a-deletion-leaves-nothing",
        Full = "mapping-fails-only-if-full";

    private static readonly HashSet<string> OfSpaces =
    [
        nameof(Mappings<Concrete>.Space),
        nameof(Mappings<Concrete>.Page),
        nameof(Mappings<Concrete>.Frame),
        nameof(Mappings<Concrete>.Depth),
        nameof(Mappings<Concrete>.Level),
        nameof(Mappings<Concrete>.NodeAt),
        nameof(Mappings<Concrete>.TableAt),
    ];

    private readonly State<Concrete> s = tables.State;
    private readonly int _firstSpace = tables.Start(nameof(Mappings<Concrete>.Space));
    private SpaceOperation? _operation;
    private Spaces? _spaces;
    private readonly PresentSpaces _present = new(tables);
    private IReadOnlySet<uint> _clan = new HashSet<uint>();
    private uint _left,
        _was,
        _operationId;
    private int _done;

    /// <summary>Names of the properties of a run.</summary>
    public static readonly IReadOnlyList<string> Names = [Abstract, Between, Nothing, Deleted, Full];

    /// <summary>Forgets the operation in progress, because another run begins.</summary>
    public void Begin()
    {
        _operation = null;
        _present.Forget();
        _was = s.Mappings.Operation.Value;
        if (_was == Operations.Delete && s.Mappings.Pass.Value == Passes.Clan)
            BeginOperation(_was);
    }

    /// <summary>Examines a step that has just been made. Returns the violated property, or null.</summary>
    public (string Name, string Why)? After(Entry entry)
    {
        var m = s.Mappings;
        _present.Note();
        if (entry != Entry.Map && Changed() is { } column)
            return (Nothing, $"only the steps of an operation change a space ({entry} changed {column})");
        var (was, now) = (_was, m.Operation.Value);
        _was = now;
        if (was == Operations.None && now != Operations.None)
            BeginOperation(now);
        else if (_operation is null || entry != Entry.Map)
            return null;
        else if (_operationId != Operations.Delete && m.Left.Value != _left)
        {
            if (Pages(m) is { } wrong)
                return wrong;
        }

        if (now != Operations.None || _operation is null)
            return null;
        var ended = End();
        _operation = null;
        return ended;
    }

    private void BeginOperation(uint operation)
    {
        var (m, owner) = (s.Mappings, s.Mappings.Owner.Value);
        _spaces = _present.Copy();
        (_operationId, _left, _done) = (operation, m.Left.Value, 0);
        _clan = operation == Operations.Delete ? SpaceOperation.Clan(s, m.Target.Value) : _clan;
        _operation = operation switch
        {
            Operations.Map => SpaceOperation.Map(s, s.Partner[owner].Value, owner),
            Operations.Unmap => SpaceOperation.Unmap(s, owner),
            _ => SpaceOperation.Delete(s, m.Target.Value, _spaces),
        };
    }

    // One or more pages are finished. The model handles the same pages.
    private (string, string)? Pages(Mappings<Concrete> m)
    {
        if (m.Failed.Value == 1)
            return Failed(m);
        var done = (int)(_left - m.Left.Value);
        _left = m.Left.Value;
        for (var i = 0; i < done; i++, _done++)
        {
            if (_done >= _operation!.Count)
                return (Between, $"an operation does the pages that were asked for, and is at one more than {_done}");
            _operation.Apply(_spaces!, _done);
        }

        return _present.DifferenceFrom(_spaces!) is { } difference
            ? (Between, $"after page {_done} of an operation the spaces are the model's: {difference}")
            : null;
    }

    // If no row is left for a mapping, at most the destination is flushed.
    private (string, string)? Failed(Mappings<Concrete> m)
    {
        _left = 0;
        if (_done >= _operation!.Count)
            return (Between, "an operation does the pages that were asked for, and fails at another");
        var (source, destination) = _operation.At(_done);
        var flushed = new Spaces(_ => true, _spaces!.Links);
        flushed.Flush(destination, own: true);
        _done = _operation.Count;
        if (_present.DifferenceFrom(_spaces) is not null)
        {
            if (_present.DifferenceFrom(flushed) is { } difference)
                return (Between, $"a map operation that fails leaves the pages that were mapped: {difference}");
            _spaces = flushed;
        }

        var node = s.NodeOf(source.Task, source.Page);
        return m.FreeNode.Value == 0 || m.FreeTable.Value == 0 || m.Depth[node].Value == 255
            ? null
            : (Full, "a map operation fails only if mappings or page tables have run out");
    }

    private (string, string)? End()
    {
        for (; _done < _operation!.Count; _done++)
            _operation.Apply(_spaces!, _done);
        if (_present.DifferenceFrom(_spaces!) is { } difference)
            return (Abstract, $"a completed {Operations.Names[_operationId]} operation is the model's: {difference}");
        return _operationId == Operations.Delete && Left() is { } left ? (Deleted, $"after a deletion {left}") : null;
    }

    // Remains of deleted tasks; null if there are none.
    private string? Left()
    {
        var (m, lthreads) = (s.Mappings, s.Limits.Lthreads);
        for (var table = 1u; table < s.Limits.Paging.Tables; table++)
            if (_clan.Contains(m.TableTask[table].Value))
                return $"task {m.TableTask[table].Value} has a page table";
        foreach (var task in _clan)
            for (var thread = task * lthreads; thread < (task + 1) * lthreads; thread++)
                if (
                    s.Status[thread].Value != ThreadStatus.Inactive
                    && (thread != m.Target.Value * lthreads || s.Consumed[thread].Value != 0)
                )
                    return $"thread {thread} is still there";
        for (var thread = lthreads; thread < s.Limits.Threads; thread++)
            if (
                s.Status[thread].Value is ThreadStatus.Sending or ThreadStatus.ReceivingFrom or ThreadStatus.Giving
                && s.Status[s.Partner[thread]].Value == ThreadStatus.Inactive
            )
                return $"thread {thread} waits for one that is gone";
        foreach (var id in Interrupts.OfUsers)
            if (s.Handler[id].Value != 0 && s.Status[s.Handler[id]].Value == ThreadStatus.Inactive)
                return $"interrupt {id} has a thread that is gone";
        for (var task = 1u; task < s.Limits.Tasks; task++)
            if (m.Doomed[task].Value != 0)
                return $"task {task} is still being deleted";
        return null;
    }

    private string? Changed()
    {
        foreach (var cell in tables.Written)
            if (
                cell >= _firstSpace
                && tables.Before(cell) != tables.Cells[cell]
                && tables.Locate(cell).Column.Name is var name
                && OfSpaces.Contains(name)
            )
                return name;
        return null;
    }
}
