using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// The changes that an operation on mappings makes at one page: it removes mappings, makes them read-only, derives
/// a mapping, or moves one. A flush and a reduction take one step for each mapping that is derived from their root.
/// </summary>
public sealed partial class Kernel<W>
{
    private void BeginFlush(W root)
    {
        m.Phase = Phases.Flush;
        m.Root = root;
    }

    /// <summary>
    /// Removes the next mapping derived from the root. After the last one, removes the root itself if the operation
    /// says so.
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
    /// Starts to make read-only what is derived from the root. Makes the root itself read-only at once if the operation
    /// says so.
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
    /// Makes the next mapping derived from the root read-only. Its level becomes what it would be if no mapping below
    /// the root were writable.
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
    /// Whether the operation also removes the root, or makes it read-only. A map operation does so with an occupied
    /// destination; an unmap operation does so if the mask includes the caller's own pages.
    /// </summary>
    private Truth TakesRoot(W root) =>
        ((m.Operation == Operations.Map) | ((m.Item & Fpage.Own) != 0)) & (m.Depth[root] != 0);

    /// <summary>Removes a mapping that has no derived mappings.</summary>
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

    /// <summary>Gives the first free page table to the target task, for the page.</summary>
    private void AddTable()
    {
        var table = m.FreeTable;
        if (table == 0)
            Fail();
        else
        {
            var slot = m.TargetPage >> s.Limits.Paging.EntryBits;
            m.FreeTable = m.NextTable[table];
            m.PreviousTable[m.FreeTable] = 0;
            m.TableTask[table] = m.Target;
            m.TableSlot[table] = slot;
            m.TableAt[(m.Target * s.Limits.Paging.Slots) | slot] = table;
        }
    }

    /// <summary>Adds a mapping at the target's page, derived from <paramref name="node"/>.</summary>
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

    /// <summary>
    /// Moves the mapping itself to the target's page. The mappings derived from it stay derived from it.
    /// </summary>
    private void Move(W node, W from, W to)
    {
        m.NodeAt[from] = 0;
        m.Space[node] = m.Target;
        m.Page[node] = m.TargetPage;
        m.NodeAt[to] = node;
        Advance(1);
    }
}
