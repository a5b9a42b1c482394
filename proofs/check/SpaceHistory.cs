using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>
/// Checks that a run agrees with the model of address spaces (<see cref="Spaces"/>). Each completed operation must be
/// the requested one, page by page, and no other step may change a space. A deletion leaves nothing of its tasks.
/// </summary>
public sealed class SpaceHistory
{
    public const string Abstract = "an-operation-is-the-papers",
        Between = "between-pages-the-papers-spaces",
        Nothing = "nothing-else-changes-spaces",
        Deleted = "a-deletion-leaves-nothing",
        Full = "mapping-fails-only-if-full";

    private static readonly string[] OfMapping =
    [
        nameof(Mappings<Concrete>.Space),
        nameof(Mappings<Concrete>.Page),
        nameof(Mappings<Concrete>.Frame),
        nameof(Mappings<Concrete>.Depth),
        nameof(Mappings<Concrete>.Level),
        nameof(Mappings<Concrete>.Previous),
    ];

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

    private readonly FlatTables _tables;
    private readonly TracedTables? _traced;
    private readonly State<Concrete> s;
    private readonly int _firstSpace;
    private SpaceOperation? _operation;
    private Spaces? _spaces;
    private readonly PresentSpaces _present;
    private IReadOnlySet<uint> _clan = new HashSet<uint>();

    // The chief of each deleted task when the deletion began, if the reads are recorded.
    private readonly Dictionary<uint, uint> _chiefs = [];
    private uint _left,
        _was,
        _operationId;
    private int _done;

    /// <param name="tables">The state after a step, with the step's writes since the last commit.</param>
    public SpaceHistory(FlatTables tables)
        : this(tables, null) { }

    /// <param name="tables">The state after a step.</param>
    /// <param name="traced">Records the reads that show a violation; may be null.</param>
    internal SpaceHistory(FlatTables tables, TracedTables? traced)
    {
        (_tables, _traced, s) = (tables, traced, traced?.State ?? tables.State);
        (_firstSpace, _present) = (tables.Start(nameof(Mappings<Concrete>.Space)), new(tables));
    }

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
        _traced?.ForgetAll();
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
        _chiefs.Clear();
        if (_traced is not null)
            foreach (var task in _clan)
                _chiefs[task] = m.Chief[task].Value;
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

        return DifferenceFrom(_spaces!) is { } difference
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
            if (DifferenceFrom(flushed) is { } difference)
                return (Between, $"a map operation that fails leaves the pages that were mapped: {difference}");
            _spaces = flushed;
        }

        _traced?.ForgetAll();
        var node = s.NodeOf(source.Task, source.Page);
        return m.FreeNode.Value == 0 || m.FreeTable.Value == 0 || m.Depth[node].Value == 255
            ? null
            : (Full, "a map operation fails only if mappings or page tables have run out");
    }

    private (string, string)? End()
    {
        for (; _done < _operation!.Count; _done++)
            _operation.Apply(_spaces!, _done);
        if (DifferenceFrom(_spaces!) is { } difference)
            return (Abstract, $"a completed {Operations.Names[_operationId]} operation is the model's: {difference}");
        return _operationId == Operations.Delete && Left() is { } left ? (Deleted, $"after a deletion {left}") : null;
    }

    // Remains of deleted tasks; null if there are none.
    private string? Left()
    {
        var (m, lthreads) = (s.Mappings, s.Limits.Lthreads);
        for (var table = 1u; table < s.Limits.Paging.Tables; table++)
            if (Looks() && _clan.Contains(m.TableTask[table].Value))
                return OfClan(
                    m.TableTask[table].Value,
                    $"{Row(Table.Task, m.TableTask[table].Value)} has a page table"
                );
        foreach (var task in _clan)
            for (var thread = task * lthreads; thread < (task + 1) * lthreads; thread++)
                if (
                    Looks()
                    && s.Status[thread].Value != ThreadStatus.Inactive
                    && (thread != m.Target.Value * lthreads || s.Consumed[thread].Value != 0)
                )
                    return OfClan(task, $"{Row(Table.Thread, thread)} is still there");
        for (var thread = lthreads; thread < s.Limits.Threads; thread++)
            if (
                Looks()
                && s.Status[thread].Value is ThreadStatus.Sending or ThreadStatus.ReceivingFrom or ThreadStatus.Giving
                && s.Status[s.Partner[thread]].Value == ThreadStatus.Inactive
            )
                return $"{Row(Table.Thread, thread)} waits for {Row(Table.Thread, s.Partner[thread].Value)}, which is "
                    + "gone";
        foreach (var id in Interrupts.OfUsers)
            if (Looks() && s.Handler[id].Value != 0 && s.Status[s.Handler[id]].Value == ThreadStatus.Inactive)
                return $"{Row(Table.Interrupt, id)} has {Row(Table.Thread, s.Handler[id].Value)}, which is gone";
        for (var task = 1u; task < s.Limits.Tasks; task++)
            if (Looks() && m.Doomed[task].Value != 0)
                return $"{Row(Table.Task, task)} is still being deleted";
        return null;
    }

    private string Row(Table table, uint row) => Glossary.Row(_tables.State, table, row);

    // The reads of what was looked at before count no more.
    private bool Looks()
    {
        _traced?.ForgetAll();
        return true;
    }

    // A violation by a deleted task. The chiefs above it show why it was to be deleted.
    private string OfClan(uint task, string remains)
    {
        if (_traced is null)
            return remains;
        for (var steps = s.Limits.Tasks; steps > 0 && task != s.Mappings.Target.Value; steps--)
        {
            Read(nameof(Mappings<Concrete>.Chief), task);
            Read(nameof(Mappings<Concrete>.Doomed), task);
            task = _chiefs.GetValueOrDefault(task, s.Mappings.Target.Value);
        }

        return remains;
    }

    private void Read(string column, uint row) => _traced?.Read(_tables.Start(column) + (int)row);

    // The first page in which a model differs from the present spaces, in words. The reads are those of its mapping.
    private string? DifferenceFrom(Spaces model)
    {
        var difference = _present.DifferenceFrom(model);
        if (_traced is null || difference is null || _present.PlaceOf(model) is not { } place)
            return difference;
        _traced.ForgetAll();
        var node = s.NodeOf(place.Task, place.Page).Value;
        if (node == 0)
            return difference;
        foreach (var column in OfMapping)
            Read(column, node);
        return difference;
    }

    private string? Changed()
    {
        foreach (var cell in _tables.Written)
            if (
                cell >= _firstSpace
                && _tables.Before(cell) != _tables.Cells[cell]
                && _tables.Locate(cell) is var (column, row)
                && OfSpaces.Contains(column.Name)
            )
            {
                _traced?.ForgetAll();
                _traced?.Read(cell);
                return Glossary.Cell(_tables.State, column.Name, row);
            }

        return null;
    }
}
