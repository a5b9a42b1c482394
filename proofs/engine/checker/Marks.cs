using System.Numerics;
using System.Runtime.Intrinsics;

namespace Verified.Proofs.Checker;

/// <summary>A set of at most 256 things that happen, by number.</summary>
public readonly record struct Marks(Vector256<ulong> Bits)
{
    /// <summary>How many numbers there are.</summary>
    public const int Most = 256;

    /// <summary>True if the set is empty.</summary>
    public bool IsEmpty => Bits == Vector256<ulong>.Zero;

    /// <summary>The numbers in the set.</summary>
    public IEnumerable<int> Numbers
    {
        get
        {
            for (var word = 0; word < Vector256<ulong>.Count; word++)
            for (var bits = Bits[word]; bits != 0; bits &= bits - 1)
                yield return 64 * word + BitOperations.TrailingZeroCount(bits);
        }
    }

    /// <summary>The set with one more number.</summary>
    public Marks With(int number) => new(Bits.WithElement(number / 64, Bits[number / 64] | 1UL << number % 64));

    /// <summary>The numbers from 0 on.</summary>
    public static Marks First(int count) => Of(Enumerable.Range(0, count));

    /// <summary>The given numbers.</summary>
    public static Marks Of(IEnumerable<int> numbers) =>
        numbers.Aggregate(default(Marks), (marks, number) => marks.With(number));

    public static Marks operator |(Marks a, Marks b) => new(a.Bits | b.Bits);

    public static Marks operator &(Marks a, Marks b) => new(a.Bits & b.Bits);

    /// <summary>The numbers that are in the first set only.</summary>
    public static Marks operator -(Marks a, Marks b) => new(Vector256.AndNot(a.Bits, b.Bits));
}
