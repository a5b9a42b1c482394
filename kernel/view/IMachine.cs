using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>
/// The part of a machine, concrete or symbolic, that the view reads. Registers have the numbers of the instruction
/// encoding.
/// </summary>
public interface IMachine<W>
    where W : struct, IWord<W>
{
    /// <summary>The dword at a linear address of the kernel's memory, without side effects.</summary>
    W Load(W linear);

    /// <summary>EAX, ECX, EDX, EBX, ESP, EBP, ESI, EDI.</summary>
    W Register(int number);

    W Eip { get; }

    W Eflags { get; }

    W Cr3 { get; }

    /// <summary>A segment register's selector: ES, CS, SS, DS, FS, GS.</summary>
    W Selector(int number);

    /// <summary>A segment register's hidden part: the base, and the offset of the last byte.</summary>
    (W Base, W Limit) Hidden(int number);

    /// <summary>
    /// The interrupt controllers' mask registers: the first controller's in bits 7..0, the second one's in bits 15..8.
    /// </summary>
    W Masks { get; }

    /// <summary>The kernel's cut point, a value of <see cref="Verified.Spec.Stages"/>.</summary>
    uint Stage { get; }

    /// <summary>
    /// Whether the current thread's registers are in the processor. Otherwise they are saved in its row.
    /// </summary>
    bool InUserMode => Stage == Stages.User;
}
