using System.Runtime.CompilerServices;
using Verified.Machine.Compiler;
using Verified.Machine.Memory;
using Verified.Machine.Processor;

namespace Verified.Machine.Computer;

/// <summary>
/// Decoded blocks, by the physical address of their first byte. A store to a page's code discards the blocks of that
/// page.
/// </summary>
internal sealed class BlockCache
{
    private const int Slots = 1 << 14,
        MostOperations = 64,
        LongestInstruction = Decode.LongestInstruction,
        ChunkBits = 7,
        MostFormer = 7;

    private readonly PhysicalMemory _memory;
    private readonly Mmu _mmu;
    private readonly Block?[] _slots = new Block?[Slots];

    // The last block from Alone for each slot. It is used again if the same bytes are read again.
    private readonly Block?[] _alone = new Block?[Slots];

    // The valid blocks that overlap each chunk of 128 bytes, and their number in each page.
    private readonly Dictionary<uint, List<Block>> _byChunk = [];
    private readonly Dictionary<uint, int> _inPage = [];

    public BlockCache(PhysicalMemory memory, Mmu mmu)
    {
        (_memory, _mmu) = (memory, mmu);
        memory.CodeOverwritten = Forget;
    }

    /// <summary>Called when decoded code is overwritten, before the store.</summary>
    public Action? Overwritten { get; set; }

    /// <summary>The block at a linear address whose translation is in the TLB, if it was decoded before.</summary>
    /// <param name="linear">The linear address.</param>
    /// <param name="big">Whether operands have 32 bits.</param>
    /// <param name="user">Whether CPL is 3.</param>
    /// <param name="former">
    /// The block that ran before it, which remembers it. The slots are spread over more memory than the processor's
    /// fast caches hold.
    /// </param>
    public Block? Find(uint linear, bool big, bool user, Block? former)
    {
        if (!_mmu.TryTranslateFetch(linear, user, out var physical))
            return null;
        if (former is null)
            return At(physical, big);
        if (former.Next is { } next && IsAt(next, physical, big))
            return next;
        var block = former.OtherNext is { } other && IsAt(other, physical, big) ? other : At(physical, big);
        if (block is not null)
            (former.OtherNext, former.Next) = (former.Next, block);
        return block;
    }

    private Block? At(uint physical, bool big) =>
        _slots[Slot(physical)] is { } block && IsAt(block, physical, big) ? block : null;

    private static bool IsAt(Block block, uint physical, bool big) =>
        block.Physical == physical && block.IsValid && block.Big == big;

    /// <summary>The block at a linear address. Throws the fault that a fetch would raise.</summary>
    public Block At(uint linear, bool big, bool user)
    {
        var physical = _mmu.Translate(linear, write: false, user);
        var slot = Slot(physical);
        if (At(physical, big) is { } known)
            return known;
        if (!_memory.Holds(physical))
            return Alone(linear, physical, big, user);
        if (Back(slot, physical, big) is { } back)
            return back;
        if (_alone[slot] is { } alone && alone.Physical == physical && alone.Big == big && IsBack(alone, linear, user))
            return alone;
        var block = Build(linear, physical, big, user);
        if (block.IsValid)
            Insert(slot, block);
        return block;
    }

    /// <summary>
    /// The block at a distance from another block, at <paramref name="linear"/>, for compiled code that starts there;
    /// null if it would be in another page.
    /// </summary>
    public Block? Along(Block start, uint linear, uint distance, bool user)
    {
        if (((start.Physical + distance ^ start.Physical) & ~(PhysicalMemory.PageSize - 1)) != 0)
            return null;
        var block = distance == 0 ? start : At(linear + distance, start.Big, user);
        if (!block.IsValid || block.Physical != start.Physical + distance)
            return null;
        block.Users.Add(start);
        return block;
    }

    private static void Invalidate(Block block)
    {
        block.IsValid = false;
        foreach (var user in block.Users)
            user.Compiled = null;
    }

    private static uint Slot(uint physical) => (physical ^ physical >> 12) & Slots - 1;

    // A block that was in the slot before, if its bytes are there again. So programs that are loaded in turn at one
    // place are each decoded only once.
    private Block? Back(uint slot, uint physical, bool big)
    {
        Block? after = null;
        for (var block = _slots[slot]; block is not null; (after, block) = (block, block.Former))
        {
            if (block.Physical != physical || block.Big != big || !(block.IsValid || IsBack(block)))
                continue;
            if (after is not null)
            {
                after.Former = block.Former;
                (block.Former, _slots[slot]) = (_slots[slot], block);
            }

            return block;
        }

        return null;
    }

    private void Insert(uint slot, Block block)
    {
        block.Former = _slots[slot];
        _slots[slot] = block;
        var last = block;
        for (var kept = 0; kept < MostFormer && last is not null; kept++)
            last = last.Former;
        if (last is not null)
            last.Former = null;
    }

    // Whether an invalid block's bytes are again those it was decoded from. If so, it is valid again.
    private bool IsBack(Block block)
    {
        var (start, length) = (block.Physical, block.Bytes.Length);
        if (block.IsValid || !_memory.Bytes.AsSpan((int)start, length).SequenceEqual(block.Bytes))
            return false;
        block.IsValid = true;
        MarkCode(block);
        return true;
    }

    private void MarkCode(Block block)
    {
        _memory.MarkCode(block.Physical, block.End - block.Physical);
        _mmu.RecheckStores();
        Remember(block);
    }

    // Not inlined, because most calls of At find the block.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Block Build(uint linear, uint physical, bool big, bool user)
    {
        var operations = new List<Operation>();
        var pageEnd = (physical | PhysicalMemory.PageSize - 1) + 1;
        var at = physical;
        while (operations.Count < MostOperations && at < pageEnd)
        {
            var available = (int)Math.Min(pageEnd - at, LongestInstruction);
            if (!TryDecode(linear + (at - physical), at, available, big, operations.Count == 0, out var operation))
                break;
            operations.Add(operation);
            at += operation.Length;
            if (operation.EndsBlock && !operation.MayFallThrough)
                break;
        }
        if (operations.Count == 0)
            return Alone(linear, physical, big, user);
        var block = new Block(
            physical,
            big,
            [.. operations],
            _memory.Bytes.AsSpan((int)physical, (int)(at - physical)).ToArray()
        );
        MarkCode(block);
        return block;
    }

    private bool TryDecode(uint linear, uint physical, int available, bool big, bool first, out Operation operation)
    {
        try
        {
            return Decode.TryDecode(_memory.Bytes, (int)physical, available, big, out operation);
        }
        catch (UnimplementedInstruction e) when (first)
        {
            throw new UnimplementedInstruction($"at {linear:X8}h: {e.Message}");
        }
        catch (UnimplementedInstruction)
        {
            // A fault is reported only if execution gets there.
            operation = default;
            return false;
        }
    }

    /// <summary>
    /// A block of one instruction whose bytes are read each time it runs. They continue in the next page, which has a
    /// separate translation, or there is no memory at its address, so that they read as ones.
    /// </summary>
    private Block Alone(uint linear, uint physical, bool big, bool user)
    {
        var bytes = new byte[LongestInstruction];
        var here = (int)(PhysicalMemory.PageSize - (physical & PhysicalMemory.PageSize - 1));
        var next = here < LongestInstruction ? _mmu.Translate(linear + (uint)here, write: false, user) : 0;
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)_memory.Load(i < here ? physical + (uint)i : next + (uint)(i - here), 1);
        try
        {
            // More than 15 bytes: the processor raises #GP.
            if (!Decode.TryDecode(bytes, 0, bytes.Length, big, out var operation))
                throw Fault.Protection(0);
            var block = new Block(physical, big, [operation], bytes[..operation.Length]) { IsValid = false };
            return _alone[Slot(physical)] = block;
        }
        catch (UnimplementedInstruction e)
        {
            throw new UnimplementedInstruction($"at {linear:X8}h: {e.Message}");
        }
    }

    // Whether the bytes of an instruction that continues in the next page are again those it was decoded from. The next
    // page is translated only if the bytes before it show that the instruction continues there.
    private bool IsBack(Block alone, uint linear, bool user)
    {
        var here = (int)(PhysicalMemory.PageSize - (alone.Physical & PhysicalMemory.PageSize - 1));
        var bytes = alone.Bytes.AsSpan();
        if (here >= bytes.Length || !_memory.Bytes.AsSpan((int)alone.Physical, here).SequenceEqual(bytes[..here]))
            return false;
        var next = _mmu.Translate(linear + (uint)here, write: false, user);
        return _memory.Holds(next) && _memory.Bytes.AsSpan((int)next, bytes.Length - here).SequenceEqual(bytes[here..]);
    }

    private void Remember(Block block)
    {
        for (var chunk = block.Physical >> ChunkBits; chunk <= block.End - 1 >> ChunkBits; chunk++)
        {
            if (!_byChunk.TryGetValue(chunk, out var blocks))
                _byChunk.Add(chunk, blocks = []);
            blocks.Add(block);
        }

        var page = block.Physical / PhysicalMemory.PageSize;
        _inPage[page] = _inPage.GetValueOrDefault(page) + 1;
    }

    private void Forget(uint physical, uint length)
    {
        var page = physical / PhysicalMemory.PageSize;
        if (!_inPage.TryGetValue(page, out var left))
            return;
        var forgotten = 0;
        for (var chunk = physical >> ChunkBits; chunk <= physical + length - 1 >> ChunkBits; chunk++)
        {
            if (!_byChunk.TryGetValue(chunk, out var blocks))
                continue;
            for (var i = blocks.Count - 1; i >= 0; i--)
            {
                if (blocks[i] is var block && (block.Physical >= physical + length || physical >= block.End))
                    continue;
                Remove(block);
                Invalidate(block);
                forgotten++;
            }
        }

        if (forgotten == 0)
            return;
        if (left == forgotten)
        {
            _inPage.Remove(page);
            _memory.ForgetCode(page);
        }
        else
            _inPage[page] = left - forgotten;

        Overwritten?.Invoke();
    }

    private void Remove(Block block)
    {
        for (var chunk = block.Physical >> ChunkBits; chunk <= block.End - 1 >> ChunkBits; chunk++)
            _byChunk[chunk].Remove(block);
    }
}
