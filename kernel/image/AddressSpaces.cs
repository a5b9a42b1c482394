namespace Verified.Kernel;

/// <summary>The page directories and tables as the image carries them (SDM 3A, 4.3).</summary>
internal static class AddressSpaces
{
    /// <summary>A page, or a page table, of user mode's; and one that it may only read.</summary>
    public const uint UserPage = Present | Writable | User, UserReadOnlyPage = Present | User;

    private const uint Present = 1, Writable = 2, User = 4, Span = Layout.PageSize * 1024;

    /// <summary>
    /// Every task's directory: its own table for the first 4 MB, the kernel's for the kernel. Nobody's has the kernel's in both
    /// places, for the moment when boot turns paging on.
    /// </summary>
    public static byte[] Directories(Layout layout)
    {
        var directories = new byte[layout.Limits.Tasks * Layout.PageSize];
        for (var task = 0u; task < layout.Limits.Tasks; task++)
        {
            var kernel = Layout.Physical(layout.KernelPageTable) | Present | Writable;
            var user = Layout.Physical(layout.UserPageTables) + task * Layout.PageSize | Present | Writable | User;
            Put(directories, task * Layout.PageSize, task == 0 ? kernel : user);
            Put(directories, task * Layout.PageSize + Layout.KernelBase / Span * 4, kernel);
        }

        return directories;
    }

    /// <summary>The kernel's first 4 MB, never the user's; its code and constants are read-only even to itself.</summary>
    public static byte[] KernelPageTable()
    {
        var table = new byte[Layout.PageSize];
        for (var page = 0u; page < Span; page += Layout.PageSize)
        {
            var text = page - Layout.ImageBase < Layout.TextSize;
            Put(table, page / Layout.PageSize * 4, page | Present | (text ? 0 : Writable));
        }

        return table;
    }

    /// <summary>Every task's table: a read-only page of code and a writable page of data and stack.</summary>
    public static byte[] UserPageTables(Layout layout, IEnumerable<UserProgram> programs)
    {
        var tables = new byte[layout.Limits.Tasks * Layout.PageSize];
        var next = Layout.Physical(layout.UserImages);
        foreach (var program in programs)
        {
            var table = program.Task * Layout.PageSize;
            Put(tables, table + UserProgram.CodePage / Layout.PageSize * 4, next | Present | User);
            Put(tables, table + UserProgram.DataPage / Layout.PageSize * 4, next + Layout.PageSize | Present | Writable | User);
            next += 2 * Layout.PageSize;
        }

        return tables;
    }

    private static void Put(byte[] table, uint offset, uint dword) => BitConverter.TryWriteBytes(table.AsSpan((int)offset), dword);
}
