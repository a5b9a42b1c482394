using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// The port access of an instruction that raised a general-protection exception, if it is one (SDM 2, IN, OUT, INS,
/// OUTS; appendix A).
/// </summary>
/// <param name="IsPorts">Whether it is IN, OUT, INS or OUTS.</param>
/// <param name="First">Its first port.</param>
/// <param name="Last">Its last port. 10000h, after FFFFh, is no port.</param>
/// <param name="Length">
/// The number of bytes that decide this. Every instruction that starts with them has at least this length.
/// </param>
public readonly record struct PortAccess<W>(Truth IsPorts, W First, W Last, W Length)
    where W : struct, IWord<W>
{
    /// <summary>
    /// The number of instruction bytes that the kernel reads: two prefixes, the opcode and a port. An instruction with
    /// more prefixes does not count as a port access.
    /// </summary>
    public const uint Bytes = 4;

    /// <summary>
    /// Decodes the first bytes of an instruction, the lowest first. The port is in EDX unless the instruction contains
    /// it.
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

    // The position after a byte if it is a prefix, else the same position.
    private static W Behind(W instruction, W at) => at + W.Select(IsPrefix(Byte(instruction, at)), 1, 0);

    private const uint OperandSize = 0x66;

    // Segment, operand-size and address-size prefixes, REPNE and REP. LOCK raises another exception.
    private static Truth IsPrefix(W b) => ((b & 0xE7) == 0x26) | ((b & 0xFC) == 0x64) | ((b & 0xFE) == 0xF2);

    private static Truth HasPort(W opcode) => (opcode & 0xFC) == 0xE4;
}
