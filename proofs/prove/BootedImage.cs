using Verified.Kernel;

namespace Verified.Proofs.Prove;

/// <summary>
/// An image after its boot on the concrete machine. It holds the constants that never change again: the proofs assume
/// them, and the theorem of boot checks them.
/// </summary>
/// <param name="Layout">The places of its tables.</param>
/// <param name="Constant">
/// The dword at an aligned linear address that the kernel may not write; null for the tables that it may write.
/// </param>
/// <param name="Pick">Address of the cut point of stage pick.</param>
/// <param name="Receive">Address of the cut point of stage receive.</param>
/// <param name="Accept">Address of the cut point of stage accept.</param>
/// <param name="Leave">Address of the cut point of stage leave.</param>
/// <param name="Wake">Address of the cut point of stage wake.</param>
/// <param name="Map">Address of the cut point of stage map.</param>
/// <param name="Exit">Address of the way out to the current thread.</param>
/// <param name="IdleHalt">Address of the HLT of stage idle.</param>
/// <param name="IpcSlow">Address where the fast path of ipc jumps to the slow path.</param>
/// <param name="Operations">The pieces of code that keep a contract about the sets.</param>
public sealed record BootedImage(
    Layout Layout,
    Func<uint, uint?> Constant,
    uint Pick,
    uint Receive,
    uint Accept,
    uint Leave,
    uint Wake,
    uint Map,
    uint Exit,
    uint IdleHalt,
    uint IpcSlow,
    IReadOnlyList<SetOperation> Operations
)
{
    /// <summary>The cut points, with the contracts that theorems start from and show.</summary>
    public CutPoints Points { get; init; } = CutPoints.Of(Layout);

    /// <summary>The address where the own step of a cut point starts; for idle, the HLT. Null for user mode.</summary>
    public uint? AddressOf(CutPoint point) =>
        point.Name switch
        {
            CutPoints.SlowName => IpcSlow,
            CutPoints.ExitName => Exit,
            _ => point.Stage switch
            {
                Spec.Stages.Pick => Pick,
                Spec.Stages.Receive => Receive,
                Spec.Stages.Accept => Accept,
                Spec.Stages.Leave => Leave,
                Spec.Stages.Wake => Wake,
                Spec.Stages.Map => Map,
                Spec.Stages.Idle => IdleHalt,
                _ => null,
            },
        };
}
