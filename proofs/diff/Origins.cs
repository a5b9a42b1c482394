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
    public static IReadOnlySet<int> Of(IReadOnlyList<Instruction> path, int writer)
    {
        var factory = new InstructionInfoFactory();
        HashSet<int> found = [];
        HashSet<Register> wanted = Read(factory, path[writer]);
        for (var i = writer - 1; i >= 0 && wanted.Count > 0 && found.Count < Most; i--)
        {
            var written = Written(factory, path[i]);
            if (!written.Overlaps(wanted))
                continue;
            found.Add(i);
            wanted.ExceptWith(written);
            wanted.UnionWith(Read(factory, path[i]));
        }

        return found;
    }

    private static HashSet<Register> Written(InstructionInfoFactory factory, in Instruction instruction) =>
        [
            .. factory
                .GetInfo(instruction)
                .GetUsedRegisters()
                .Where(used => used.Access is OpAccess.Write or OpAccess.ReadWrite && used.Register.IsGPR())
                .Select(used => used.Register.GetFullRegister32()),
        ];

    // The registers whose values it reads. Those of an address are among them only if the address is the value.
    private static HashSet<Register> Read(InstructionInfoFactory factory, Instruction instruction)
    {
        var isAddress = instruction.Mnemonic == Mnemonic.Lea;
        Register[] operands =
        [
            .. Enumerable
                .Range(0, instruction.OpCount)
                .Where(i => instruction.GetOpKind(i) == OpKind.Register)
                .Select(i => instruction.GetOpRegister(i)),
        ];
        Register[] address = isAddress ? [] : [instruction.MemoryBase, instruction.MemoryIndex];
        var read = factory
            .GetInfo(instruction)
            .GetUsedRegisters()
            .Where(used =>
                used.Access is OpAccess.Read or OpAccess.ReadWrite or OpAccess.CondRead
                && used.Register.IsGPR()
                && (operands.Contains(used.Register) || !address.Contains(used.Register))
            )
            .Select(used => used.Register.GetFullRegister32())
            .Where(register => register != Register.ESP);
        return [.. read];
    }
}
