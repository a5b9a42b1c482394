using Verified.Machine.Processor;

namespace Verified.Machine.Compiler;

/// <summary>
/// A straight run of decoded operations within one page, which conditional branches may leave; only the last may
/// transfer control otherwise.
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

    /// <summary>False once a byte that this was decoded from has been overwritten.</summary>
    public bool IsValid = true;

    /// <summary>How often it was executed, until it is compiled.</summary>
    public int Uses;

    /// <summary>
    /// The code of the way that starts here, by the form of the flags and the privilege level; null until the block is
    /// hot.
    /// </summary>
    public CompiledCode?[]? Compiled;

    /// <summary>Blocks whose compiled code goes through this one.</summary>
    public readonly List<Block> Users = [];
}
