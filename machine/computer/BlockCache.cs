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
        ChunkBits = 7;

    private readonly PhysicalMemory _memory;
    private readonly Mmu _mmu;
    private readonly Block?[] _slots = new Block?[Slots];

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
    public Block? Find(uint linear, bool big, bool user) =>
        _mmu.TryTranslateFetch(linear, user, out var physical)
        && _slots[Slot(physical)] is { } block
        && block.Physical == physical
        && block.IsValid
        && block.Big == big
            ? block
            : null;

    /// <summary>The block at a linear address. Throws the fault that a fetch would raise.</summary>
    public Block At(uint linear, bool big, bool user)
    {
        var physical = _mmu.Translate(linear, write: false, user);
        var slot = Slot(physical);
        if (_slots[slot] is { } known && known.Physical == physical && known.IsValid && known.Big == big)
            return known;
        if (!_memory.Holds(physical))
            return Alone(linear, physical, big, user);
        var block = Build(linear, physical, big, user);
        if (block.IsValid)
            _slots[slot] = block;
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
        _memory.MarkCode(physical, at - physical);
        _mmu.RecheckStores();
        var block = new Block(
            physical,
            big,
            [.. operations],
            _memory.Bytes.AsSpan((int)physical, (int)(at - physical)).ToArray()
        );
        Remember(block);
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
    /// An instruction that is decoded each time it runs. Its bytes continue in the next page, which has a separate
    /// translation, or there is no memory at its address, so that they read as ones.
    /// </summary>
    private Block Alone(uint linear, uint physical, bool big, bool user)
    {
        var (operation, bytes) = DecodeAlone(linear, physical, big, user);
        return new Block(physical, big, [operation], bytes) { IsValid = false };
    }

    private (Operation Operation, byte[] Bytes) DecodeAlone(uint linear, uint physical, bool big, bool user)
    {
        var bytes = new byte[LongestInstruction];
        var here = (int)(PhysicalMemory.PageSize - (physical & PhysicalMemory.PageSize - 1));
        var next = here < LongestInstruction ? _mmu.Translate(linear + (uint)here, write: false, user) : 0;
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)_memory.Load(i < here ? physical + (uint)i : next + (uint)(i - here), 1);
        try
        {
            // More than 15 bytes: the processor raises #GP.
            return Decode.TryDecode(bytes, 0, bytes.Length, big, out var operation)
                ? (operation, bytes[..operation.Length])
                : throw Fault.Protection(0);
        }
        catch (UnimplementedInstruction e)
        {
            throw new UnimplementedInstruction($"at {linear:X8}h: {e.Message}");
        }
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
