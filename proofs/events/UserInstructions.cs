using Verified.Kernel;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>Instructions by which user code gets into the kernel, or tries to (SDM vol. 2).</summary>
public static class UserInstructions
{
    private const byte Int = 0xCD;

    /// <summary>The prefixes of segments, sizes and repetition.</summary>
    public static readonly IReadOnlyList<byte> Prefixes = [0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF2, 0xF3];

    /// <summary>MOV AL,[ESI] and MOV [ESI],AL: accesses of the byte that ESI names.</summary>
    public static readonly UserInstruction LoadAtEsi = UserInstruction.Of(0x8A, 0x06),
        StoreAtEsi = UserInstruction.Of(0x88, 0x06);

    /// <summary>OUT DX,AL.</summary>
    public static readonly UserInstruction OutByte = UserInstruction.Of(0xEE);

    /// <summary>INT 80h, which continues at the thread's trap address.</summary>
    public static readonly UserInstruction Trap = UserInstruction.Of(Int, (byte)FaultMessage.TrapVector);

    /// <summary>PUSH EAX.</summary>
    public static readonly UserInstruction PushEax = UserInstruction.Of(0x50);

    /// <summary>NOP, which the trap flag makes a single step.</summary>
    public static readonly UserInstruction Nop = UserInstruction.Of(0x90);

    /// <summary>INTO, which raises an exception if OF is set.</summary>
    public static readonly UserInstruction Into = UserInstruction.Of(0xCE);

    /// <summary>
    /// IRET, with which a program whose NT is set requests the task that its TSS links to; there is none.
    /// </summary>
    public static readonly UserInstruction Iret = UserInstruction.Of(0xCF);

    /// <summary>
    /// BOUND EAX,[ESI]. ESI is the address of bounds that exclude every number (<see cref="CommonCode.Bounds"/>).
    /// </summary>
    public static readonly UserInstruction Bound = UserInstruction.Of(0x62, 0x06);

    /// <summary>
    /// Instructions that only ring 0 may execute: HLT, CLI, STI, CLTS, MOV CR0/CR3/DR7, LGDT, LIDT, LLDT, LTR, LMSW,
    /// INVLPG, WBINVD, RDMSR, WRMSR.
    /// </summary>
    public static readonly IReadOnlyList<UserInstruction> Privileged =
    [
        UserInstruction.Of(0xF4),
        UserInstruction.Of(0xFA),
        UserInstruction.Of(0xFB),
        UserInstruction.Of(0x0F, 0x06),
        UserInstruction.Of(0x0F, 0x20, 0xC0),
        UserInstruction.Of(0x0F, 0x22, 0xC0),
        UserInstruction.Of(0x0F, 0x22, 0xD8),
        UserInstruction.Of(0x0F, 0x21, 0xF8),
        UserInstruction.Of(0x0F, 0x23, 0xF8),
        UserInstruction.Of(0x0F, 0x01, 0x16),
        UserInstruction.Of(0x0F, 0x01, 0x1E),
        UserInstruction.Of(0x0F, 0x00, 0xD0),
        UserInstruction.Of(0x0F, 0x00, 0xD8),
        UserInstruction.Of(0x0F, 0x01, 0xF0),
        UserInstruction.Of(0x0F, 0x01, 0x3E),
        UserInstruction.Of(0x0F, 0x09),
        UserInstruction.Of(0x0F, 0x32),
        UserInstruction.Of(0x0F, 0x30),
    ];

    // Vector, and the instructions that raise it for all register values: AAM 0; ICEBP; INT3 and INT 3; INT 4; UD2,
    // LOCK NOP; FLD, FNINIT, WAIT.
    private static readonly IReadOnlyDictionary<uint, UserInstruction[]> Raising = new Dictionary<
        uint,
        UserInstruction[]
    >
    {
        [0] = [UserInstruction.Of(0xD4, 0x00)],
        [1] = [UserInstruction.Of(0xF1)],
        [3] = [UserInstruction.Of(0xCC), UserInstruction.Of(Int, 3)],
        [4] = [UserInstruction.Of(Int, 4)],
        [5] = [Bound],
        [6] = [UserInstruction.Of(0x0F, 0x0B), UserInstruction.Of(0xF0, 0x90), UserInstruction.Of(0x8E, 0xC8)],
        [7] = [UserInstruction.Of(0xD9, 0xC0), UserInstruction.Of(0xDB, 0xE3), UserInstruction.Of(0x9B)],
        [10] = [Iret],
    };

    /// <summary>The instructions that get a fixed place in a page of code.</summary>
    public static readonly IReadOnlyList<UserInstruction> Common =
    [
        .. WaysIn.SystemCalls.Where(call => call.Entry != Entry.Ipc).Select(call => SystemCall(call.Vector)),
        SystemCall(WaysIn.Int(Entry.ThreadSwitch)),
        SystemCall(WaysIn.Int(Entry.FpageUnmap)),
        LoadAtEsi,
        StoreAtEsi,
        OutByte,
        Trap,
        PushEax,
        Nop,
        Into,
        .. Raising.Values.SelectMany(instructions => instructions),
        UserInstruction.Of(0xF4),
        UserInstruction.Of(0xFA),
    ];

    /// <summary>
    /// Vectors that no instruction of a program raises in a whole space, as boot leaves the control registers: they are
    /// injected.
    /// </summary>
    public static readonly IReadOnlyList<uint> Unraisable = [11, 12, 16, 17];

    /// <summary>INT n.</summary>
    public static UserInstruction SystemCall(uint vector) => UserInstruction.Of(Int, (byte)vector);

    /// <summary>CALL or JMP to another segment, at offset 0.</summary>
    public static UserInstruction Far(bool call, uint selector) =>
        UserInstruction.Of(call ? (byte)0x9A : (byte)0xEA, 0, 0, 0, 0, (byte)selector, (byte)(selector >> 8));

    /// <summary>MOV of AX to a segment register.</summary>
    public static UserInstruction LoadSegment(int register) => UserInstruction.Of(0x8E, (byte)(0xC0 | register << 3));

    /// <summary>MOV EAX or AL from or to an address: A0h and A2h.</summary>
    public static UserInstruction Absolute(uint address, bool write) =>
        UserInstruction.Of(write ? (byte)0xA2 : (byte)0xA0).With(address);

    /// <summary>
    /// The instructions that raise an exception for all register values; none for a vector that needs certain values.
    /// </summary>
    public static IReadOnlyList<UserInstruction> ThatRaise(uint vector) =>
        Raising.TryGetValue(vector, out var instructions) ? instructions : [];

    /// <summary>Whether it is an INT n, perhaps with prefixes.</summary>
    public static bool IsInt(UserInstruction code) =>
        code.Length >= 2
        && code[code.Length - 2] == Int
        && Enumerable.Range(0, code.Length - 2).All(i => Prefixes.Contains(code[i]));

    /// <summary>Whether ring 3 may raise a vector by INT n.</summary>
    public static bool IsOpen(uint vector) => WaysIn.Of(vector) is { Ring: 3 };

    /// <summary>
    /// How many bytes of an event's instruction are before EIP when the processor has entered the kernel: all, or none
    /// of a fault.
    /// </summary>
    public static uint Past(Event e, UserInstruction code) =>
        WaysIn.Call(e.Entry) is not null
        || (e.Entry == Entry.Exception && FaultMessage.IsTrap((Concrete)e.Argument).Known)
            ? (uint)code.Length
            : 0;

    /// <summary>The instruction of an event that names none; null if no instruction can raise it.</summary>
    public static UserInstruction? Usual(Event e)
    {
        if (WaysIn.Call(e.Entry) is { } call)
            return SystemCall(call.Vector);
        switch (e.Entry)
        {
            case Entry.PageFault:
                return Absolute(e.Argument, (e.Code & 2) != 0);
            case Entry.Trap:
                return Trap;
            case Entry.Exception:
                return ThatRaise(e.Argument) is { Count: > 0 } instructions ? instructions[0] : null;
            case Entry.Protection:
                var access = PortAccess<Concrete>.Of(e.Argument, 0);
                return access.IsPorts.Known
                    ? UserInstruction.Of(BitConverter.GetBytes(e.Argument).AsSpan(0, (int)access.Length.Value))
                    : null;
            default:
                return null;
        }
    }
}
