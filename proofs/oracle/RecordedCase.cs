namespace Verified.Proofs.Oracle;

/// <summary>The registers of a recorded state, in the order of MOO's RG32 and RM32.</summary>
public static class RecordedRegister
{
    public const int Cr0 = 0,
        Cr3 = 1,
        Ecx = 4,
        Cs = 10,
        Ss = 15,
        Eip = 16,
        Eflags = 17,
        Dr6 = 18,
        Dr7 = 19,
        Count = 20;

    public static readonly string[] Names =
    [
        "CR0",
        "CR3",
        "EAX",
        "EBX",
        "ECX",
        "EDX",
        "ESI",
        "EDI",
        "EBP",
        "ESP",
        "CS",
        "DS",
        "ES",
        "FS",
        "GS",
        "SS",
        "EIP",
        "EFLAGS",
        "DR6",
        "DR7",
    ];
}

/// <param name="Address">Physical.</param>
/// <param name="Value">What is there.</param>
public readonly record struct RecordedByte(uint Address, byte Value);

/// <param name="Vector">The exception or interrupt that the instruction ended in.</param>
/// <param name="FlagsAt">Physical address of the flags that it pushed.</param>
public readonly record struct RecordedException(int Vector, uint FlagsAt);

/// <summary>
/// One instruction executed on a real processor, and the HLT that stopped it: the states before and after.
/// </summary>
/// <param name="Index">The number of the case in its file.</param>
/// <param name="Name">The instruction's disassembly.</param>
/// <param name="Bytes">The bytes of the instruction, with the HLT.</param>
/// <param name="Registers">The registers before, by <see cref="RecordedRegister"/>.</param>
/// <param name="After">The registers after. Registers that are not listed are unchanged.</param>
/// <param name="Defined">The bits of each register that are defined afterwards.</param>
/// <param name="Memory">The bytes that the instruction finds.</param>
/// <param name="Changes">The bytes that it changes.</param>
/// <param name="Exception">The exception that ended it; null if it ended at the next instruction.</param>
/// <param name="Hash">Identifies the case in a list of revoked cases; lower-case hexadecimal digits, or empty.</param>
public sealed record RecordedCase(
    int Index,
    string Name,
    byte[] Bytes,
    uint[] Registers,
    uint[] After,
    uint[] Defined,
    RecordedByte[] Memory,
    RecordedByte[] Changes,
    RecordedException? Exception,
    string Hash
);
