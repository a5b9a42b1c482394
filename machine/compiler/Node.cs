using System.Reflection.Emit;
using Verified.Spec.Values;

namespace Verified.Machine.Compiler;

internal enum Operator : byte
{
    /// <summary>
    /// A field of the processor as it was on entry: a register, EIP, or an operand of the last flags.
    /// </summary>
    Field,

    /// <summary>A value loaded or computed before: only in its local.</summary>
    Local,
    Add,
    Subtract,
    Multiply,
    MultiplyHigh,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
    ShiftRightSigned,
    LowestBit,
    HighestBit,

    // 1 or 0.
    Equal,
    Less,
    LessSigned,
    EvenParity,

    /// <summary>B where A is not 0, else C.</summary>
    Select,
}

/// <summary>An expression of compiled code.</summary>
/// <param name="op">What is computed.</param>
/// <param name="a">First operand.</param>
/// <param name="b">Second operand; 0 where there is none.</param>
/// <param name="c">Third operand, of <see cref="Compiler.Operator.Select"/>.</param>
internal sealed class Node(Operator op, Code a = default, Code b = default, Code c = default)
{
    public Operator Operator => op;
    public Code A => a;
    public Code B => b;
    public Code C => c;

    /// <summary>Which field of the processor, for <see cref="Compiler.Operator.Field"/>.</summary>
    public ProcessorField Field { get; init; }

    /// <summary>Where the value is once it was computed.</summary>
    public LocalBuilder? Local { get; set; }
}

/// <summary>An undecided condition, as an expression that is 1 or 0.</summary>
internal sealed class Test(Node node) : Condition
{
    /// <summary>Told every condition that an instruction decides by; null outside of a compilation.</summary>
    [ThreadStatic]
    public static Func<Test, bool>? Decider;

    public Node Node => node;

    public override bool Decide() =>
        (Decider ?? throw new InvalidOperationException("a condition was decided outside of a compilation"))(this);

    public override Truth Not() => new(new Test(new Node(Operator.Equal, new(node), 0)));

    public override Truth And(Truth other) =>
        other.Undecided is Test test ? Both(Operator.And, test)
        : other.Known ? new Truth(this)
        : false;

    public override Truth Or(Truth other) =>
        other.Undecided is Test test ? Both(Operator.Or, test)
        : other.Known ? true
        : new Truth(this);

    private Truth Both(Operator op, Test other) => new(new Test(new Node(op, new(node), new(other.Node))));
}
