namespace Verified.Machine.Processor;

public enum OperandKind : byte
{
    None,
    Register,
    Memory,
    Immediate,
    Segment,
    Control,
}

/// <summary>A decoded instruction, independent of its address.</summary>
public struct Operation
{
    public Op Op;

    /// <summary>Bytes of the encoding.</summary>
    public byte Length;

    /// <summary>Bytes of the operands: 1, 2 or 4.</summary>
    public byte Size;

    /// <summary>The first operand in the manual's syntax: the one that is written, or a single operand.</summary>
    public OperandKind Target;

    public OperandKind Source;
    public byte TargetRegister;
    public byte SourceRegister;

    /// <summary>Base and index register of the memory operand, or <see cref="Register.None"/>.</summary>
    public byte Base,
        Index;

    /// <summary>The binary logarithm of the index's scale.</summary>
    public byte Scale;

    /// <summary>The segment register of the memory operand, after prefixes.</summary>
    public byte Segment;

    public Prefix Prefix;

    /// <summary>
    /// The size of the second operand in bytes, if it differs from <see cref="Size"/> (MOVZX, MOVSX).
    /// </summary>
    public byte SourceSize;

    public uint Displacement;

    /// <summary>
    /// The immediate operand, or the distance of a near branch from the next instruction; zero- or sign-extended as the
    /// encoding says.
    /// </summary>
    public uint Immediate;

    /// <summary>
    /// The second immediate: selector of a far pointer, level of ENTER, count of a double shift, or condition code.
    /// </summary>
    public ushort Extra;

    /// <summary>
    /// Whether the block must end here. This holds for control transfers, changes of fetching or of interrupts, port
    /// accesses, and repeated strings, which may be continued later.
    /// </summary>
    public readonly bool EndsBlock =>
        Op switch
        {
            Op.Jmp or Op.JmpIndirect or Op.JmpFar or Op.Jcc or Op.Jcxz or Op.Loop or Op.Loope or Op.Loopne => true,
            Op.Call
            or Op.CallIndirect
            or Op.CallFar
            or Op.Ret
            or Op.RetFar
            or Op.Int
            or Op.Into
            or Op.Iret
            or Op.Icebp
            or Op.Sysenter
            or Op.Sysexit => true,
            Op.Sti or Op.Cli or Op.Popf or Op.Hlt or Op.In or Op.Out or Op.Ins or Op.Outs => true,
            Op.MovSegment or Op.PopSegment or Op.LoadFarPointer or Op.MovToControl or Op.Lmsw or Op.Invlpg => true,
            Op.Movs or Op.Cmps or Op.Stos or Op.Lods or Op.Scas => (Prefix & (Prefix.Repeat | Prefix.RepeatNotEqual))
                != 0,
            Op.Invalid => true,
            _ => false,
        };

    /// <summary>
    /// Whether decoding continues although the operation may transfer control, because such branches are seldom taken.
    /// </summary>
    public readonly bool MayFallThrough => Op == Op.Jcc;
}

[Flags]
public enum Prefix : byte
{
    None = 0,
    Repeat = 1,
    RepeatNotEqual = 2,

    /// <summary>16-bit addressing.</summary>
    Address16 = 8,
}
