using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>The bounds of address spaces (interface, 12.7, 13.14 and 13.15).</summary>
public static class UserSpace
{
    /// <summary>The last address of the code and the stack of a large space.</summary>
    public const uint Last = 0xF03FFFFF;

    /// <summary>Tasks from this number on always run in their large spaces.</summary>
    public const uint SmallTasks = 58;

    /// <summary>The EIP of a thread that is given <paramref name="eip"/>: the same, or the last address.</summary>
    public static W Clip<W>(W eip)
        where W : struct, IWord<W> => W.Select(eip > Last, Last, eip);
}
