namespace Verified.Spec;

/// <summary>
/// Mapping, granting and unmapping (interface, sections 5 and 11): each step handles one page, one mapping, or a group
/// of empty pages. At most one operation is under way. A thread that wants to start another one first does the
/// remaining steps of the operation that is under way. So no thread waits until a thread of lower priority gets the
/// processor, and no operation starts from a half-changed state.
/// </summary>
public sealed partial class Kernel<W>
{
    private readonly Mappings<W> m = s.Mappings;

    /// <summary>fpage_unmap: EAX is the fpage, ECX the mask. The steps of the operation follow.</summary>
    private void FpageUnmap()
    {
        s.Status[s.Current] = ThreadStatus.Mapping;
        s.Stage = Stages.Map;
    }

    /// <summary>
    /// The next step of the operation that is under way, or the first step of the current thread's operation.
    /// </summary>
    private void Map() => NextOnMappings()();

    private Action NextOnMappings()
    {
        if (m.Operation == Operations.None)
            return Begin;
        if (m.Phase == Phases.Flush)
            return Flush;
        if (m.Phase == Phases.Reduce)
            return Reduce;
        if ((m.Left != 0) & (m.Operation == Operations.Map))
            return MapPage;
        if (m.Left != 0)
            return UnmapPage;
        if (m.Operation == Operations.Delete)
            return Delete;
        return EndOperation;
    }

    private void Begin()
    {
        var me = s.Current;
        m.Owner = me;
        m.Failed = 0;
        if (s.Partner[me] == State<W>.Nobody)
            BeginUnmap(me);
        else
            BeginMap(me, s.Partner[me]);
    }

    /// <summary>
    /// Starts a map operation. The sender's words are the hot spot and the send fpage. If the fpages differ in size,
    /// the larger one shrinks to the size of the smaller one, at the place that the hot spot selects. For ports, it
    /// shrinks to the ports in both. Memory can only be mapped to memory, and a port only to the same port; any other
    /// item maps nothing.
    /// </summary>
    private void BeginMap(W me, W sender)
    {
        var (item, window, paging) = (
            s.Ebx[sender],
            W.Select(s.Faulting[me] == 1, Fpage.Whole, s.Ebp[me]),
            s.Limits.Paging
        );
        m.Operation = Operations.Map;
        m.Item = item;
        m.Source = s.Task(sender);
        m.Target = s.Task(me);
        m.Left = 0;
        if (Fpage.IsValid(item))
        {
            var (sent, taken, last) = (Fpage.Pages(item), Fpage.Pages(window), paging.Pages - 1);
            var size = Least(sent, taken);
            var hot =
                W.Select(Fpage.IsPorts(item), Fpage.Page(item) | Fpage.Page(window), s.Edx[sender] >> 12) & ~(size - 1);
            var source = m.SourcePage = (Fpage.Page(item) + (hot & (sent - 1))) & last;
            var target = m.TargetPage = (Fpage.Page(window) + (hot & (taken - 1))) & last;
            var isAllowed =
                (Fpage.IsPorts(item) & (source == target))
                | ((source < paging.UserPages) & (target < paging.UserPages));
            m.Left = W.Select(isAllowed, Least(size, Least(paging.RestOf(source), paging.RestOf(target))), 0);
        }
    }

    private void BeginUnmap(W me)
    {
        var fpage = s.Eax[me];
        m.Operation = Operations.Unmap;
        m.Item = s.Ecx[me];
        m.Source = s.Task(me);
        m.SourcePage = Fpage.Page(fpage) & (s.Limits.Paging.Pages - 1);
        m.Left = W.Select(Fpage.IsValid(fpage), Least(Fpage.Pages(fpage), s.Limits.Paging.RestOf(m.SourcePage)), 0);
    }

    private void UnmapPage()
    {
        var table = s.TableOf(m.Source, m.SourcePage);
        var node = m.NodeAt[s.EntryOf(table, m.SourcePage)];
        if (node == 0)
            PassOver(table);
        else if ((m.Item & Fpage.Unmap) != 0)
            BeginFlush(node);
        else
            BeginReduce(node);
    }

    /// <summary>
    /// Maps one page. An occupied destination is flushed first, whichever thread mapped it. If the source was derived
    /// from it, the destination ends empty. A page that is granted read-only is first made read-only, with all pages
    /// derived from it.
    /// </summary>
    private void MapPage()
    {
        var table = s.TableOf(m.Source, m.SourcePage);
        var node = m.NodeAt[s.EntryOf(table, m.SourcePage)];
        if (node == 0)
            PassOver(table);
        else
        {
            var into = s.TableOf(m.Target, m.TargetPage);
            var occupied = m.NodeAt[s.EntryOf(into, m.TargetPage)];
            if (into == 0)
                AddTable();
            else if (occupied != 0)
                BeginFlush(occupied);
            // σ0 grants nothing away: its pages always stay its own.
            else if (((m.Item & Fpage.Grant) == 0) | (m.Depth[node] == 0))
                Derive(node, s.EntryOf(into, m.TargetPage));
            else if (((m.Item & Fpage.Writable) == 0) & m.IsWritable(node))
                BeginReduce(node);
            else
                Move(node, s.EntryOf(table, m.SourcePage), s.EntryOf(into, m.TargetPage));
        }
    }

    /// <summary>
    /// The present page is empty. Passes over the rest of its page table if there is none, over a group of pages if all
    /// of them are empty, or over this page only.
    /// </summary>
    private void PassOver(W table)
    {
        var group = s.Limits.Paging.EmptyPages;
        var areEmpty = ((m.SourcePage & (group - 1)) == 0) & (m.Left >= group);
        for (var page = 1u; page < group; page++)
            areEmpty &= m.NodeAt[s.EntryOf(table, m.SourcePage | page)] == 0;
        Advance(W.Select(table == 0, RestOfTable(), W.Select(areEmpty, group, 1)));
    }

    /// <summary>The number of pages from the present one to the end of its page table, or of the operation.</summary>
    private W RestOfTable() => Least(m.Left, s.Limits.Paging.Entries - (m.SourcePage & s.Limits.Paging.EntryMask));

    private void Advance(W pages)
    {
        var last = s.Limits.Paging.Pages - 1;
        m.SourcePage = (m.SourcePage + pages) & last;
        m.TargetPage = (m.TargetPage + W.Select(m.Operation == Operations.Map, pages, 0)) & last;
        m.Left -= pages;
    }

    private void Fail()
    {
        m.Failed = 1;
        m.Left = 0;
    }

    /// <summary>
    /// Ends the operation, and its owner continues. The sender of a map item continues with its receive phase. If
    /// mappings or page tables ran out, both threads get an error code. The current thread keeps the processor unless a
    /// thread of higher priority competes.
    /// </summary>
    private void EndOperation()
    {
        var owner = m.Owner;
        var sender = s.Partner[owner];
        Block(owner, ThreadStatus.Ready, State<W>.Nobody);
        if (m.Operation == Operations.Map)
        {
            if (s.Faulting[owner] == 1)
                s.Faulting[owner] = 0;
            else if (m.Failed == 1)
                s.Eax[owner] = Code.ReceiveMapFailed;
            if (m.Failed == 1)
                Finish(sender, Code.SendMapFailed);
            else
                Receive(sender);
        }

        m.Operation = Operations.None;
        s.Stage = Stages.Leave;
    }

    private static W Least(W a, W b) => W.Select(a < b, a, b);
}
