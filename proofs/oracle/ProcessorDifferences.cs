using Iced.Intel;
using Verified.Machine.Processor;

namespace Verified.Proofs.Oracle;

/// <summary>
/// The processors of Intel and AMD differ from each other in some cases, and ours agrees with only one of them. All
/// cases are about instructions that fault, or of which ours faults. SDM vol. 3A, 6.9, leaves the order of such faults
/// to each processor.
/// </summary>
public static class ProcessorDifferences
{
    /// <summary>
    /// True if the outcomes end in different faults, or one of them in none, and processors differ in that.
    /// </summary>
    public static bool Trap(Case c, Outcome own, Outcome host) =>
        OutcomeComparison.Trap(own) != OutcomeComparison.Trap(host)
        && IsOfMemory(own)
        && (
            IsUnneededWrite(c, host)
            || c.Sequence is null
                && (
                    IsOfMemory(host) && (MemoryIsAccessedTwice(c) || AlignmentIsCheckedFirst(c, own, host))
                    || IsBoundFirst(c, host)
                    || SelectorIsWord(c, host)
                )
        );

    /// <summary>
    /// The status flags that a fault may leave changed. A repeated comparison that faults has compared before; Intel's
    /// processors restore the flags (SDM vol. 2, REP), and AMD's do not. Ours follows AMD's.
    /// </summary>
    public static uint FlagsAtFault(Case c) =>
        c.Sequence is null
        && (c.Instruction.HasRepPrefix || c.Instruction.HasRepnePrefix)
        && c.Instruction.Mnemonic
            is Mnemonic.Cmpsb
                or Mnemonic.Cmpsw
                or Mnemonic.Cmpsd
                or Mnemonic.Scasb
                or Mnemonic.Scasw
                or Mnemonic.Scasd
            ? Flag.Status
            : 0;

    /// <summary>
    /// True if a fault may leave memory changed: an instruction of several accesses has made some of them, or none.
    /// </summary>
    public static bool MemoryAtFault(Case c, Outcome own) =>
        c.Sequence is null && IsOfMemory(own) && MemoryIsAccessedTwice(c);

    /// <summary>True if a fault may leave general registers changed: some processors have popped a part.</summary>
    public static bool RegistersAtFault(Case c, Outcome own) =>
        MemoryAtFault(c, own) && c.Instruction.Mnemonic is Mnemonic.Popa or Mnemonic.Popad;

    private static bool IsOfMemory(Outcome o) =>
        o.Vector is Vectors.StackFault or Vectors.GeneralProtection or Vectors.PageFault or Vectors.AlignmentCheck;

    /// <summary>
    /// ARPL wants its operand writable (SDM vol. 2); AMD's processors read first, and write only if ZF is set.
    /// </summary>
    private static bool IsUnneededWrite(Case c, Outcome host) =>
        c.Instruction.Mnemonic == Mnemonic.Arpl
        && (IsOfMemory(host) || (host.Vector is null && (host.Eflags & Flag.Zero) == 0));

    /// <summary>Intel's processors find an address misaligned before they find that it is beyond the limit.</summary>
    private static bool AlignmentIsCheckedFirst(Case c, Outcome own, Outcome host) =>
        (c.Eflags & Flag.AlignmentCheck) != 0
        && own.Vector is Vectors.StackFault or Vectors.GeneralProtection
        && host.Vector == Vectors.AlignmentCheck;

    /// <summary>Intel's processors read the upper bound only if the index is not below the lower one.</summary>
    private static bool IsBoundFirst(Case c, Outcome host) =>
        c.Instruction.Mnemonic == Mnemonic.Bound && host.Vector == Vectors.BoundRange;

    /// <summary>
    /// Intel's processors pop a selector as a word, also where the operand is a doubleword. The other half is not
    /// accessed, so it cannot fault; whatever the selector does follows.
    /// </summary>
    private static bool SelectorIsWord(Case c, Outcome host) =>
        c.Instruction.Code
            is Code.Popd_ES
                or Code.Popd_SS
                or Code.Popd_DS
                or Code.Popd_FS
                or Code.Popd_GS
                or Code.Retfd
                or Code.Retfd_imm16
                or Code.Iretd
        && (host.Vector is null or Vectors.SegmentNotPresent || IsOfMemory(host));

    /// <summary>
    /// Instructions with several memory accesses, or with one access and a check of the target. If two of these fault,
    /// processors differ in which fault they meet first. The order is not always that of the manual's operation
    /// section.
    /// </summary>
    private static bool MemoryIsAccessedTwice(Case c) =>
        c.Instruction.Mnemonic
            is Mnemonic.Cmpsb
                or Mnemonic.Cmpsw
                or Mnemonic.Cmpsd
                or Mnemonic.Movsb
                or Mnemonic.Movsw
                or Mnemonic.Movsd
                or Mnemonic.Retf
                or Mnemonic.Iret
                or Mnemonic.Iretd
                or Mnemonic.Enter
                or Mnemonic.Pusha
                or Mnemonic.Pushad
                or Mnemonic.Popa
                or Mnemonic.Popad
                or Mnemonic.Bound
                or Mnemonic.Cmpxchg8b
                or Mnemonic.Lds
                or Mnemonic.Les
                or Mnemonic.Lss
                or Mnemonic.Lfs
                or Mnemonic.Lgs
        || c.Instruction.Mnemonic == Mnemonic.Call
        || (
            c.Instruction.Mnemonic is Mnemonic.Push or Mnemonic.Pop or Mnemonic.Jmp
            && c.Instruction.Op0Kind is OpKind.Memory
        );
}
