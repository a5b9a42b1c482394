using Iced.Intel;

namespace Verified.Proofs.Diff;

/// <summary>
/// Finds the instructions of a path that computed the value which an instruction writes. It follows registers back to
/// loads, constants and the registers of user code. It follows neither addresses nor flags.
/// </summary>
internal static class Origins
{
    private const int Most = 24;

    /// <summary>The numbers of these instructions in the path.</summary>
    /// <param name="path">The executed instructions, in order.</param>
    /// <param name="writer">The number of the instruction that writes the value.</param>
    public static IReadOnlySet<int> Of(IReadOnlyList<Decoded> path, int writer)
    {
        HashSet<int> found = [];
        HashSet<Register> wanted = Read(path[writer]);
        for (var i = writer - 1; i >= 0 && wanted.Count > 0 && found.Count < Most; i--)
        {
            if (!wanted.Overlaps(path[i].Written))
                continue;
            found.Add(i);
            wanted.ExceptWith(path[i].Written);
            wanted.UnionWith(Read(path[i]));
        }

        return found;
    }

    /// <summary>The number of the last instruction before a reader that wrote a register; null if none did.</summary>
    public static int? WriterOf(IReadOnlyList<Decoded> path, int reader, Register register)
    {
        for (var i = reader - 1; i >= 0; i--)
            if (path[i].Written.Contains(register))
                return i;
        return null;
    }

    /// <summary>
    /// The number of the instruction that set the flags of a conditional jump; null if it is not in the path, or if
    /// several set them.
    /// </summary>
    public static int? OfFlags(IReadOnlyList<Decoded> path, int jump)
    {
        var read = path[jump].Instruction.RflagsRead;
        for (var i = jump - 1; i >= 0; i--)
            if ((path[i].Instruction.RflagsModified & read) is not RflagsBits.None and var set)
                return set == read ? i : null;
        return null;
    }

    // The registers whose values it reads. Those of an address are among them only if the address is the value.
    private static HashSet<Register> Read(Decoded decoded)
    {
        var instruction = decoded.Instruction;
        var isAddress = instruction.Mnemonic == Mnemonic.Lea;
        HashSet<Register> operands =
        [
            .. Enumerable
                .Range(0, instruction.OpCount)
                .Where(i => instruction.GetOpKind(i) == OpKind.Register)
                .Select(i => instruction.GetOpRegister(i).GetFullRegister32()),
        ];
        Register[] address = isAddress ? [] : [instruction.MemoryBase, instruction.MemoryIndex];
        return
        [
            .. decoded.Read.Where(register =>
                register != Register.ESP && (operands.Contains(register) || !address.Contains(register))
            ),
        ];
    }
}
