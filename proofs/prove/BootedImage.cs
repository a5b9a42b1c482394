using Verified.Kernel;
using Verified.Proofs.Execution;

namespace Verified.Proofs.Prove;

/// <summary>
/// An image after its boot on the concrete machine. It holds the constants that never change again: the proofs assume
/// them, and the theorem of boot checks them.
/// </summary>
/// <param name="Layout">The places of its tables.</param>
/// <param name="Constant">
/// The dword at an aligned linear address that the kernel may not write; null for the tables that it may write.
/// </param>
/// <param name="Addresses">The addresses of the places in <see cref="CodePoints"/>, by name.</param>
/// <param name="Operations">The pieces of code that keep a contract about the sets.</param>
public sealed record BootedImage(
    Layout Layout,
    Func<uint, uint?> Constant,
    IReadOnlyDictionary<string, uint> Addresses,
    IReadOnlyList<SetOperation> Operations
)
{
    /// <summary>The cut points, with the contracts that theorems start from and show.</summary>
    public CutPoints Points { get; init; } = CutPoints.Of(Layout);

    /// <summary>The address of the HLT of stage idle.</summary>
    public uint IdleHalt { get; } = Addresses[CodePoints.Idle.Name];

    /// <summary>The address where the own step of a cut point starts; for idle, the HLT. Null for user mode.</summary>
    public uint? AddressOf(CutPoint point) => Addresses.TryGetValue(point.Name, out var address) ? address : null;
}
