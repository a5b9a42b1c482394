namespace Verified.Kernel;

/// <summary>
/// ELF, 32-bit, little-endian (System V ABI, gABI 4.1): sizes and constants that the writer and the reader share.
/// </summary>
internal static class ElfFormat
{
    public const uint Magic = 0x464C457F,
        Class32LittleEndian = 0x00010101;
    public const int HeaderSize = 52,
        SegmentSize = 32,
        SectionSize = 40,
        SymbolSize = 16;
    public const ushort Executable = 2,
        Intel386 = 3;
    public const uint Load = 1,
        FlagExecute = 1,
        FlagWrite = 2,
        FlagRead = 4;
    public const uint SymbolTable = 2,
        StringTable = 3,
        ProgramBits = 1;
    public const ushort Absolute = 0xFFF1;

    /// <summary>Symbols that hold the limits and the version of the layout.</summary>
    public const string Tasks = "limit_tasks",
        Lthreads = "limit_lthreads",
        Priorities = "limit_priorities",
        Version = "layout_version";
}
