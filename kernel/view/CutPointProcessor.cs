namespace Verified.Kernel;

/// <summary>The processor at a cut point, as <see cref="Encode.Processor"/> requires it.</summary>
/// <param name="Registers">EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI.</param>
/// <param name="Eip">Relative to the base of CS.</param>
/// <param name="Eflags">With bit 1, which is always set.</param>
/// <param name="Cr3">Physical address of the page directory.</param>
/// <param name="CodeSegment">CS selector.</param>
/// <param name="StackSegment">SS selector.</param>
/// <param name="DataSegments">Selector of DS and ES.</param>
/// <param name="FurtherSegments">Selector of FS and GS.</param>
/// <param name="Masks">
/// The interrupt controllers' mask registers: the first controller's in bits 7..0, the second one's in bits 15..8.
/// </param>
public sealed record CutPointProcessor(
    IReadOnlyList<uint> Registers,
    uint Eip,
    uint Eflags,
    uint Cr3,
    uint CodeSegment,
    uint StackSegment,
    uint DataSegments,
    uint FurtherSegments,
    uint Masks
);
