using System.Runtime.CompilerServices;

namespace Verified.Spec.Values;

/// <summary>A condition that is not decided yet: the symbolic case of <see cref="Truth"/>.</summary>
public abstract class Condition
{
    /// <summary>Picks a side for the running exploration; throws outside an exploration.</summary>
    public abstract bool Decide();

    public abstract Truth Not();

    /// <summary>The conjunction with <paramref name="other"/>, which may be known.</summary>
    public abstract Truth And(Truth other);

    /// <summary>The disjunction with <paramref name="other"/>, which may be known.</summary>
    public abstract Truth Or(Truth other);
}

/// <summary>
/// The truth of a comparison: a known value, or a <see cref="Condition"/>. An <c>if</c>, <c>&amp;&amp;</c> or <c>||</c>
/// asks the exploration to decide it. <c>&amp;</c>, <c>|</c> and <c>!</c> combine truths without a decision.
/// </summary>
public readonly struct Truth
{
    private readonly bool _value;
    private readonly Condition? _condition;

    public Truth(bool value) => _value = value;

    public Truth(Condition condition) => _condition = condition;

    /// <summary>The undecided condition; null if the truth is known.</summary>
    public Condition? Undecided => _condition;

    /// <summary>The truth if it is known; false if it is undecided.</summary>
    public bool Known => _value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Truth(bool value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator true(Truth t) => t._condition is null ? t._value : t._condition.Decide();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator false(Truth t) => t._condition is null ? !t._value : !t._condition.Decide();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Truth operator !(Truth t) => t._condition is null ? new(!t._value) : t._condition.Not();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Truth operator &(Truth a, Truth b) =>
        a._condition is null ? (a._value ? b : a)
        : b._condition is null ? (b._value ? a : b)
        : a._condition.And(b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Truth operator |(Truth a, Truth b) =>
        a._condition is null ? (a._value ? a : b)
        : b._condition is null ? (b._value ? b : a)
        : a._condition.Or(b);

    /// <summary>Equivalence.</summary>
    public static Truth operator ==(Truth a, Truth b) => (a & b) | (!a & !b);

    public static Truth operator !=(Truth a, Truth b) => !(a == b);

    public override bool Equals(object? obj) =>
        obj is Truth other && other._value == _value && ReferenceEquals(other._condition, _condition);

    public override int GetHashCode() => HashCode.Combine(_value, _condition);

    public override string ToString() => _condition?.ToString() ?? (_value ? "true" : "false");
}
