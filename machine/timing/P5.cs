using Iced.Intel;
using Verified.Machine.Processor;
using static Iced.Intel.Mnemonic;
using Register = Iced.Intel.Register;

namespace Verified.Machine.Timing;

/// <summary>
/// The cycles and the pairing of each instruction of the first Pentium (P5, P54C) in 32-bit protected mode, with hits
/// in caches and TLBs. If a document gives a range, the number is its lower end, unless a comment says otherwise.
/// </summary>
/// <remarks>
/// Sources. [L]: the figures of the kernel's interface document, section 5, which bind. [D]: Pentium Processor User's
/// Manual, volume 1 (data book), 3.1.2, pairing. [M]: the same, volume 3 (architecture and programming), instruction
/// timings. [F]: Agner Fog, How to optimize for the Pentium family, chapters on pairing, imperfect pairing and integer
/// timings, which were measured. [H]: HP Vectra VE 5/xxx Series 4, product manual, level-2 cache memory controller.
/// [T]: Intel 430FX (Triton) L2 cache, dependency-injection.com, which cites that chipset's data sheet for EDO memory.
///
/// The table of instructions stays in one file, so that it can be compared with those documents.
/// </remarks>
public static class P5
{
    /// <summary>
    /// An interrupt or exception that enters an inner ring. [L], like INT; the bus's acknowledge cycles are not
    /// included.
    /// </summary>
    public const int Interrupt = 48;

    /// <summary>An interrupt or exception within a ring. [M], like INT.</summary>
    public const int InterruptWithinRing = 31;

    /// <summary>The wait for an address register that was written in the previous cycle. [L]</summary>
    public const int AddressInterlock = 1;

    /// <summary>A mispredicted conditional branch in the V pipe [F]; any other mispredicted branch [F].</summary>
    public const int MispredictedSecond = 4,
        Mispredicted = 3;

    /// <summary>A miss in a TLB, with page tables in the first-level cache. [L]</summary>
    public const int TlbMiss = 9;

    /// <summary>
    /// Two caches of 8 KB, two ways of 32-byte lines [L]; 32 translations of code and 64 of data, four ways [D]. An
    /// access waits for the first transfer of a 3-1-1-1 burst from a second-level cache at half the processor's clock.
    /// Misaligned: [F].
    /// </summary>
    public static readonly MemoryTimings Memory = new(
        new(128, 2, 32),
        new(128, 2, 32),
        new(8, 4, 1),
        new(16, 4, 1),
        LineFill: 6,
        TableWalk: TlbMiss,
        Misaligned: 3
    );

    /// <summary>
    /// 256 KB, direct-mapped and written back [H]. A line of memory comes as a burst of 7-2-2-2 to 12-2-2-2 at half the
    /// processor's clock [T]. This is for worst cases, so it is the upper end, of which an access waits for the first
    /// transfer. If the line that it replaces was written, that one goes to memory first, as a whole burst.
    /// </summary>
    public static readonly SecondLevelTimings SecondLevel = new(256 << 10, MemoryFill: 2 * 12, WriteBack: 2 * 18);

    /// <summary>
    /// Two paired instructions with these cycles take as long as the longer one. However, if both work on memory, the
    /// second one waits for the first one's write. [D], [F]
    /// </summary>
    public static int Pair(int first, int second) => first == 3 ? first + second - 1 : Math.Max(first, second);

    /// <exception cref="MachineException">The cycles of the instruction are not known.</exception>
    public static Cost Of(in Step step)
    {
        var i = step.Instruction;
        var cost = OfOpcode(step);
        var (prefixes, pairing) = (Prefixes(i), cost.Pairing);
        // [D]: an instruction with a displacement and an immediate does not pair; one with prefixes pairs only in U.
        // [F]: each prefix takes one cycle to decode.
        if (HasDisplacement(i) && HasImmediate(i))
            pairing = Pairing.None;
        if (prefixes > 0)
            pairing = pairing is Pairing.U or Pairing.Either ? Pairing.U : Pairing.None;
        return new(cost.Cycles + prefixes, pairing);
    }

    private static Cost OfOpcode(in Step step)
    {
        var i = step.Instruction;
        var n = (int)step.Count;
        var intoMemory = i.OpCount > 0 && i.GetOpKind(0) == OpKind.Memory;
        var fromMemory = i.OpCount > 1 && i.GetOpKind(1) == OpKind.Memory;
        var memory = intoMemory || fromMemory;
        var outward = step.NextRing > step.Ring;
        var inward = step.NextRing < step.Ring;
        // Port accesses above the I/O privilege level read the I/O bitmap. In the model's systems the level is 0.
        var mapped = step.Ring > 0;
        var repeated = i.HasRepPrefix || i.HasRepePrefix || i.HasRepnePrefix;
        int Alu() =>
            intoMemory ? 3
            : fromMemory ? 2
            : 1;
        int Test() => memory ? 2 : 1;

        switch (i.Mnemonic)
        {
            // Moves. [L], [F]
            case Mov when i.Op0Kind == OpKind.Register && i.Op0Register.IsSegmentRegister():
                return Alone(3);
            case Mov when i.Op1Kind == OpKind.Register && i.Op1Register.IsSegmentRegister():
                return Alone(1);
            case Mov when i.Op0Kind == OpKind.Register && i.Op0Register.IsCR():
                return Alone(
                    i.Op0Register switch
                    {
                        Register.CR0 => 22, // [M]
                        Register.CR3 => 21, // [L]: 21..46
                        Register.CR4 => 14, // [M]
                        _ => 12, // [M]
                    }
                );
            case Mov when i.Op1Kind == OpKind.Register && i.Op1Register.IsCR():
                return Alone(4); // [M]
            case Mov when i.Op0Kind == OpKind.Register && i.Op0Register.IsDR():
                return Alone(11); // [M]
            case Mov when i.Op1Kind == OpKind.Register && i.Op1Register.IsDR():
                return Alone(11); // [M]
            case Mov or Lea or Nop:
                return Either(1);
            case Movsx or Movzx:
                return Alone(3);
            case Xchg:
                return Alone(
                    memory ? 15
                    : i.Op0Register == Register.EAX || i.Op1Register == Register.EAX ? 2
                    : 3
                );
            case Xlatb:
                return Alone(4);
            case Bswap:
                return Alone(1);
            case Push when i.Op0Kind == OpKind.Register && i.Op0Register.IsSegmentRegister():
                return Alone(1);
            case Push:
                return memory ? Alone(2) : Either(1);
            case Pop when i.Op0Kind == OpKind.Register && i.Op0Register.IsSegmentRegister():
                return Alone(3);
            case Pop:
                return memory ? Alone(3) : Either(1);
            case Pusha or Pushad or Popa or Popad:
                return Alone(5); // [L]
            case Pushf or Pushfd:
                return Alone(3);
            case Popf or Popfd:
                return Alone(4);
            case Lahf or Sahf:
                return Alone(2);
            case Lds or Les or Lfs or Lgs or Lss:
                return Alone(4);

            // Arithmetic and logic. [L], [F]
            case Add
            or Sub
            or And
            or Or
            or Xor:
                return Either(Alu());
            case Adc or Sbb:
                return First(Alu());
            case Cmp:
                return Either(Test());
            case Mnemonic.Test
                when HasImmediate(i) && (memory || i.Op0Register is not (Register.AL or Register.AX or Register.EAX)):
                return Alone(Test());
            case Mnemonic.Test:
                return Either(Test());
            case Inc or Dec:
                return Either(Alu());
            case Neg or Not:
                return Alone(Alu());
            case Cbw or Cwde:
                return Alone(3);
            case Cwd or Cdq:
                return Alone(2);
            case Mul or Imul:
                return Alone(OperandSize(i) < 4 && i.OpCount == 1 ? 11 : 9);
            case Div:
                return Alone(
                    OperandSize(i) switch
                    {
                        1 => 17,
                        2 => 25,
                        _ => 41,
                    }
                );
            case Idiv:
                return Alone(
                    OperandSize(i) switch
                    {
                        1 => 22,
                        2 => 30,
                        _ => 46,
                    }
                );
            case Aaa or Aas or Daa or Das:
                return Alone(3);
            case Aad:
                return Alone(10);
            case Aam:
                return Alone(18);
            case Clc or Stc or Cmc or Cld or Std or Salc:
                return Alone(2);

            // Shifts and bits. [L], [F]
            case Shl
            or Sal
            or Shr
            or Sar when i.Op1Kind != OpKind.Register:
                return First(Alu());
            case Rol or Ror or Rcl or Rcr when i.Op1Kind != OpKind.Register && i.GetImmediate(1) == 1:
                return First(Alu());
            case Rol or Ror when i.Op1Kind != OpKind.Register:
                return Alone(Alu());
            case Shl or Sal or Shr or Sar or Rol or Ror:
                return Alone(memory ? 5 : 4);
            case Rcl or Rcr:
                return Alone((i.Op1Kind == OpKind.Register ? 7 : 8) + (memory ? 2 : 0));
            case Shld or Shrd:
                return Alone(memory ? 5 : 4);
            case Bt:
                return Alone(intoMemory && i.Op1Kind == OpKind.Register ? 9 : 4);
            case Bts or Btr or Btc:
                return Alone(
                    !intoMemory ? 7
                    : i.Op1Kind == OpKind.Register ? 14
                    : 8
                );
            // [F]: 6..42 and 7..71, depending on the bits passed over; linear between the ends.
            case Bsf:
                return Alone(6 + n * 36 / 31);
            case Bsr:
                return Alone(7 + n * 64 / 31);
            case >= Seta and <= Sets when i.OpCount == 1:
                return Alone(memory ? 2 : 1);
            case Cmpxchg:
                return Alone(memory ? 6 : 5);
            case Cmpxchg8b:
                return Alone(10);
            case Xadd:
                return Alone(memory ? 4 : 3);

            // Branches, predicted. [F]
            case Jmp
            or Call when i.IsJmpFar || i.IsCallFar || i.IsJmpFarIndirect || i.IsCallFarIndirect:
                return Alone(
                    inward ? 44
                    : i.Mnemonic == Jmp ? 3
                    : 4
                ); // inward [M]
            case Jmp or Call when i.IsJmpNearIndirect || i.IsCallNearIndirect:
                return Alone(2);
            case Jmp or Call:
                return Second(1);
            case Ret:
                return Alone(i.OpCount > 0 ? 3 : 2);
            case Retf:
                return Alone(outward ? 23 : 4); // outward [M]
            case Jcxz or Jecxz:
                return Alone(5);
            case Loop:
                return Alone(5);
            case Loope or Loopne:
                return Alone(7);
            case >= Ja and <= Js when i.IsJccShortOrNear:
                return Second(1);

            // Gates. [L]; within the ring [M]
            case Int:
                return Alone(inward ? Interrupt : InterruptWithinRing);
            case Int3:
                return Alone(inward ? 44 : 27);
            case Into:
                return Alone(
                    inward ? 44
                    : step.Taken ? 27
                    : 4
                );
            case Iret or Iretd:
                return Alone(outward ? 27 : 10);
            case Bound:
                return Alone(8);
            case Enter:
                return Alone(n == 0 ? 11 : 15 + 2 * n);
            case Leave:
                return Alone(3);

            // Strings. [F]
            case Lodsb
            or Lodsw
            or Lodsd:
                return Alone(repeated ? 7 + 3 * n : 2);
            case Stosb or Stosw or Stosd:
                return Alone(repeated ? 10 + n : 3);
            case Movsb or Movsw or Movsd:
                return Alone(repeated ? 12 + n : 4);
            case Scasb or Scasw or Scasd:
                return Alone(repeated ? 9 + 4 * n : 4);
            case Cmpsb or Cmpsw or Cmpsd:
                return Alone(repeated ? 8 + 4 * n : 5);
            case Insb or Insw or Insd:
                return Alone((mapped ? 24 : 6) + (repeated ? 2 + 3 * n : 0));
            case Outsb or Outsw or Outsd:
                return Alone((mapped ? 27 : 10) + (repeated ? 4 * n : 0));

            // System. [L]: CLI, STI, LTR, LGDT; the others [M].
            case Cli
            or Sti:
                return Alone(7);
            case Ltr:
                return Alone(10);
            case Lgdt or Lidt:
                return Alone(6);
            case Lldt:
                return Alone(9);
            case Sgdt or Sidt:
                return Alone(4);
            case Sldt or Str:
                return Alone(2);
            case Smsw:
                return Alone(4);
            case Lmsw or Lar or Lsl:
                return Alone(8);
            case Verr or Verw or Arpl:
                return Alone(7);
            case Clts:
                return Alone(10);
            case Invlpg:
                return Alone(25);
            case Invd:
                return Alone(15);
            case Wbinvd:
                return Alone(2000);
            case Hlt:
                return Alone(4);
            case In:
                return Alone(mapped ? 21 : 4);
            case Out:
                return Alone(mapped ? 26 : 9);
            case Rdtsc:
                return Alone(step.Ring == 0 ? 6 : 13); // [F]: 6..13
            case Rdmsr:
                return Alone(20);
            case Wrmsr:
                return Alone(30);
            case Cpuid:
                return Alone(14);
            case Wait:
                return Alone(1);
            default:
                throw new MachineException($"no cycles are known for {i.Mnemonic} at {i.IP32:X8}h");
        }
    }

    private static Cost Alone(int cycles) => new(cycles, Pairing.None);

    private static Cost First(int cycles) => new(cycles, Pairing.U);

    private static Cost Second(int cycles) => new(cycles, Pairing.V);

    private static Cost Either(int cycles) => new(cycles, Pairing.Either);

    internal static int Prefixes(in Instruction i)
    {
        var narrow = i.OpCount > 0 && i.Code.ToOpCode().OperandSize == 16;
        var elsewhere = i.SegmentPrefix != Register.None;
        return (narrow ? 1 : 0) + (elsewhere ? 1 : 0) + (i.HasLockPrefix ? 1 : 0);
    }

    internal static bool HasDisplacement(in Instruction i) => i.MemoryDisplSize > 0;

    internal static bool HasImmediate(in Instruction i)
    {
        for (var n = 0; n < i.OpCount; n++)
            if (
                i.GetOpKind(n)
                is >= OpKind.Immediate8
                    and <= OpKind.Immediate32
                    or OpKind.Immediate8to16
                    or OpKind.Immediate8to32
            )
                return true;
        return false;
    }

    internal static int OperandSize(in Instruction i) =>
        i.Op0Kind == OpKind.Register ? i.Op0Register.GetSize() : i.MemorySize.GetSize();
}
