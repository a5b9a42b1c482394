using System.Runtime.CompilerServices;

namespace Verified.Proofs.Values;

/// <summary>The kinds of places in a <see cref="Pattern"/>.</summary>
public enum Place
{
    /// <summary>Any term of the place's sort.</summary>
    Term,

    /// <summary>Any constant word.</summary>
    Constant,

    /// <summary>One number.</summary>
    Number,

    /// <summary>The mask of the bits that a matched word may have (<see cref="Word.Bits"/>).</summary>
    Bits,

    /// <summary>An operation over patterns.</summary>
    Operation,
}

/// <summary>The matched term of each variable of a pattern.</summary>
[InlineArray(Length)]
public struct Match
{
    public const int Length = 9;

    private ITerm? _first;
}

/// <summary>
/// A term with variables, as data: it can be matched, built, computed, and translated for a proof. Its operators are
/// those of the value domain.
/// </summary>
// CS0660, CS0661: == makes a pattern of an equation.
#pragma warning disable CS0660, CS0661
public sealed class Pattern
{
    private Pattern(Place place, string name, int slot, bool isCondition) =>
        (Place, Name, Slot, IsCondition) = (place, name, slot, isCondition);

    private Pattern(Place place, uint value, Pattern? of) =>
        (Place, Value, A, Slot) = (place, value, of, of?.Slot ?? 0);

    private Pattern(TermOp op, Pattern? a, Pattern? b, Pattern? c)
    {
        (Place, Op, A, B, C) = (Place.Operation, op, a, b, c);
        IsCondition = op.IsCondition();
    }

    public Place Place { get; }

    public TermOp Op { get; }

    public Pattern? A { get; }

    public Pattern? B { get; }

    public Pattern? C { get; }

    /// <summary>A variable's name.</summary>
    public string? Name { get; }

    /// <summary>A variable's place in a <see cref="Match"/>.</summary>
    public int Slot { get; }

    public uint Value { get; }

    public bool IsCondition { get; }

    public static Pattern Word(string name, int slot) => new(Place.Term, name, slot, isCondition: false);

    public static Pattern Condition(string name, int slot) => new(Place.Term, name, slot, isCondition: true);

    public static Pattern Constant(string name, int slot) => new(Place.Constant, name, slot, isCondition: false);

    public static Pattern Bits(Pattern word) => new(Place.Bits, 0, word);

    public static Pattern Apply(TermOp op, Pattern? a = null, Pattern? b = null, Pattern? c = null) => new(op, a, b, c);

    public static implicit operator Pattern(uint value) => new(Place.Number, value, null);

    public static Pattern operator +(Pattern a, Pattern b) => Apply(TermOp.Add, a, b);

    public static Pattern operator -(Pattern a, Pattern b) => Apply(TermOp.Subtract, a, b);

    public static Pattern operator *(Pattern a, Pattern b) => Apply(TermOp.Multiply, a, b);

    public static Pattern operator &(Pattern a, Pattern b) => Apply(a.IsCondition ? TermOp.Both : TermOp.And, a, b);

    public static Pattern operator |(Pattern a, Pattern b) => Apply(a.IsCondition ? TermOp.Either : TermOp.Or, a, b);

    public static Pattern operator ^(Pattern a, Pattern b) => Apply(TermOp.Xor, a, b);

    public static Pattern operator ~(Pattern a) => Apply(TermOp.Xor, a, uint.MaxValue);

    public static Pattern operator <<(Pattern a, Pattern b) => Apply(TermOp.ShiftLeft, a, b);

    public static Pattern operator >>(Pattern a, Pattern b) => Apply(TermOp.ShiftRight, a, b);

    public static Pattern operator ==(Pattern a, Pattern b) => Apply(TermOp.Equal, a, b);

    public static Pattern operator !=(Pattern a, Pattern b) => !(a == b);

    public static Pattern operator <(Pattern a, Pattern b) => Apply(TermOp.Less, a, b);

    public static Pattern operator >(Pattern a, Pattern b) => b < a;

    public static Pattern operator <=(Pattern a, Pattern b) => !(b < a);

    public static Pattern operator >=(Pattern a, Pattern b) => !(a < b);

    public static Pattern operator !(Pattern a) => Apply(TermOp.Not, a);

    /// <summary>
    /// True if <paramref name="term"/> has this shape. The terms for the variables are added to the match.
    /// </summary>
    public bool Matches(ITerm? term, ref Match match) =>
        term is not null
        && Place switch
        {
            Place.Term => IsCondition == term.Op.IsCondition() && Bind(term, ref match),
            Place.Constant => term.Op == TermOp.Constant && Bind(term, ref match),
            Place.Number => term is Word { Op: TermOp.Constant } constant && constant.Value == Value,
            Place.Operation => term.Op == Op && MatchesOperands(term.A, term.B, term.C, ref match),
            _ => false,
        };

    public bool MatchesOperands(ITerm? a, ITerm? b, ITerm? c, ref Match match) =>
        (A is null || A.Matches(a, ref match))
        && (B is null || B.Matches(b, ref match))
        && (C is null || C.Matches(c, ref match));

    /// <summary>The value of a pattern over constants and bits; a truth is 0 or 1.</summary>
    public uint Compute(in Match match) =>
        Place switch
        {
            Place.Number => Value,
            Place.Constant => ((Word)match[Slot]!).Value,
            Place.Bits => ((Word)match[Slot]!).Bits,
            Place.Operation => OpMeaning.Apply(
                Op,
                A?.Compute(match) ?? 0,
                B?.Compute(match) ?? 0,
                C?.Compute(match) ?? 0
            ),
            _ => throw new InvalidOperationException($"{this} is not known when a rule is tried"),
        };

    /// <summary>The same over numbers only: the number of a constant is at its slot.</summary>
    public uint Compute(params ReadOnlySpan<uint> numbers) =>
        Place switch
        {
            Place.Number => Value,
            Place.Constant => numbers[Slot],
            Place.Operation => OpMeaning.Apply(
                Op,
                A?.Compute(numbers) ?? 0,
                B?.Compute(numbers) ?? 0,
                C?.Compute(numbers) ?? 0
            ),
            _ => throw new InvalidOperationException($"{this} is not a number"),
        };

    /// <summary>The term that the pattern describes.</summary>
    public ITerm Build(Terms terms, in Match match) =>
        Place switch
        {
            Place.Term or Place.Constant => match[Slot]!,
            Place.Operation when A is null => terms.Of(Op == TermOp.True),
            Place.Operation => terms.MakeTerm(
                Op,
                A.Build(terms, match),
                B?.Build(terms, match),
                C?.Build(terms, match)
            ),
            _ => terms.Constant(Compute(match)),
        };

    /// <summary>This pattern with the operands of commutative operations in every order.</summary>
    public IEnumerable<Pattern> Orders()
    {
        if (Place != Place.Operation || A is null)
            return [this];
        // Constants are last already.
        var swaps = Op.Commutes() && B!.Place is Place.Term or Place.Operation;
        return from a in A.Orders()
            from b in Orders(B)
            from c in Orders(C)
            from order in swaps ? [Apply(Op, a, b, c), Apply(Op, b, a, c)] : (IEnumerable<Pattern>)[Apply(Op, a, b, c)]
            select order;
    }

    public override string ToString() =>
        Place switch
        {
            Place.Number => Notation.Of(Value),
            Place.Bits => $"bits({A})",
            Place.Operation when A is null => Op == TermOp.True ? "true" : "false",
            Place.Operation when Op == TermOp.Not => $"!{A}",
            Place.Operation when B is not null && C is null && !char.IsLetter(Op.Symbol()[0]) =>
                $"({A} {Op.Symbol()} {B})",
            Place.Operation => $"{Op.Symbol()}({A}{(B is null ? "" : $", {B}")}{(C is null ? "" : $", {C}")})",
            _ => Name!,
        };

    private static IEnumerable<Pattern?> Orders(Pattern? operand)
    {
        if (operand is null)
            return [null];
        return operand.Orders();
    }

    private bool Bind(ITerm term, ref Match match)
    {
        if (match[Slot] is { } bound)
            return ReferenceEquals(bound, term);
        match[Slot] = term;
        return true;
    }
}
#pragma warning restore CS0660, CS0661

/// <summary>An equation that is used from left to right, if its condition on constants and known bits holds.</summary>
public sealed record Rule(Pattern Left, Pattern Right, Pattern? When = null)
{
    public override string ToString() => $"{Left} -> {Right}{(When is null ? "" : $" when {When}")}";
}
