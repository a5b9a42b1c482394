namespace Verified.Proofs.Oracle;

/// <summary>Random numbers that depend only on the seed, on every runtime: SplitMix64.</summary>
public struct Dice(ulong seed)
{
    private static readonly uint[] Boundaries =
    [
        0,
        1,
        2,
        3,
        7,
        8,
        0xF,
        0x10,
        0x1F,
        0x20,
        0x7F,
        0x80,
        0x81,
        0xFF,
        0x100,
        0x7FFF,
        0x8000,
        0x8001,
        0xFFFF,
        0x10000,
        0x7FFFFFFF,
        0x80000000,
        0x80000001,
        0xFFFF0000,
        0xFFFF8000,
        0xFFFFFF7F,
        0xFFFFFF80,
        0xFFFFFFFE,
        0xFFFFFFFF,
    ];

    private ulong _state = seed;

    public static Dice Of(int seed, long number) => new(((ulong)(uint)seed << 40) + (ulong)number * 0xD1342543DE82EF95);

    public uint Next()
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return (uint)((z ^ z >> 31) >> 16);
    }

    /// <summary>0 to <paramref name="bound"/> - 1.</summary>
    public int Below(int bound) => (int)((ulong)Next() * (uint)bound >> 32);

    /// <summary>True in <paramref name="percent"/> of a hundred throws.</summary>
    public bool Chance(int percent) => Below(100) < percent;

    public T Pick<T>(ReadOnlySpan<T> choices) => choices[Below(choices.Length)];

    /// <summary>A word: a boundary value, a small number, or any.</summary>
    public uint Word() =>
        Below(4) switch
        {
            0 => Pick<uint>(Boundaries),
            1 => Next() >> Below(32),
            _ => Next(),
        };
}
