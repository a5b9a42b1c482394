using Verified.Proofs.Z3;
using Verified.Spec.Values;

namespace Verified.Proofs.Values;

/// <summary>
/// A node of the shared graph of one <see cref="Terms"/>. Equal terms are one object, and operands have smaller ids.
/// </summary>
public interface ITerm
{
    Terms Terms { get; }

    int Id { get; }

    TermOp Op { get; }

    /// <summary>Up to three operands, in order; null if there are fewer.</summary>
    ITerm? A { get; }

    ITerm? B { get; }

    ITerm? C { get; }

    /// <summary>The solver's term, after the first request.</summary>
    Expr? Translation { get; set; }
}

/// <summary>A 32-bit word.</summary>
public sealed class Word : ITerm
{
    internal Word(Terms terms, int id, TermOp op, ITerm? a, ITerm? b, ITerm? c, uint value, string? name, uint bits)
    {
        (Terms, Id, Op, A, B, C) = (terms, id, op, a, b, c);
        (Value, Name, Bits) = (value, name, bits);
    }

    public Terms Terms { get; }

    public int Id { get; }

    public TermOp Op { get; }

    public ITerm? A { get; }

    public ITerm? B { get; }

    public ITerm? C { get; }

    /// <summary>A constant's number, a variable's width in bits.</summary>
    public uint Value { get; }

    /// <summary>A variable's name.</summary>
    public string? Name { get; }

    /// <summary>
    /// The bits that may be set; all others are known to be 0. So it also bounds the word from above.
    /// </summary>
    public uint Bits { get; }

    public Expr? Translation { get; set; }

    public bool IsConstant => Op == TermOp.Constant;

    public override string ToString() => Notation.Of(this);
}

/// <summary>An undecided condition over words, or true, or false.</summary>
public sealed class Bool : Condition, ITerm
{
    internal Bool(Terms terms, int id, TermOp op, ITerm? a, ITerm? b) => (Terms, Id, Op, A, B) = (terms, id, op, a, b);

    public Terms Terms { get; }

    public int Id { get; }

    public TermOp Op { get; }

    public ITerm? A { get; }

    public ITerm? B { get; }

    public ITerm? C => null;

    public Expr? Translation { get; set; }

    /// <summary>Known if the condition is the constant true or false.</summary>
    public Truth Truth =>
        Op == TermOp.True ? new(true)
        : Op == TermOp.False ? new(false)
        : new(this);

    /// <exception cref="InvalidOperationException">No exploration is running.</exception>
    public override bool Decide() =>
        (
            Terms.Decider
            ?? throw new InvalidOperationException(
                $"a decision outside an exploration, on {this}: combine with & | ! and Select, or explore"
            )
        ).Decide(this);

    public override Truth Not() => Terms.Make(TermOp.Not, this).Truth;

    /// <summary>
    /// If the path has already decided one side, the other side. So <c>a &amp;&amp; b</c>, which decides a and then the
    /// conjunction, does not fork again.
    /// </summary>
    public override Truth And(Truth other) => Join(TermOp.Both, other, neutral: true);

    public override Truth Or(Truth other) => Join(TermOp.Either, other, neutral: false);

    private Truth Join(TermOp op, Truth other, bool neutral)
    {
        if (Terms.Decider?.Known(this) is { } left)
            return left == neutral ? other : new(!neutral);
        if (other.Undecided is not Bool condition)
            return other.Known == neutral ? new(this) : other;
        if (Terms.Decider?.Known(condition) is { } right)
            return right == neutral ? new(this) : new(!neutral);
        return Terms.Make(op, this, condition).Truth;
    }

    public override string ToString() => Notation.Of(this);
}
