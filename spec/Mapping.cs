using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// Mapping, granting and unmapping (interface, sections 5 and 11), one page or one mapping per step. At most one
/// operation goes on at a time. A thread whose turn comes while another's is going on does the steps of that one first:
/// so nobody waits for a thread of lower priority to get the processor, and no one ever sees mappings that an operation
/// has half taken away.
/// </summary>
public sealed partial class Kernel<W>
{
    private readonly Mappings<W> m = s.Mappings;

    /// <summary>fpage_unmap: EAX the fpage, ECX the mask. Its steps follow.</summary>
    private void FpageUnmap()
    {
        s.Status[s.Current] = ThreadStatus.Mapping;
        s.Stage = Stages.Map;
    }

    /// <summary>The next step of the operation that is going on, or the first of the current thread's.</summary>
    private void Map()
    {
        if (m.Operation == Operations.None)
            Begin(s.Current);
        else if (m.Phase == Phases.Flush)
            Flush();
        else if (m.Phase == Phases.Reduce)
            Reduce();
        else if (m.Left != 0 && m.Operation == Operations.Map)
            MapPage();
        else if (m.Left != 0)
            UnmapPage();
        else if (m.Operation == Operations.Delete)
            Delete();
        else
            EndOperation();
    }

    private void Begin(W me)
    {
        m.Owner = me;
        m.Failed = 0;
        if (s.Partner[me] == State<W>.Nobody)
            BeginUnmap(me);
        else
            BeginMap(me, s.Partner[me]);
    }

    /// <summary>
    /// The item in the sender's words: the hot spot, and the send fpage. The larger of fpage and window shrinks to the
    /// other's size, where the hot spot says; of ports, to what is in both. An item of memory gives memory to memory,
    /// one of ports gives them to their own page: anything else maps nothing.
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
            Advance(W.Select(table == 0, RestOfTable(), 1));
        else if ((m.Item & Fpage.Unmap) != 0)
            BeginFlush(node);
        else
            BeginReduce(node);
    }

    /// <summary>
    /// One page. An occupied destination is flushed first, whoever mapped it; if the source was derived from it, the
    /// destination ends empty. What is granted read-only is made so first, with all that is derived from it.
    /// </summary>
    private void MapPage()
    {
        var table = s.TableOf(m.Source, m.SourcePage);
        var node = m.NodeAt[s.EntryOf(table, m.SourcePage)];
        if (node == 0)
            Advance(W.Select(table == 0, RestOfTable(), 1));
        else
        {
            var into = s.TableOf(m.Target, m.TargetPage);
            var occupied = m.NodeAt[s.EntryOf(into, m.TargetPage)];
            if (into == 0)
                AddTable();
            else if (occupied != 0)
                BeginFlush(occupied);
            // σ0 grants nothing away: its pages are always its own.
            else if (((m.Item & Fpage.Grant) == 0) | (m.Depth[node] == 0))
                Derive(node, s.EntryOf(into, m.TargetPage));
            else if (((m.Item & Fpage.Writable) == 0) & m.IsWritable(node))
                BeginReduce(node);
            else
                Move(node, s.EntryOf(table, m.SourcePage), s.EntryOf(into, m.TargetPage));
        }
    }

    private void BeginFlush(W root)
    {
        m.Phase = Phases.Flush;
        m.Root = root;
    }

    /// <summary>
    /// Takes away the next mapping derived from the root; after the last one the root itself, where it is to go.
    /// </summary>
    private void Flush()
    {
        var root = m.Root;
        var next = m.Next[root];
        if (m.Depth[next] > m.Depth[root])
            Remove(next);
        else
        {
            m.Phase = Phases.Page;
            m.Root = 0;
            if (TakesRoot(root))
                Remove(root);
            if (m.Operation != Operations.Map)
                Advance(1);
        }
    }

    /// <summary>
    /// Begins to make read-only what is derived from the root, and the root itself where it is to be.
    /// </summary>
    private void BeginReduce(W root)
    {
        m.Phase = Phases.Reduce;
        m.Root = root;
        m.At = root;
        if (TakesRoot(root))
            m.Level[root] = Least(m.Level[root], m.Depth[root]);
    }

    /// <summary>
    /// Makes the next mapping derived from the root read-only, as if no more of those it is derived from were writable
    /// than down to the root.
    /// </summary>
    private void Reduce()
    {
        var next = m.Next[m.At];
        if (m.Depth[next] > m.Depth[m.Root])
        {
            m.Level[next] = Least(m.Level[next], m.Bound);
            m.At = next;
        }
        else
        {
            m.Phase = Phases.Page;
            m.Root = 0;
            m.At = 0;
            if (m.Operation == Operations.Unmap)
                Advance(1);
        }
    }

    /// <summary>
    /// Whether the root of what is taken away or made read-only is so itself: what is in the way of a mapping, or one's
    /// own if the mask says so.
    /// </summary>
    private Truth TakesRoot(W root) =>
        ((m.Operation == Operations.Map) | ((m.Item & Fpage.Own) != 0)) & (m.Depth[root] != 0);

    /// <summary>A mapping without derived ones goes away.</summary>
    private void Remove(W node)
    {
        var (previous, next) = (m.Previous[node], m.Next[node]);
        m.Next[previous] = next;
        m.Previous[next] = previous;
        m.NodeAt[s.EntryOf(s.TableOf(m.Space[node], m.Page[node]), m.Page[node])] = 0;
        m.Space[node] = 0;
        m.Next[node] = m.FreeNode;
        m.Previous[m.FreeNode] = node;
        m.Previous[node] = 0;
        m.FreeNode = node;
    }

    /// <summary>The next free page table is the target's for the page.</summary>
    private void AddTable()
    {
        var table = m.FreeTable;
        if (table == 0)
            Fail();
        else
        {
            var slot = m.TargetPage >> (uint)System.Numerics.BitOperations.Log2(s.Limits.Paging.Entries);
            m.FreeTable = m.NextTable[table];
            m.PreviousTable[m.FreeTable] = 0;
            m.TableTask[table] = m.Target;
            m.TableSlot[table] = slot;
            m.TableAt[(m.Target * s.Limits.Paging.Slots) | slot] = table;
        }
    }

    /// <summary>A new mapping at the target's page, derived from a node.</summary>
    private void Derive(W node, W entry)
    {
        var derived = m.FreeNode;
        if ((derived == 0) | (m.Depth[node] == Paging.MostDepth))
            Fail();
        else
        {
            m.FreeNode = m.Next[derived];
            m.Previous[m.Next[derived]] = 0;

            var next = m.Next[node];
            m.Next[node] = derived;
            m.Previous[derived] = node;
            m.Next[derived] = next;
            m.Previous[next] = derived;

            m.Space[derived] = m.Target;
            m.Page[derived] = m.TargetPage;
            m.Frame[derived] = m.Frame[node];
            m.Depth[derived] = m.Depth[node] + 1;
            m.Level[derived] = m.Level[node] + W.Select(((m.Item & Fpage.Writable) != 0) & m.IsWritable(node), 1, 0);
            m.NodeAt[entry] = derived;
            Advance(1);
        }
    }

    /// <summary>The mapping itself moves to the target's page, with all that is derived from it.</summary>
    private void Move(W node, W from, W to)
    {
        m.NodeAt[from] = 0;
        m.Space[node] = m.Target;
        m.Page[node] = m.TargetPage;
        m.NodeAt[to] = node;
        Advance(1);
    }

    /// <summary>Pages from the present one to the end of its page table, or of the operation.</summary>
    private W RestOfTable() => Least(m.Left, s.Limits.Paging.Entries - (m.SourcePage & (s.Limits.Paging.Entries - 1)));

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
    /// The operation has come to its end, and whoever it was for goes on. The sender of a map item goes on to its
    /// receive phase; if mappings or page tables ran out, both are told. Whoever has the processor keeps it unless
    /// outranked.
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
