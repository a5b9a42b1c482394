using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>
/// The spec and an image side by side: the same state, the same events, the whole state compared after each.
/// </summary>
/// <remarks>
/// After an event only those thread rows are compared that the spec wrote, whose bytes in the image changed, or that have or had the processor:
/// any other row was equal before, and is now what it was on both sides. The rows of inactive threads, and every byte outside of the
/// rows and sets of the active ones, are compared when the program ends: nothing may have changed there at all.
/// </remarks>
public sealed class Duel
{
    private readonly List<uint> _readyWords = [], _senderWords = [];
    private static readonly uint[] Processor = [0];

    private readonly Layout _layout;
    private readonly ImageMachine _machine;
    private readonly FlatTables _tables;
    private readonly Kernel<Concrete> _kernel;
    private readonly Representation<Concrete> _representation;
    private readonly (ColumnInfo Info, Column<Concrete> Column)[] _threadColumns, _otherColumns;
    private readonly (int Column, uint Row)[] _places;
    private uint[] _threads = [], _priorities = [], _placed = [];
    private byte[] _shadow = [], _shadowPlaced = [];
    private readonly List<uint> _changed = [];

    public Duel(ImageMachine machine)
    {
        _machine = machine;
        _layout = machine.Image.Layout;
        _tables = new(_layout.Limits);
        _kernel = new(_tables.State);
        _representation = new(machine.View, _tables.State);
        _threadColumns = [.. _tables.State.Columns.Where(column => column.Info.Table == Table.Thread)];
        _otherColumns = [.. _tables.State.Columns.Where(column => column.Info.Table == Table.Processor)];
        _places = [.. Enumerable.Range(0, _tables.Cells.Length).Select(_tables.Locate)
            .Select(place => (place.Column.Table == Table.Thread ? 1 : 0, place.Row))];
    }

    public ImageMachine Machine => _machine;

    public State<Concrete> State => _tables.State;

    /// <summary>Starts both sides in a state, of the image's limits; null, or how they differ at the next cut point.</summary>
    public Difference? Place(State<Concrete> state, IReadOnlyList<Override>? memory = null)
    {
        Codec.CopyInto(state, _tables);
        var s = _tables.State;
        _threads = [0, .. Enumerable.Range(1, (int)_layout.Limits.Threads - 1).Select(row => (uint)row)
            .Where(row => s.Status[row].Value != ThreadStatus.Inactive)];
        _priorities = [.. _threads.Select(row => s.Priority[row].Value).Append(0u).Distinct()];
        _tables.LookOnlyAt(_threads);
        _machine.Place(s, memory);
        _placed = [.. _tables.Cells];
        _shadow = new byte[_threads.Length * Layout.ThreadSize];
        for (var i = 0; i < _threads.Length; i++) Row(_threads[i]).CopyTo(Shadow(i));
        _shadowPlaced = [.. _shadow];
        return Settle();
    }

    /// <summary>Returns both sides to the state placed last; null, or how they differ at the next cut point.</summary>
    public Difference? Return()
    {
        _machine.Return();
        _placed.CopyTo(_tables.Cells, 0);
        _shadowPlaced.CopyTo(_shadow, 0);
        return Settle();
    }

    /// <summary>One event on both sides; null where they agree after it. An event that the stage does not take is left out.</summary>
    public Difference? Step(Event e)
    {
        if (!Event.Fits(e.Entry, State.Stage.Value)) return null;
        _tables.Commit();
        var before = State.Current.Value;
        e.Apply(_kernel, State);
        FinishSpec();
        return _machine.Deliver(e) is { } failure ? Stopped(failure) : Compare(before);
    }

    /// <summary>Compares what <see cref="Step"/> leaves for the end of a program; null where all agree.</summary>
    public Difference? End()
    {
        foreach (var row in _threads)
            if (CompareThread(row) is { } difference)
                return difference;
        return CompareRepresentation(_threads) ?? ElsewhereUnchanged();
    }

    private Difference? Settle()
    {
        _tables.Commit();
        if (Kernel<Concrete>.Own(State.Stage.Value) is null) return null;
        var before = State.Current.Value;
        FinishSpec();
        return _machine.Settle() is { } failure ? Stopped(failure) : Compare(before);
    }

    private void FinishSpec()
    {
        while (Kernel<Concrete>.Own(State.Stage.Value) is { } own) _kernel.Step(own);
    }

    private Difference Stopped(string failure) =>
        new("execution", $"reaches stage {Stages.Names[State.Stage.Value]}", failure);

    private Difference? Compare(uint before)
    {
        foreach (var (info, column) in _otherColumns)
            if (Differ(info, column, 0) is { } difference)
                return difference;
        FindChanged(before);
        foreach (var row in _changed)
            if (CompareThread(row) is { } difference)
                return difference;
        var picked = State.Columns[^1];
        foreach (var priority in _priorities)
            if (Differ(picked.Info, picked.Column, priority) is { } difference)
                return difference;
        return CompareRepresentation(_changed);
    }

    private void FindChanged(uint before)
    {
        _changed.Clear();
        Add(before);
        Add(State.Current.Value);
        foreach (var cell in _tables.Written)
            if (_places[cell] is (1, var row))
                Add(row);
        for (var i = 0; i < _threads.Length; i++)
        {
            var row = Row(_threads[i]);
            if (row.SequenceEqual(Shadow(i))) continue;
            row.CopyTo(Shadow(i));
            Add(_threads[i]);
        }

        void Add(uint row)
        {
            if (!_changed.Contains(row)) _changed.Add(row);
        }
    }

    private Difference? CompareThread(uint row)
    {
        foreach (var (info, column) in _threadColumns)
            if (Differ(info, column, row) is { } difference)
                return difference;
        return null;
    }

    private Difference? Differ(ColumnInfo info, Column<Concrete> column, uint row)
    {
        var (spec, image) = (column[row].Value, _machine.View.Column(info, row).Value);
        return spec == image ? null : Describe(info, row, spec, image);
    }

    private Difference Describe(ColumnInfo info, uint row, uint spec, uint image)
    {
        var field = info.Table == Table.Thread
            ? _layout.Threads.Fields.FirstOrDefault(field => string.Equals(field.Name, info.Name, StringComparison.OrdinalIgnoreCase))
            : null;
        uint? address = field is not null ? _layout.Threads.Address<Concrete>(row, field).Value
            : info.Table == Table.Priority ? _layout.Picked.Address<Concrete>(row, _layout.PickedNumber).Value
            : info.Name == nameof(State<Concrete>.Current) ? _layout.TssStack.Base : null;
        var where = info.Table switch
        {
            Table.Thread => $"{info.Name} of {Transcript.Number(State, row)}",
            Table.Priority => $"{info.Name} of priority {row}",
            _ => info.Name,
        };
        return new(where, Name(spec), Name(image), address);

        string Name(uint value) => info.Name switch
        {
            nameof(State<Concrete>.Status) => value < ThreadStatus.Names.Length ? ThreadStatus.Names[value] : $"{value:X}h",
            nameof(State<Concrete>.Stage) => Stages.Names[value],
            nameof(State<Concrete>.Current) or nameof(State<Concrete>.Partner) or nameof(State<Concrete>.Served)
                or nameof(State<Concrete>.Picked) => value == 0 ? "nobody" : Transcript.Number(State, value),
            _ => $"{value:X8}h",
        };
    }

    // For the words that the given threads are in, or own, against all threads.
    private Difference? CompareRepresentation(IReadOnlyList<uint> threads)
    {
        FindWords(threads);
        foreach (var invariant in Representation<Concrete>.All)
        {
            var ofWords = invariant.I is Sort.ReadyWord or Sort.SenderWord;
            if (Violated(invariant, Values(invariant.I, threads), Values(invariant.J, ofWords ? _threads : threads)) is var (i, j))
                return new($"representation {invariant.Name} at {invariant.I} {i}, {invariant.J} {j}", invariant.Why, "violates it");
        }

        return null;
    }

    private void FindWords(IReadOnlyList<uint> threads)
    {
        _readyWords.Clear();
        _senderWords.Clear();
        foreach (var thread in threads)
        {
            foreach (var priority in _priorities) Add(_readyWords, priority, thread);
            foreach (var other in _threads)
            {
                Add(_senderWords, other, thread);
                Add(_senderWords, thread, other);
            }
        }

        void Add(List<uint> words, uint owner, uint thread)
        {
            var word = Representation<Concrete>.WordOf(_layout, owner, thread).Value;
            if (!words.Contains(word)) words.Add(word);
        }
    }

    private (uint I, uint J)? Violated(
        RepresentationInvariant<Concrete> invariant, IReadOnlyList<uint> i, IReadOnlyList<uint> j)
    {
        for (var a = 0; a < i.Count; a++)
            for (var b = 0; b < j.Count; b++)
                if (!invariant.Holds(_representation, i[a], j[b]))
                    return (i[a], j[b]);
        return null;
    }

    private IReadOnlyList<uint> Values(Sort sort, IReadOnlyList<uint> threads) => sort switch
    {
        Sort.Thread => threads,
        Sort.Priority => _priorities,
        Sort.ReadyWord => _readyWords,
        Sort.SenderWord => _senderWords,
        _ => Processor,
    };

    private Difference? ElsewhereUnchanged()
    {
        var memory = _machine.Pc.Memory;
        for (var n = 0; n < memory.DirtyPages.Length; n++)
        {
            var page = memory.DirtyPages[n];
            var now = memory.Page(page);
            var then = memory.Original(n);
            for (var at = now.CommonPrefixLength(then); at < now.Length; at += 4)
            {
                at &= ~3;
                if (!now.Slice(at, 4).SequenceEqual(then.Slice(at, 4)))
                {
                    var address = Layout.KernelBase + page * Layout.PageSize + (uint)at;
                    if (!MayChange(address, BitConverter.ToUInt32(now[at..]), BitConverter.ToUInt32(then[at..])))
                        return new($"{_machine.Image.Name(address)} ({address:X8}h)", $"unchanged {BitConverter.ToUInt32(then[at..]):X8}h",
                            $"{BitConverter.ToUInt32(now[at..]):X8}h", address);
                }
            }
        }

        return null;
    }

    // Whether the spec lets a dword change: then the comparison of states and the representation invariants say to what.
    private bool MayChange(uint address, uint now, uint then)
    {
        if (_layout.Threads.Base <= address && address < _layout.Threads.End)
        {
            var offset = (address - _layout.Threads.Base) % Layout.ThreadSize;
            return _threads.Contains((address - _layout.Threads.Base) / Layout.ThreadSize)
                && _layout.Threads.Fields.Any(field => field.Offset == offset);
        }

        foreach (var area in _layout.Areas)
            if (area.Base <= address && address < area.End)
                return (area != _layout.Ready && area != _layout.SenderSets && area != _layout.ReadySummary && area != _layout.Picked)
                    || IsOfActive(area, (address - area.Base) / 4, now ^ then);

        // The processor itself marks descriptors and page-table entries accessed and dirty.
        var inPageTables = _layout.Directories <= address && address < _layout.UserImages;
        return inPageTables && ((now ^ then) & ~0x60u) == 0;
    }

    // Bits of active threads' sets only.
    private bool IsOfActive(Area area, uint row, uint changed)
    {
        if (area == _layout.Picked || area == _layout.ReadySummary) return _priorities.Contains(row);
        var owner = row / _layout.Words;
        var first = row % _layout.Words * 32;
        var owners = area == _layout.Ready ? _priorities : _threads;
        foreach (var thread in _threads)
            if (thread >= first && thread < first + 32)
                changed &= ~(1u << (int)(thread - first));
        return changed == 0 && owners.Contains(owner);
    }

    private ReadOnlySpan<byte> Row(uint row)
    {
        var at = Layout.Physical(_layout.Threads.Base) + row * Layout.ThreadSize;
        return _machine.Pc.Memory.Page(at / Layout.PageSize).Slice((int)(at % Layout.PageSize), (int)Layout.ThreadSize);
    }

    private Span<byte> Shadow(int index) => _shadow.AsSpan(index * (int)Layout.ThreadSize, (int)Layout.ThreadSize);
}
