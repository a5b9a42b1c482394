using System.Numerics;
using System.Runtime.CompilerServices;

namespace Verified.Spec.Values;

/// <summary>
/// The concrete reading of a word: a number. The JIT compiler specialises every text for it, so it costs nothing.
/// </summary>
public readonly struct Concrete(uint value) : IWord<Concrete>
{
    public readonly uint Value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Concrete(uint value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator uint(Concrete word) => word.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete operator +(Concrete a, Concrete b) => new(a.Value + b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete operator -(Concrete a, Concrete b) => new(a.Value - b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete operator *(Concrete a, Concrete b) => new(a.Value * b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete operator &(Concrete a, Concrete b) => new(a.Value & b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete operator |(Concrete a, Concrete b) => new(a.Value | b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete operator ^(Concrete a, Concrete b) => new(a.Value ^ b.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete operator ~(Concrete a) => new(~a.Value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete operator <<(Concrete a, Concrete count) =>
        new(count.Value < 32 ? a.Value << (int)count.Value : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete operator >>(Concrete a, Concrete count) =>
        new(count.Value < 32 ? a.Value >> (int)count.Value : 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Truth operator ==(Concrete a, Concrete b) => a.Value == b.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Truth operator !=(Concrete a, Concrete b) => a.Value != b.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Truth operator <(Concrete a, Concrete b) => a.Value < b.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Truth operator >(Concrete a, Concrete b) => a.Value > b.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Truth operator <=(Concrete a, Concrete b) => a.Value <= b.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Truth operator >=(Concrete a, Concrete b) => a.Value >= b.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete ShiftRightSigned(Concrete a, Concrete count) =>
        new((uint)((int)a.Value >> (int)Math.Min(count.Value, 31)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Truth LessSigned(Concrete a, Concrete b) => (int)a.Value < (int)b.Value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete Select(Truth condition, Concrete a, Concrete b) => condition ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete MultiplyHigh(Concrete a, Concrete b) => new((uint)((ulong)a.Value * b.Value >> 32));

    public static (Concrete Quotient, Concrete Remainder) Divide(Concrete high, Concrete low, Concrete divisor)
    {
        var dividend = (ulong)high.Value << 32 | low.Value;
        return (new((uint)(dividend / divisor.Value)), new((uint)(dividend % divisor.Value)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete LowestBit(Concrete a) => new((uint)BitOperations.TrailingZeroCount(a.Value) & 31);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete HighestBit(Concrete a) => new((uint)BitOperations.Log2(a.Value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Truth EvenParity(Concrete a) => (BitOperations.PopCount(a.Value & 0xFF) & 1) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Concrete Arbitrary(Concrete usual) => usual;

    public static bool TryValue(Concrete word, out uint value)
    {
        value = word.Value;
        return true;
    }

    public override bool Equals(object? obj) => obj is Concrete other && other.Value == Value;

    public override int GetHashCode() => (int)Value;

    public override string ToString() => $"{Value:X8}h";
}
