using Verified.Machine.Processor;

namespace Verified.Machine.Compiler;

/// <summary>
/// A straight run of decoded operations within one page. Conditional branches may leave it. Only the last operation may
/// transfer control in another way.
/// </summary>
internal sealed class Block(uint physical, bool big, Operation[] operations, byte[] bytes)
{
    public readonly uint Physical = physical;

    /// <summary>Physical address after the last byte.</summary>
    public uint End => Physical + (uint)Bytes.Length;

    public readonly bool Big = big;
    public readonly Operation[] Operations = operations;

    /// <summary>The operations were decoded from these bytes.</summary>
    public readonly byte[] Bytes = bytes;

    /// <summary>
    /// Whether the block, unless it faults, changes only general registers, status flags, memory and EIP.
    /// </summary>
    public readonly bool IsPlain = Array.TrueForAll(operations, operation => Compilable.Includes(operation));

    /// <summary>False after a byte was overwritten from which the block was decoded.</summary>
    public bool IsValid = true;

    /// <summary>The last two blocks that ran after it. They may have become invalid.</summary>
    public Block? Next,
        OtherNext;

    /// <summary>The block that had this block's place in the cache before; null if there was none.</summary>
    public Block? Former;

    /// <summary>The number of executions before it is compiled.</summary>
    public int Uses;

    /// <summary>
    /// The compiled trace that starts here, for each form of the flags and privilege level; null until the block is
    /// hot.
    /// </summary>
    public CompiledCode?[]? Compiled;

    /// <summary>Blocks whose traces contain this block.</summary>
    public readonly List<Block> Users = [];
}
