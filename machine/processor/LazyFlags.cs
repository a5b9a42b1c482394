namespace Verified.Machine.Processor;

/// <summary>How the status flags are kept at present, for code that takes them over as they are.</summary>
public sealed partial class Ia32<W, TBus>
{
    /// <summary>Rules times sizes: values of <see cref="FlagForm"/> are below.</summary>
    internal const int FlagForms = 9 * 4;

    /// <summary>The rule and operand size by which flags follow from the words that are kept.</summary>
    internal int FlagForm
    {
        get => _rule == FlagRule.Stored ? 0 : (int)_rule << 2 | _size >> 1;
        set => (_rule, _size) = ((FlagRule)(value >> 2), value == 0 ? _size : Math.Max(1, (value & 3) << 1));
    }

    /// <summary>The words that flags follow from: left, right, result, carry, overflow, stored.</summary>
    internal (W Left, W Right, W Result, W Carry, W Overflow, W Stored) FlagWords
    {
        get => (_left, _right, _result, _carry, _overflow, _stored);
        set => (_left, _right, _result, _carry, _overflow, _stored) = value;
    }
}
