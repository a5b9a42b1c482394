namespace Verified.Proofs.Subjects;

/// <summary>Code as dwords.</summary>
public static class CodeBytes
{
    // A decoder may read so many bytes behind the last instruction.
    private const int LongestInstruction = 15;

    /// <summary>The dwords of code, with INT3 behind it.</summary>
    public static IEnumerable<uint> Dwords(byte[] code)
    {
        var padded = new byte[(code.Length + LongestInstruction + 3) & ~3];
        Array.Fill(padded, (byte)0xCC);
        code.CopyTo(padded, 0);
        for (var at = 0; at < padded.Length; at += 4)
            yield return BitConverter.ToUInt32(padded, at);
    }
}
