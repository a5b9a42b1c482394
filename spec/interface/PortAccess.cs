using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// What an instruction that raised a general-protection exception wanted of ports, if anything (SDM 2, IN, OUT, INS,
/// OUTS; appendix A).
/// </summary>
/// <param name="IsPorts">Whether it is IN, OUT, INS or OUTS.</param>
/// <param name="First">Its first port.</param>
/// <param name="Last">Its last port; FFFFh is followed by 10000h, which is none.</param>
/// <param name="Length">How many of its bytes tell that: as many as it has at least, whatever it is.</param>
public readonly record struct PortAccess<W>(Truth IsPorts, W First, W Last, W Length)
    where W : struct, IWord<W>
{
    /// <summary>
    /// Bytes of an instruction that are looked at: two prefixes, the opcode, a port. With more prefixes it is no use of
    /// ports.
    /// </summary>
    public const uint Bytes = 4;

    /// <summary>
    /// The instruction whose first bytes are those of a word, the lowest first; EDX has the port, unless the
    /// instruction has.
    /// </summary>
    public static PortAccess<W> Of(W instruction, W edx)
    {
        var second = Behind(instruction, 0);
        var at = Behind(instruction, second);
        var opcode = Byte(instruction, at);
        var last = at + W.Select(HasPort(opcode), 1, 0);
        var port = W.Select(HasPort(opcode), Byte(instruction, last), edx & 0xFFFF);
        var isSmall = (Byte(instruction, 0) == OperandSize) | (Byte(instruction, second) == OperandSize);
        var further = W.Select((opcode & 1) == 0, 0, W.Select(isSmall, 1, 3));
        return new(HasPort(opcode) | ((opcode & 0x7C) == 0x6C), port, port + further, last + 1);
    }

    private static W Byte(W instruction, W at) => (instruction >> (at << 3)) & 0xFF;

    // Where a prefix is, the byte behind it.
    private static W Behind(W instruction, W at) => at + W.Select(IsPrefix(Byte(instruction, at)), 1, 0);

    private const uint OperandSize = 0x66;

    // Segments, operand and address size, REPNE and REP. LOCK is another exception's.
    private static Truth IsPrefix(W b) => ((b & 0xE7) == 0x26) | ((b & 0xFC) == 0x64) | ((b & 0xFE) == 0xF2);

    private static Truth HasPort(W opcode) => (opcode & 0xFC) == 0xE4;
}
