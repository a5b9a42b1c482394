using System.Numerics;
using Verified.Spec.Values;

namespace Verified.Machine.Compiler;

/// <summary>
/// A word in the reading that generates code: a number, or an expression that the code computes when it runs. Executing
/// an instruction of <see cref="Processor.Ia32{W, TBus}"/> on these words generates the code for that instruction.
/// </summary>
internal readonly struct Code : IWord<Code>
{
    private readonly uint _value;

    public Code(uint value) => (_value, Node) = (value, null);

    public Code(Node node) => (_value, Node) = (0, node);

    /// <summary>Null if the word is the number <see cref="Value"/>.</summary>
    public Node? Node { get; }

    public uint Value => _value;

    public static implicit operator Code(uint value) => new(value);

    public static Code operator +(Code a, Code b)
    {
        if (a.Node is null)
            (a, b) = (b, a);
        if (b.Node is not null)
            return new(new Node(Operator.Add, a, b));
        if (a.Node is null)
            return a._value + b._value;
        if (b._value == 0)
            return a;
        return a.Node is { Operator: Operator.Add, B.Node: null } sum
            ? sum.A + (sum.B._value + b._value)
            : new(new Node(Operator.Add, a, b));
    }

    public static Code operator -(Code a, Code b) =>
        b.Node is null ? a + (0 - b._value) : new(new Node(Operator.Subtract, a, b));

    public static Code operator *(Code a, Code b) => Fold(Operator.Multiply, a, b, a._value * b._value);

    public static Code operator &(Code a, Code b) =>
        IsNumber(a, 0) || IsNumber(b, 0) ? 0
        : IsNumber(b, uint.MaxValue) ? a
        : Fold(Operator.And, a, b, a._value & b._value);

    public static Code operator |(Code a, Code b) =>
        IsNumber(a, 0) ? b
        : IsNumber(b, 0) ? a
        : Fold(Operator.Or, a, b, a._value | b._value);

    public static Code operator ^(Code a, Code b) =>
        IsNumber(a, 0) ? b
        : IsNumber(b, 0) ? a
        : Fold(Operator.Xor, a, b, a._value ^ b._value);

    public static Code operator ~(Code a) => a ^ uint.MaxValue;

    public static Code operator <<(Code a, Code count) =>
        IsNumber(count, 0) ? a : Fold(Operator.ShiftLeft, a, count, ((Concrete)a._value << count._value).Value);

    public static Code operator >>(Code a, Code count) =>
        IsNumber(count, 0) ? a : Fold(Operator.ShiftRight, a, count, ((Concrete)a._value >> count._value).Value);

    public static Truth operator ==(Code a, Code b) => Compare(Operator.Equal, a, b, a._value == b._value);

    public static Truth operator !=(Code a, Code b) => !(a == b);

    public static Truth operator <(Code a, Code b) => Compare(Operator.Less, a, b, a._value < b._value);

    public static Truth operator >(Code a, Code b) => b < a;

    public static Truth operator <=(Code a, Code b) => !(b < a);

    public static Truth operator >=(Code a, Code b) => !(a < b);

    public static Code ShiftRightSigned(Code a, Code count) =>
        Fold(Operator.ShiftRightSigned, a, count, Concrete.ShiftRightSigned(a._value, count._value).Value);

    public static Truth LessSigned(Code a, Code b) => Compare(Operator.LessSigned, a, b, (int)a._value < (int)b._value);

    public static Code Select(Truth condition, Code a, Code b)
    {
        if (condition.Undecided is not Test test)
            return condition.Known ? a : b;
        return new(IsNumber(a, 1) && IsNumber(b, 0) ? test.Node : new Node(Operator.Select, new(test.Node), a, b));
    }

    public static Code MultiplyHigh(Code a, Code b) =>
        Fold(Operator.MultiplyHigh, a, b, (uint)((ulong)a._value * b._value >> 32));

    public static (Code Quotient, Code Remainder) Divide(Code high, Code low, Code divisor) =>
        throw new NotCompilable();

    public static Code LowestBit(Code a) =>
        Fold(Operator.LowestBit, a, 0, (uint)BitOperations.TrailingZeroCount(a._value) & 31);

    public static Code HighestBit(Code a) => Fold(Operator.HighestBit, a, 0, (uint)BitOperations.Log2(a._value));

    public static Truth EvenParity(Code a) =>
        a.Node is null ? Concrete.EvenParity(a._value) : new Truth(new Test(new Node(Operator.EvenParity, a, 0)));

    // An emulator must choose a value that the manual leaves open. It chooses the same as the concrete reading.
    public static Code Arbitrary(Code usual) => usual;

    public static bool TryValue(Code word, out uint value)
    {
        value = word._value;
        return word.Node is null;
    }

    public override bool Equals(object? obj) =>
        obj is Code other && other._value == _value && ReferenceEquals(other.Node, Node);

    public override int GetHashCode() => HashCode.Combine(_value, Node);

    private static bool IsNumber(Code word, uint value) => word.Node is null && word._value == value;

    private static Code Fold(Operator op, Code a, Code b, uint value) =>
        a.Node is null && b.Node is null ? value : new Code(new Node(op, a, b));

    private static Truth Compare(Operator op, Code a, Code b, bool value) =>
        a.Node is null && b.Node is null ? value : new Truth(new Test(new Node(op, a, b)));
}

/// <summary>Thrown for an instruction that cannot be compiled. The instruction is then interpreted.</summary>
#pragma warning disable CA1032 // thrown and caught by the compiler alone
internal sealed class NotCompilable : Exception;
#pragma warning restore CA1032
