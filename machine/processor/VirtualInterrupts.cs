namespace Verified.Machine.Processor;

/// <summary>
/// The Pentium's virtual interrupt flag (SDM vol. 3, 20.3 and 20.4). Below IOPL 3, a virtual-8086 program has VIF
/// instead of IF if CR4.VME is set. A program in ring 3 has VIF for CLI and STI if CR4.PVI is set. With VME, INT n uses
/// the program's own table if the TSS says so.
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    /// <summary>
    /// The size of the bitmap of software interrupts, before the I/O bitmap. A set bit selects the protected-mode
    /// handler.
    /// </summary>
    private const uint RedirectionMap = 32;

    private bool Extends(uint control) => (Known(Cr4, "CR4") & control) != 0;

    /// <summary>Whether PUSHF, POPF and IRET show VIF in place of IF, and IOPL 3.</summary>
    private bool HasVirtualInterruptFlag =>
        Virtual && Extends(ControlBit.VirtualExtensions) && Known(PrivilegeLevel, "IOPL") != 3;

    /// <summary>
    /// In virtual-8086 mode, PUSHF, POPF and IRET of <paramref name="size"/> bytes need IOPL 3, or VIF and 16-bit
    /// operands.
    /// </summary>
    private void RequireVirtualPrivilege(int size)
    {
        if (Virtual && PrivilegeLevel != 3 && (size == 4 || !Extends(ControlBit.VirtualExtensions)))
            throw Fault.Protection(0);
    }

    /// <summary>Checks CLI and STI in a ring above IOPL.</summary>
    private void RequireVirtualInterruptFlag()
    {
        if (!User || !Extends(Virtual ? ControlBit.VirtualExtensions : ControlBit.ProtectedVirtualInterrupts))
            throw Fault.Protection(0);
    }

    /// <summary>The flags that the program sees.</summary>
    private W VirtualImage(W flags) =>
        HasVirtualInterruptFlag
            ? flags & ~(W)Flag.Interrupt | flags >> 10 & Flag.Interrupt | Flag.PrivilegeLevel
            : flags;

    /// <summary>
    /// Checks flags that a program with VIF may not set: TF, and IF while an interrupt is pending for it.
    /// </summary>
    private void CheckVirtualImage(W flags)
    {
        if (
            HasVirtualInterruptFlag
            && (
                (flags & Flag.Trap) != 0
                || ((flags & Flag.Interrupt) != 0 && (_system & Flag.VirtualInterruptPending) != 0)
            )
        )
            throw Fault.Protection(0);
    }

    /// <summary>If a program is entered with VIF and VIP set, it faults before its first instruction.</summary>
    private void CheckVirtualInterruptPending()
    {
        const uint both = Flag.VirtualInterrupt | Flag.VirtualInterruptPending;
        if (
            !User
            || !Extends(Virtual ? ControlBit.VirtualExtensions : ControlBit.ProtectedVirtualInterrupts)
            || (_system & both) != both
        )
            return;
        _start = Eip;
        throw Fault.Protection(0);
    }

    private void VirtualSoftwareInterrupt(int vector)
    {
        if (Extends(ControlBit.VirtualExtensions) && !GoesToMonitor(vector))
        {
            Entered = true;
            var target = Bus.Load((uint)vector * 4, 4, false);
            EnterReal(target, VirtualImage(Eflags), HasVirtualInterruptFlag ? Flag.VirtualInterrupt : Flag.Interrupt);
            return;
        }
        if (PrivilegeLevel != 3)
            throw Fault.Protection(0);
        SoftwareInterrupt(vector);
    }

    private bool GoesToMonitor(int vector)
    {
        var at = PortMap() - RedirectionMap + (uint)vector / 8;
        if (at > TaskRegister.Limit)
            throw Fault.Protection(0);
        return (Known(Bus.Load(TaskRegister.Base + at, 1, false), "a TSS's map of interrupts") >> (vector & 7) & 1)
            != 0;
    }
}
