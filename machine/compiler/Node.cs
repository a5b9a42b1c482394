using System.Reflection.Emit;
using Verified.Spec.Values;

namespace Verified.Machine.Compiler;

internal enum Operator : byte
{
    /// <summary>A field of the processor with its value on entry: a register, EIP, or a word of the flags.</summary>
    Field,

    /// <summary>A value that was loaded or computed before and exists only in a local.</summary>
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

    /// <summary>B if A is not 0, else C.</summary>
    Select,
}

/// <summary>An expression of compiled code.</summary>
/// <param name="op">The operator.</param>
/// <param name="a">The first operand.</param>
/// <param name="b">The second operand; 0 if there is none.</param>
/// <param name="c">The third operand, of <see cref="Compiler.Operator.Select"/>.</param>
internal sealed class Node(Operator op, Code a = default, Code b = default, Code c = default)
{
    public Operator Operator => op;
    public Code A => a;
    public Code B => b;
    public Code C => c;

    /// <summary>The field of the processor, for <see cref="Compiler.Operator.Field"/>.</summary>
    public StateWord Field { get; init; }

    /// <summary>The local that contains the value after it was computed.</summary>
    public LocalBuilder? Local { get; set; }
}

/// <summary>An undecided condition, as an expression that is 1 or 0.</summary>
internal sealed class Test(Node node) : Condition
{
    /// <summary>Called for every condition on which an instruction depends; null outside a compilation.</summary>
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
