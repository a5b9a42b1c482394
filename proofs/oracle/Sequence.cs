using Iced.Intel;
using Verified.Machine.Processor;

namespace Verified.Proofs.Oracle;

/// <summary>An instruction of a sequence.</summary>
/// <param name="Bytes">Its encoding. If it branches, the last byte is the distance, which the layout sets.</param>
/// <param name="Target">
/// The number of the instruction that it may branch to, the length of the sequence for its end; or null.
/// </param>
public sealed record SequenceStep(byte[] Bytes, int? Target = null);

/// <summary>
/// A few instructions in flat 32-bit segments, with branches among them. An instruction uses values that an earlier
/// instruction left to be computed later, or that a compiler keeps in locals.
/// </summary>
public sealed record Sequence(IReadOnlyList<SequenceStep> Steps)
{
    /// <summary>
    /// The case with these instructions in place of its own; null if a branch does not reach, or if they are too long.
    /// </summary>
    public Case? In(Case c)
    {
        List<byte> bytes = [];
        var starts = new List<int>();
        foreach (var step in Steps)
        {
            starts.Add(bytes.Count);
            bytes.AddRange(step.Bytes);
        }

        starts.Add(bytes.Count);
        if (bytes.Count > Case.MostBytes)
            return null;
        for (var i = 0; i < Steps.Count; i++)
        {
            if (Steps[i].Target is not { } target)
                continue;
            var distance = starts[target] - starts[i + 1];
            if (distance is < sbyte.MinValue or > sbyte.MaxValue)
                return null;
            bytes[starts[i + 1] - 1] = (byte)distance;
        }

        return CaseGenerator.TryDecode([.. bytes], true, c.Eip, out var first)
            ? c with
            {
                Instruction = first,
                Bytes = [.. bytes],
                Sequence = this,
            }
            : null;
    }

    /// <summary>The sequence without one instruction. Branches to it go to the next instruction.</summary>
    public Sequence Without(int index) =>
        new([
            .. Steps
                .Where((_, i) => i != index)
                .Select(step => step.Target > index ? step with { Target = step.Target - 1 } : step),
        ]);
}

/// <summary>
/// The flags that are undefined after some instructions, and whether later instructions depended on them.
/// </summary>
internal struct Undefinedness
{
    private static readonly (RflagsBits Iced, uint Flag)[] Bits =
    [
        (RflagsBits.OF, Flag.Overflow),
        (RflagsBits.SF, Flag.Sign),
        (RflagsBits.ZF, Flag.Zero),
        (RflagsBits.AF, Flag.Adjust),
        (RflagsBits.CF, Flag.Carry),
        (RflagsBits.PF, Flag.Parity),
    ];

    public uint Flags { get; private set; }

    /// <summary>A result is undefined, or comes from an undefined flag: nothing from here on can be compared.</summary>
    public bool Spoils { get; private set; }

    /// <summary>An instruction that starts with this ECX.</summary>
    public void Begin(in Instruction i) => Spoils |= (Of(i.RflagsRead) & Flags) != 0;

    /// <summary>The instruction has completed, with the zero flag given.</summary>
    public void End(in Instruction i, uint ecx, bool zero)
    {
        Spoils |= UndefinedResults.Destination(i, ecx, zero);
        if (IsShift(i.Mnemonic) && UndefinedResults.Count(i, ecx) == 0)
            return;
        Flags = Flags & ~Of(i.RflagsModified) | UndefinedResults.Flags(i, ecx);
    }

    private static bool IsShift(Mnemonic mnemonic) =>
        mnemonic
            is Mnemonic.Shl
                or Mnemonic.Sal
                or Mnemonic.Shr
                or Mnemonic.Sar
                or Mnemonic.Rol
                or Mnemonic.Ror
                or Mnemonic.Rcl
                or Mnemonic.Rcr
                or Mnemonic.Shld
                or Mnemonic.Shrd;

    private static uint Of(RflagsBits iced)
    {
        var flags = 0u;
        foreach (var (bit, flag) in Bits)
            if ((iced & bit) != 0)
                flags |= flag;
        return flags;
    }
}
