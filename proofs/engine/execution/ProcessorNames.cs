using Verified.Machine.Processor;

namespace Verified.Proofs.Execution;

/// <summary>The names of registers and flags, in the order of their numbers and bits.</summary>
public static class ProcessorNames
{
    /// <summary>Words of the x87's state, and test registers.</summary>
    public const int CoprocessorItems = Ia32<Values.Symbolic, TypedMemory>.CoprocessorItems,
        TestRegisters = Ia32<Values.Symbolic, TypedMemory>.TestRegisters;

    /// <summary>
    /// The flags that ring 3 can change without I/O privilege: all but IF, IOPL, VM and the virtual interrupt flags
    /// (SDM vol. 2, POPF).
    /// </summary>
    public const uint UserFlags =
        Flag.Status
        | Flag.Trap
        | Flag.Direction
        | Flag.NestedTask
        | Flag.Resume
        | Flag.AlignmentCheck
        | Flag.Identification;

    /// <summary>The general registers (<see cref="Register"/>).</summary>
    public static readonly IReadOnlyList<string> General = ["EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI"];

    /// <summary>The segment registers (<see cref="SegmentRegister"/>).</summary>
    public static readonly IReadOnlyList<string> Segments = ["ES", "CS", "SS", "DS", "FS", "GS"];

    /// <summary>Every bit of EFLAGS, with IOPL as one field (SDM vol. 1, 3.4.3).</summary>
    public static readonly IReadOnlyList<(string Name, uint Mask)> Eflags =
    [
        ("EFLAGS.CF", Flag.Carry),
        ("EFLAGS.1", Flag.Reserved),
        ("EFLAGS.PF", Flag.Parity),
        ("EFLAGS.AF", Flag.Adjust),
        ("EFLAGS.ZF", Flag.Zero),
        ("EFLAGS.SF", Flag.Sign),
        ("EFLAGS.TF", Flag.Trap),
        ("EFLAGS.IF", Flag.Interrupt),
        ("EFLAGS.DF", Flag.Direction),
        ("EFLAGS.OF", Flag.Overflow),
        ("EFLAGS.IOPL", Flag.PrivilegeLevel),
        ("EFLAGS.NT", Flag.NestedTask),
        ("EFLAGS.RF", Flag.Resume),
        ("EFLAGS.VM", Flag.Virtual8086),
        ("EFLAGS.AC", Flag.AlignmentCheck),
        ("EFLAGS.VIF", Flag.VirtualInterrupt),
        ("EFLAGS.VIP", Flag.VirtualInterruptPending),
        ("EFLAGS.ID", Flag.Identification),
        ("EFLAGS reserved", 0xFFC08028),
    ];
}
