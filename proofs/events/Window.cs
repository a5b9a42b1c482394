using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Spec;

namespace Verified.Proofs.Events;

/// <summary>
/// Pages of user code that every address space has, in a part of the kernel's 256 MB that the kernel leaves empty.
/// Users may read and execute them. They belong to the harness: threads without a page execute their instructions here.
/// </summary>
/// <remarks>
/// The frames are behind the memory that the kernel hands out. Small spaces do not reach the window.
/// </remarks>
internal static class Window
{
    /// <summary>
    /// The window's first linear address, and its size: it is in reach of the segments of large spaces.
    /// </summary>
    public const uint Base = Layout.KernelBase,
        Size = 4 << 20;

    /// <summary>Bytes of memory that a machine with a window has.</summary>
    public const uint MemorySize = Layout.MemorySize + (4 << 20);

    // A page table, and the frames that its entries name one after the other.
    private const uint Table = Layout.MemorySize,
        FirstFrame = Table + Layout.PageSize,
        Frames = 4,
        Entries = 1024;

    // With these bits set the processor does not write to the entry, because the marks that it would set are already
    // set.
    private const uint Readable = MappingLayout.Present | MappingLayout.User | MappingLayout.AccessedAndDirty;

    /// <summary>The window's entry in every page directory.</summary>
    public const uint Entry = Table | Readable;

    public static bool Contains(uint linear) => linear - Base < Size;

    /// <summary>Whether a slot of a directory is the window's.</summary>
    public static bool IsSlot(uint slot) => slot == Base >> 22;

    /// <summary>The physical address of a byte of the window.</summary>
    public static uint Physical(uint linear) =>
        FirstFrame + linear / Layout.PageSize % Frames * Layout.PageSize + linear % Layout.PageSize;

    /// <summary>
    /// Writes the window's page table and its entries in every page directory, and fills its pages with common
    /// instructions.
    /// </summary>
    public static void Open(Pc pc, Layout layout)
    {
        for (var entry = 0u; entry < Entries; entry++)
            pc.Memory.Store(Table + entry * 4, 4, FirstFrame + entry % Frames * Layout.PageSize | Readable);
        for (var task = 0u; task < layout.Limits.Tasks; task++)
            pc.Memory.Store(Layout.Physical(layout.Directories) + task * Layout.PageSize + (Base >> 22) * 4, 4, Entry);
        for (var frame = 0u; frame < Frames; frame++)
            CommonCode.Fill(pc, FirstFrame + frame * Layout.PageSize);
    }
}

/// <summary>
/// A page with the most frequent instructions of user programs, each at fixed addresses. They stay there, so the
/// machine decodes each of them only once.
/// </summary>
internal static class CommonCode
{
    private const uint CellSize = 16,
        Cells = Layout.PageSize / CellSize;
    private const byte Nop = 0x90;

    // JMP to itself: no instruction of a cell runs on into the next cell.
    private static readonly byte[] End = [0xEB, 0xFE];

    private static readonly UserInstruction?[] Common = [.. Enumerable.Range(0, (int)Cells).Select(InCell)];
    private static readonly Dictionary<UserInstruction, uint[]> CellsOf = Common
        .Select((instruction, cell) => (instruction, Cell: (uint)cell))
        .Where(cell => cell.instruction is not null)
        .GroupBy(cell => cell.instruction!.Value, cell => cell.Cell)
        .ToDictionary(group => group.Key, group => group.ToArray());

    /// <summary>Writes the page into a frame.</summary>
    public static void Fill(Pc pc, uint frame)
    {
        var page = new byte[Layout.PageSize];
        page.AsSpan().Fill(Nop);
        for (var cell = 0u; cell < Cells; cell++)
        {
            var start = cell * CellSize + Indent(cell);
            var length = 0;
            if (Common[cell] is { } instruction)
                for (; length < instruction.Length; length++)
                    page[start + length] = instruction[length];
            End.CopyTo(page, start + length);
        }

        BitConverter.TryWriteBytes(page.AsSpan((int)Bounds), 1);
        BitConverter.TryWriteBytes(page.AsSpan((int)Bounds + 4), 0);

        pc.Memory.Write(frame, page);
    }

    /// <summary>
    /// The offset of an instruction in such a page. For an instruction that is not in the page, a free offset.
    /// </summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="choice">Chooses among several places.</param>
    public static uint Offset(UserInstruction instruction, uint choice)
    {
        if (!CellsOf.TryGetValue(instruction, out var cells))
            return (Cells - Free + choice % (Free - 1)) * CellSize;
        var cell = cells[choice % (uint)cells.Length];
        return cell * CellSize + Indent(cell);
    }

    // The last cells hold no common instruction, and the very last cell holds the bounds.
    private const uint Free = 16;

    /// <summary>Two dwords, of which the first is more than the second: no number is within these bounds.</summary>
    public const uint Bounds = (Cells - 1) * CellSize;

    /// <summary>True if a byte of the window belongs to the bounds, which no instruction may overwrite.</summary>
    public static bool HoldsBounds(uint linear) =>
        Window.Contains(linear) && linear % Layout.PageSize - Bounds < sizeof(ulong);

    // Instructions do not all start at the same offset of their line.
    private static uint Indent(uint cell) => cell >= Cells - Free ? 0 : cell * 5 % 11;

    private static UserInstruction? InCell(int cell) =>
        cell >= Cells - Free ? null
        : cell % 2 == 0 ? UserInstructions.SystemCall(WaysIn.Int(Entry.Ipc))
        : UserInstructions.Common[cell / 2 % UserInstructions.Common.Count];
}
