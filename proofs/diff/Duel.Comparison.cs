using System.Runtime.InteropServices;
using Verified.Kernel;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Diff;

/// <summary>The comparison after an event: columns, dwords that must not change, and the representation.</summary>
public sealed partial class Duel
{
    private readonly List<uint> _slots = [];

    private Difference? Compare(uint before)
    {
        _footprint.Clear();
        _footprint.Add(before);
        _footprint.Add(State.Current.Value);
        if (_search is not null)
        {
            _footprint.Add(_search.Heir);
            _footprint.Add(State.Heir.Value);
        }

        foreach (var column in _ofProcessor)
            if (Differ(column, 0) is { } difference)
                return difference;
        foreach (var cell in _tables.Written)
        {
            var (table, start) = _columns[_columnOf[cell]];
            var row = (uint)(cell - start);
            if (table == Table.Thread)
                _footprint.Add(row);
            else if (table == Table.Priority)
                _footprint.Picked.Add(row);
            else if (cell >= _tables.MappingsStart || table == Table.Interrupt)
                _footprint.Add(table, row);
        }

        if (_footprint.Add(_machine.Pc.Memory) is var (address, former, field))
            return field is null ? Unchangeable(address, former) : HoldsNoValue(address, field);
        if (_constant.From(_machine.Pc.Cpu, _machine.IsInWindow) is { } register)
            return register;
        foreach (var row in _footprint.Threads)
            if (CompareThread(row) is { } difference)
                return difference;
        foreach (var priority in _footprint.Picked)
            if (Differ(_picked, priority) is { } difference)
                return difference;
        if (CompareRows() is { } differs)
            return differs;
        if (_footprint.HasTranslations && _machine.Pc.Mmu.FirstStale() is { } page)
            return Stale(page);
        return CompareRepresentation();
    }

    /// <summary>
    /// Compares every row of the tables of mappings and interrupts that either side wrote, and the page table entries
    /// for it.
    /// </summary>
    private Difference? CompareRows()
    {
        var s = State;
        foreach (var written in _footprint.Rows)
            if (written.Rows.Length > 0)
                foreach (var column in _byRow[written.Table])
                foreach (var row in written.Rows)
                    if (Differ(column, row) is { } difference)
                        return difference;
        var (nodes, pages, slots) = (_footprint.Of(Table.Node), _footprint.Of(Table.Page), _footprint.Of(Table.Slot));
        foreach (var node in nodes.Rows)
            if (s.Mappings.Space[node].Value != 0)
                pages.Add(
                    s.EntryOf(s.TableOf(s.Mappings.Space[node], s.Mappings.Page[node]), s.Mappings.Page[node]).Value
                );
        foreach (var page in pages.Rows)
            List(_pages, page);
        if (pages.Rows.Length + slots.Rows.Length > 0)
            _used = default;
        AddPlaces(pages.Rows);
        var words = CollectionsMarshal.AsSpan(_footprint.PortWords);
        var smallPages = CollectionsMarshal.AsSpan(_footprint.SmallPages);

        // The window has its own entry in each directory, if there is a window.
        _slots.Clear();
        foreach (var slot in slots.Rows)
            if (!_machine.HasWindow || !Window.IsSlot(slot & _layout.Limits.Paging.SlotMask))
                _slots.Add(slot);
            else if (
                _layout.Mappings.Directories.Address<Concrete>(slot, MappingLayout.Entry).Value is var address
                && _machine.Load(address).Value != Window.Entry
            )
                return Unchangeable(address, Window.Entry);
        if (pages.Rows.Length + slots.Rows.Length + words.Length + smallPages.Length == 0)
            return null;
        foreach (var invariant in OfPages)
            if (
                Each(
                    invariant,
                    invariant.I switch
                    {
                        _ when invariant.I == Table.PortWord => words,
                        _ when invariant.I == Table.Page => pages.Rows,
                        _ when invariant.I == Table.SmallPage => smallPages,
                        _ => CollectionsMarshal.AsSpan(_slots),
                    }
                ) is
                { } difference
            )
                return difference;
        return null;
    }

    // Adds the places that depend on some pages: words of the maps of ports, and entries of small spaces. The places
    // before the event count, too, because it may have freed the page tables.
    private void AddPlaces(ReadOnlySpan<uint> pages)
    {
        var (m, limits) = (State.Mappings, _layout.Limits);
        var tables = _footprint.Of(Table.PageTable);
        var (known, wasMoved, task, slot, formerTask, formerSlot) = (uint.MaxValue, false, 0u, 0u, 0u, 0u);
        foreach (var page in pages)
        {
            // Most pages are in the same page table as the page before. The journal of a freed table is long.
            var table = page / limits.Paging.Entries;
            if (table != known)
            {
                (known, task, slot) = (table, m.TableTask[table].Value, m.TableSlot[table].Value);
                if (tables.Contains(table))
                    (formerTask, formerSlot) = (
                        _tables.Before(_tableTask + (int)table),
                        _tables.Before(_tableSlot + (int)table)
                    );
                wasMoved = tables.Contains(table) && (task, slot) != (formerTask, formerSlot);
            }

            Add(task, slot, page);
            if (wasMoved)
                Add(formerTask, formerSlot, page);
        }

        void Add(uint task, uint slot, uint page)
        {
            if (PageEntries.PortWordOf(limits, task, slot, page) is { } word)
                _footprint.PortWords.Add(word);
            else if (PageEntries.SmallPageOf(limits, task, slot, page) is { } small)
                _footprint.SmallPages.Add(small);
        }
    }

    private Difference? CompareThread(uint row)
    {
        var (memory, cells) = (_machine.Pc.Memory, _tables.Cells);
        var start = Layout.Physical(_layout.Threads.Base + _layout.Threads.Offset<Concrete>(row).Value);
        var isSaved = row != State<Concrete>.Nobody && row != _machine.View.Current.Value;
        foreach (var column in _ofThreads)
        {
            // Most columns are dwords of the row.
            if (
                column.Offset is { } offset
                && (isSaved || !column.IsRegister)
                && memory.Load(start + offset, 4) == cells[column.Start + (int)row]
            )
                continue;
            if (Differ(column, row) is { } difference)
                return difference;
        }

        return null;
    }

    private Difference? Differ(Compared column, uint row)
    {
        var (spec, image) = (_tables.Cells[column.Start + (int)row], column.Image(row).Value);
        return spec == image ? null : Describe(column.Info, row, spec, image);
    }

    private Difference? CompareRepresentation()
    {
        var threads = (ReadOnlySpan<uint>)CollectionsMarshal.AsSpan(_footprint.Threads);
        _moves.Look(threads);
        foreach (var invariant in OfOthers)
            if (
                invariant.I switch
                {
                    _ when invariant.I == Table.Thread => Each(invariant, ConcernsAll(invariant) ? _threads : threads),
                    _ when invariant.I == Table.Priority => _footprint.IsPriorityMapWritten
                        ? Each(invariant, _priorities)
                        : null,
                    _ when invariant.I == Table.ReadyWord => OfSets(
                        invariant,
                        _moves.Ready,
                        _footprint.ReadyWords,
                        _footprint.ReadySummaries
                    ),
                    _ when invariant.I == Table.SenderWord => OfSets(
                        invariant,
                        _moves.Sender,
                        _footprint.SenderWords,
                        _footprint.SenderSummaries
                    ),
                    _ when invariant.I == Table.TimerWord => OfSets(
                        invariant,
                        _moves.Timer,
                        _footprint.TimerWords,
                        _footprint.TimerSummaries
                    ),
                    _ => Each(invariant, Processor),
                } is
                { } difference
            )
                return difference;
        return null;
    }

    // An invariant of a thread that is not in the footprint is judged if the event has written the other value that the
    // invariant relates to the thread. That is the top priority, if it fell, or a value of the thread's task.
    private bool ConcernsAll(RepresentationInvariant<Concrete> invariant) =>
        invariant.Name == Representation<Concrete>.TopName
            ? _footprint.TopFell
            : _footprint.Of(Table.Task).Rows.Length > 0;

    private Difference? Each(RepresentationInvariant<Concrete> invariant, ReadOnlySpan<uint> values)
    {
        foreach (var i in values)
            if (!invariant.Holds(_representation, i, 0))
                return Violation(invariant, i, 0);
        return null;
    }

    // An invariant that relates a word and a thread is checked where the word was written or the thread moved. An
    // invariant about words and summaries alone is checked where one of those was written.
    private Difference? OfSets(
        RepresentationInvariant<Concrete> invariant,
        List<(uint Thread, uint Owner)> moves,
        List<uint> words,
        List<uint> summaries
    )
    {
        if (invariant.J == Table.Processor)
        {
            foreach (var word in words)
                if (!invariant.Holds(_representation, word, 0))
                    return Violation(invariant, word, 0);
            foreach (var owner in summaries)
            foreach (var place in _threadWords)
                if (owner * _layout.Words + place is var word && !invariant.Holds(_representation, word, 0))
                    return Violation(invariant, word, 0);
            return null;
        }

        foreach (var word in words)
        foreach (var thread in _threads)
            if (IsInPlace(thread, word) && !invariant.Holds(_representation, word, thread))
                return Violation(invariant, word, thread);
        foreach (var (thread, owner) in moves)
            if (WordOf(owner, thread) is var word && !invariant.Holds(_representation, word, thread))
                return Violation(invariant, word, thread);
        return null;
    }

    private uint WordOf(uint owner, uint thread) => Representation<Concrete>.WordOf(_layout, owner, thread).Value;

    /// <summary>True if a thread's bit is in a word of its set. Invariants are about no other word.</summary>
    private bool IsInPlace(uint thread, uint word) => (word & (_layout.Words - 1)) == thread >> 5;

    private static bool IsOfPages(Table table) =>
        table == Table.Page || table == Table.Slot || table == Table.PortWord || table == Table.SmallPage;

    private uint[] EveryValue(Table table) =>
        table switch
        {
            _ when table == Table.Thread => _threads,
            _ when table == Table.Priority => _priorities,
            _ when table == Table.ReadyWord => _readyWords ??= WordsOf(_priorities),
            _ when table == Table.SenderWord => _senderWords ??= WordsOf(_threads),
            _ when table == Table.TimerWord => _timerWords ??= WordsOf(Slots),
            _ => Processor,
        };

    private uint[] WordsOf(uint[] owners) =>
        [.. owners.SelectMany(owner => _threadWords.Select(place => owner * _layout.Words + place))];
}
