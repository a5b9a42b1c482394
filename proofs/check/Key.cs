namespace Verified.Proofs.Check;

/// <summary>A state packed to bits.</summary>
public readonly record struct Key(ulong Low, ulong High, ulong Top = 0)
{
    /// <summary>The most bits that a state may need.</summary>
    public const int Width = 192;

    /// <summary>A number of bits, at most 32, from bit <paramref name="at"/> on.</summary>
    public uint Bits(int at, int count)
    {
        var from = at switch
        {
            >= 128 => Top >> (at - 128),
            > 64 => High >> (at - 64) | Top << (128 - at),
            64 => High,
            > 0 => Low >> at | High << (64 - at),
            _ => Low,
        };
        return (uint)from & (uint)((1UL << count) - 1);
    }

    /// <summary>A value whose lowest bit is at bit <paramref name="at"/>, with zeros elsewhere.</summary>
    public static Key Of(ulong value, int at) =>
        at switch
        {
            >= 128 => new(0, 0, value << (at - 128)),
            > 64 => new(0, value << (at - 64), value >> (128 - at)),
            64 => new(0, value),
            > 0 => new(value << at, value >> (64 - at)),
            _ => new(value, 0),
        };

    /// <summary>A number of ones, at most 32, from bit <paramref name="at"/> on, with zeros elsewhere.</summary>
    public static Key Ones(int at, int count) => Of((1UL << count) - 1, at);

    public static Key operator &(Key a, Key b) => new(a.Low & b.Low, a.High & b.High, a.Top & b.Top);

    public static Key operator |(Key a, Key b) => new(a.Low | b.Low, a.High | b.High, a.Top | b.Top);

    public static Key operator ~(Key a) => new(~a.Low, ~a.High, ~a.Top);
}
