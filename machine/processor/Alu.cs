using System.Runtime.CompilerServices;

namespace Verified.Machine.Processor;

/// <summary>Addition, subtraction and logic: each returns the result and sets the status flags (SDM vol. 2).</summary>
public sealed partial class Ia32<W, TBus>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W Add(W a, W b, int size) => SetFlags(FlagRule.Add, a, b, Mask(a + b, size), size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W Subtract(W a, W b, int size) => SetFlags(FlagRule.Subtract, a, b, Mask(a - b, size), size);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private W Logic(W result, int size) => SetFlags(FlagRule.Logic, result, result, result, size);

    private W AddWithCarry(W a, W b, int size)
    {
        var carry = CarryIn();
        var result = Mask(a + b + carry, size);
        _carry = Bit(result < a | (carry != 0 & result == a));
        return SetFlags(FlagRule.AddCarry, a, b, result, size);
    }

    private W SubtractWithBorrow(W a, W b, int size)
    {
        var borrow = CarryIn();
        var result = Mask(a - b - borrow, size);
        _carry = Bit(a < b | (borrow != 0 & a == b));
        return SetFlags(FlagRule.SubtractBorrow, a, b, result, size);
    }

    private W Increment(W a, int size)
    {
        _carry = CarryIn();
        return SetFlags(FlagRule.Increment, a, a, Mask(a + 1, size), size);
    }

    private W Decrement(W a, int size)
    {
        _carry = CarryIn();
        return SetFlags(FlagRule.Decrement, a, a, Mask(a - 1, size), size);
    }

    private W Negate(W a, int size) => Subtract(0, a, size);

    private static W Complement(W a, int size) => Mask(~a, size);
}
