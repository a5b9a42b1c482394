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

/// <summary>A decoded instruction, independent of the address that it was decoded at.</summary>
public struct Operation
{
    public Op Op;

    /// <summary>Bytes of the encoding.</summary>
    public byte Length;

    /// <summary>Bytes of the operands: 1, 2 or 4.</summary>
    public byte Size;

    /// <summary>The first operand of the manual's syntax: what is written, or read where there is only one.</summary>
    public OperandKind Target;

    public OperandKind Source;
    public byte TargetRegister;
    public byte SourceRegister;

    /// <summary>Base and index register of the memory operand, or <see cref="Register.None"/>.</summary>
    public byte Base,
        Index;

    /// <summary>Binary logarithm of the index's scale.</summary>
    public byte Scale;

    /// <summary>Segment register of the memory operand, prefixes applied.</summary>
    public byte Segment;

    public Prefix Prefix;

    /// <summary>Bytes of the second operand where they differ from <see cref="Size"/> (MOVZX, MOVSX).</summary>
    public byte SourceSize;

    public uint Displacement;

    /// <summary>
    /// Immediate operand, or the distance of a near branch from the next instruction; zero- or sign-extended by the
    /// encoding.
    /// </summary>
    public uint Immediate;

    /// <summary>
    /// Second immediate: selector of a far pointer, level of ENTER, count of a double shift, condition code.
    /// </summary>
    public ushort Extra;

    /// <summary>
    /// True where the next operation may not simply follow: control transfers, what changes how code is fetched or
    /// whether interrupts are taken, port accesses, and repeated strings, which may be continued later.
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
    /// True where decoding goes on although the operation may transfer control: branches that guard are seldom taken.
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
