using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>What an instruction that raised a general-protection exception wanted of ports, if anything (SDM 2, IN, OUT, INS, OUTS; appendix A).</summary>
/// <param name="IsPorts">Whether it is IN, OUT, INS or OUTS.</param>
/// <param name="First">Its first port.</param>
/// <param name="Last">Its last port; FFFFh is followed by 10000h, which is none.</param>
/// <param name="Length">How many of its bytes tell that: as many as it has at least, whatever it is.</param>
public readonly record struct PortAccess<W>(Truth IsPorts, W First, W Last, W Length) where W : struct, IWord<W>
{
    /// <summary>Bytes of an instruction that are looked at: two prefixes, the opcode, a port. With more prefixes it is no use of ports.</summary>
    public const uint Bytes = 4;

    /// <summary>The instruction whose first bytes are those of a word, the lowest first; EDX has the port, unless the instruction has.</summary>
    public static PortAccess<W> Of(W instruction, W edx)
    {
        var (first, second) = (instruction & 0xFF, (instruction >> 8) & 0xFF);
        var (one, two) = (IsPrefix(first), IsPrefix(first) & IsPrefix(second));
        var prefixes = W.Select(two, 2, W.Select(one, 1, 0));
        var rest = instruction >> (prefixes << 3);
        var opcode = rest & 0xFF;
        var port = W.Select(HasPort(opcode), (rest >> 8) & 0xFF, edx & 0xFFFF);
        var isSmall = (one & (first == OperandSize)) | (two & (second == OperandSize));
        var width = W.Select((opcode & 1) == 0, 1, W.Select(isSmall, 2, 4));
        return new(HasPort(opcode) | ((opcode & 0x7C) == 0x6C), port, port + width - 1,
            prefixes + W.Select(HasPort(opcode), 2, 1));
    }

    private const uint OperandSize = 0x66;

    // Segments, operand and address size, REPNE and REP. LOCK is another exception's.
    private static Truth IsPrefix(W b) => ((b & 0xE7) == 0x26) | ((b & 0xFC) == 0x64) | ((b & 0xFE) == 0xF2);

    private static Truth HasPort(W opcode) => (opcode & 0xFC) == 0xE4;
}
