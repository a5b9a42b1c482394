using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>A property of the machine at every cut point, for all i and j.</summary>
public sealed record RepresentationInvariant<W>(
    string Name,
    string Why,
    Table I,
    Table J,
    Func<Representation<W>, W, W, Truth> Holds
)
    where W : struct, IWord<W>;
