namespace Verified.Machine.Processor;

/// <summary>The present representation of the status flags, for code that takes it over unchanged.</summary>
public sealed partial class Ia32<W, TBus>
{
    /// <summary>The number of rules times sizes: a bound on the values of <see cref="FlagForm"/>.</summary>
    internal const int FlagForms = 9 * 4;

    /// <summary>The rule and the operand size that compute the flags from the stored words.</summary>
    internal int FlagForm
    {
        get => _rule == FlagRule.Stored ? 0 : (int)_rule << 2 | _size >> 1;
        set => (_rule, _size) = ((FlagRule)(value >> 2), value == 0 ? _size : Math.Max(1, (value & 3) << 1));
    }

    /// <summary>
    /// The stored words from which the flags are computed: left, right, result, carry, overflow, stored.
    /// </summary>
    internal (W Left, W Right, W Result, W Carry, W Overflow, W Stored) FlagWords
    {
        get => (_left, _right, _result, _carry, _overflow, _stored);
        set => (_left, _right, _result, _carry, _overflow, _stored) = value;
    }
}
