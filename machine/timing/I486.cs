using Iced.Intel;
using Verified.Machine.Processor;
using static Iced.Intel.Mnemonic;
using Register = Iced.Intel.Register;

namespace Verified.Machine.Timing;

/// <summary>
/// The numbers of the 486 in 32-bit protected mode, with hits in cache and TLB. It has one pipe, so nothing pairs. If a
/// document gives a range, the number is its lower end.
/// </summary>
/// <remarks>
/// Sources. [L]: the figures of the kernel's interface document, section 5. The others are of the i486 Microprocessor
/// Programmer's Reference Manual, chapter 26 and its tables of clock counts, column "cache hit", protected mode.
/// </remarks>
public static class I486
{
    /// <summary>INT that enters an inner ring. [L]</summary>
    public const int Interrupt = 71;

    /// <summary>INT within a ring.</summary>
    public const int InterruptWithinRing = 44;

    /// <summary>IRET to an outer ring [L]; IRET within a ring.</summary>
    public const int ReturnOutward = 36,
        ReturnWithinRing = 20;

    /// <summary>The previous instruction has written a base register.</summary>
    public const int AddressInterlock = 1;

    /// <summary>
    /// The cache has 8 KB for code and data: four ways of 16-byte lines. There are 32 translations in four ways. A line
    /// is a burst of four transfers in 5 clocks; a table walk takes 13 to 28.
    /// </summary>
    public static readonly MemoryTimings Memory = new(
        new(128, 4, 16),
        null,
        new(8, 4, 1),
        null,
        LineFill: 5,
        TableWalk: 13,
        Misaligned: 3
    );

    /// <exception cref="MachineException">The clocks of the instruction are not known.</exception>
    public static Cost Of(in Step step)
    {
        var i = step.Instruction;
        // One clock more for an index, for a displacement with an immediate, and for each prefix.
        var extra =
            (i.MemoryIndex != Register.None ? 1 : 0)
            + (P5.HasDisplacement(i) && P5.HasImmediate(i) ? 1 : 0)
            + P5.Prefixes(i);
        return new(OfOpcode(step) + extra, Pairing.None);
    }

    private static int OfOpcode(in Step step)
    {
        var i = step.Instruction;
        var n = (int)step.Count;
        var into = i.OpCount > 0 && i.GetOpKind(0) == OpKind.Memory;
        var from = i.OpCount > 1 && i.GetOpKind(1) == OpKind.Memory;
        var memory = into || from;
        var outward = step.NextRing > step.Ring;
        var inward = step.NextRing < step.Ring;
        var repeated = i.HasRepPrefix || i.HasRepePrefix || i.HasRepnePrefix;
        int Alu() =>
            into ? 3
            : from ? 2
            : 1;
        var branched = step.Taken;
        int ByTaken(int taken, int not) => branched ? taken : not;

        switch (i.Mnemonic)
        {
            // Moves.
            case Mov when i.Op0Kind == OpKind.Register && i.Op0Register.IsSegmentRegister():
                return 9;
            case Mov when i.Op1Kind == OpKind.Register && i.Op1Register.IsSegmentRegister():
                return 3;
            case Mov when i.Op0Kind == OpKind.Register && i.Op0Register.IsCR():
                return i.Op0Register == Register.CR0 ? 17 : 4;
            case Mov when i.Op1Kind == OpKind.Register && i.Op1Register.IsCR():
                return 4;
            case Mov when i.Op0Kind == OpKind.Register && i.Op0Register.IsDR():
                return 11;
            case Mov when i.Op1Kind == OpKind.Register && i.Op1Register.IsDR():
                return 10;
            case Mov or Lea or Nop:
                return 1;
            case Movsx or Movzx:
                return 3;
            case Xchg:
                return memory ? 5 : 3;
            case Xlatb:
                return 4;
            case Bswap:
                return 1;
            case Push when i.Op0Kind == OpKind.Register && i.Op0Register.IsSegmentRegister():
                return 3;
            case Push:
                return memory ? 4 : 1;
            case Pop when i.Op0Kind == OpKind.Register && i.Op0Register.IsSegmentRegister():
                return 9;
            case Pop:
                return memory ? 6 : 4;
            case Pusha or Pushad:
                return 11;
            case Popa or Popad:
                return 9;
            case Pushf or Pushfd:
                return 3;
            case Popf or Popfd:
                return 6;
            case Lahf:
                return 3;
            case Sahf:
                return 2;
            case Lds or Les or Lfs or Lgs or Lss:
                return 12;

            // Arithmetic and logic.
            case Add
            or Sub
            or And
            or Or
            or Xor
            or Adc
            or Sbb:
                return Alu();
            case Cmp or Mnemonic.Test:
                return memory ? 2 : 1;
            case Inc or Dec or Neg or Not:
                return into ? 3 : 1;
            case Cbw or Cwde or Cwd or Cdq:
                return 3;
            case Mul or Imul:
                return 13;
            case Div:
                return P5.OperandSize(i) switch
                {
                    1 => 16,
                    2 => 24,
                    _ => 40,
                };
            case Idiv:
                return P5.OperandSize(i) switch
                {
                    1 => 19,
                    2 => 27,
                    _ => 43,
                };
            case Aaa or Aas:
                return 3;
            case Daa or Das:
                return 2;
            case Aad:
                return 14;
            case Aam:
                return 15;
            case Clc or Stc or Cmc or Cld or Std or Salc:
                return 2;

            // Shifts and bits.
            case Rcl
            or Rcr when i.Op1Kind == OpKind.Register || i.GetImmediate(1) != 1:
                return memory ? 9 : 8;
            case Shl or Sal or Shr or Sar or Rol or Ror when i.Op1Kind != OpKind.Register && i.GetImmediate(1) != 1:
                return memory ? 4 : 2;
            case Shl or Sal or Shr or Sar or Rol or Ror or Rcl or Rcr:
                return memory ? 4 : 3;
            case Shld or Shrd:
                return (i.Op2Kind == OpKind.Register ? 3 : 2) + (memory ? 1 : 0);
            case Bt:
                return !into ? 3
                    : i.Op1Kind == OpKind.Register ? 8
                    : 3;
            case Bts or Btr or Btc:
                return !into ? 6
                    : i.Op1Kind == OpKind.Register ? 13
                    : 8;
            // 6..42 and 6..103, depending on the bits passed over; linear between the ends.
            case Bsf:
                return 6 + n * 36 / 31;
            case Bsr:
                return 6 + n * 97 / 31;
            case >= Seta and <= Sets when i.OpCount == 1:
                return memory ? 3 : 4;
            case Cmpxchg:
                return memory ? 8 : 6;
            case Xadd:
                return memory ? 4 : 3;

            // Branches.
            case Jmp
            or Call when i.IsJmpFar || i.IsCallFar || i.IsJmpFarIndirect || i.IsCallFarIndirect:
                return inward ? 69
                    : i.Mnemonic == Jmp ? 19
                    : 20;
            case Jmp or Call when i.IsJmpNearIndirect || i.IsCallNearIndirect:
                return 5;
            case Jmp or Call:
                return 3;
            case Ret:
                return 5;
            case Retf:
                return outward ? 33 : 17;
            case Jcxz or Jecxz:
                return ByTaken(8, 5);
            case Loop:
                return ByTaken(7, 6);
            case Loope or Loopne:
                return ByTaken(9, 6);
            case >= Ja and <= Js when i.IsJccShortOrNear:
                return ByTaken(3, 1);

            // Gates.
            case Int
            or Int3:
                return inward ? Interrupt : InterruptWithinRing;
            case Into:
                return inward ? Interrupt : ByTaken(46, 3);
            case Iret or Iretd:
                return outward ? ReturnOutward : ReturnWithinRing;
            case Bound:
                return 7;
            case Enter:
                return n == 0 ? 14
                    : n == 1 ? 17
                    : 17 + 3 * n;
            case Leave:
                return 5;

            // Strings.
            case Lodsb
            or Lodsw
            or Lodsd:
                return repeated ? 7 + 4 * n : 5;
            case Stosb or Stosw or Stosd:
                return repeated ? 7 + 4 * n : 5;
            case Movsb or Movsw or Movsd:
                return repeated ? 12 + 3 * n : 7;
            case Scasb or Scasw or Scasd:
                return repeated ? 7 + 5 * n : 6;
            case Cmpsb or Cmpsw or Cmpsd:
                return repeated ? 7 + 7 * n : 8;
            case Insb or Insw or Insd:
                return repeated ? (step.Ring > 0 ? 30 : 10) + 8 * n
                    : step.Ring > 0 ? 32
                    : 10;
            case Outsb or Outsw or Outsd:
                return repeated ? (step.Ring > 0 ? 31 : 11) + 5 * n
                    : step.Ring > 0 ? 32
                    : 10;

            // System.
            case Cli
            or Sti:
                return 5;
            case Ltr:
                return 20;
            case Lgdt or Lidt:
                return 12;
            case Lldt:
                return 11;
            case Sgdt or Sidt:
                return 10;
            case Sldt or Str or Smsw:
                return 2;
            case Lmsw:
                return 13;
            case Lar or Lsl or Verr or Verw:
                return 11;
            case Arpl:
                return 9;
            case Clts:
                return 7;
            case Invlpg:
                return 12;
            case Invd:
                return 4;
            case Wbinvd:
                return 5;
            case Hlt:
                return 4;
            case In:
                return step.Ring > 0 ? 29 : 9;
            case Out:
                return step.Ring > 0 ? 31 : 11;
            case Wait:
                return 1;
            default:
                throw new MachineException($"no 486 clocks are known for {i.Mnemonic} at {i.IP32:X8}h");
        }
    }
}
