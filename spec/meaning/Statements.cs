using Verified.Spec.Values;

namespace Verified.Spec.Meaning;

/// <summary>The index of all properties of one step.</summary>
public static class Statements<W>
    where W : struct, IWord<W>
{
    public static readonly IReadOnlyList<Property<W>> All =
    [
        .. Messages<W>.All,
        .. Waits<W>.All,
        .. Time<W>.All,
        .. Lines<W>.All,
        .. Calls<W>.All,
    ];
}
