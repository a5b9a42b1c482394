namespace Verified.Kernel;

/// <summary>The parts of the page directories and tables that boot needs besides the mappings (SDM 3A, 4.3).</summary>
internal static class AddressSpaces
{
    /// <summary>
    /// The kernel's page tables. Users have no access; code and constants are read-only for the kernel as well.
    /// </summary>
    public static byte[] KernelPageTables()
    {
        var tables = new byte[Layout.KernelTables * Layout.PageSize];
        for (var page = Layout.ImageBase; page < Layout.KernelEnd; page += Layout.PageSize)
        {
            var text = page - Layout.ImageBase < Layout.TextSize;
            BitConverter.TryWriteBytes(
                tables.AsSpan((int)(page / Layout.PageSize * 4)),
                page | MappingLayout.Present | (text ? 0 : MappingLayout.Writable)
            );
        }

        return tables;
    }

    /// <summary>
    /// For each task, the page table of the part that contains the TSS. The task's I/O bitmap follows the TSS; only the
    /// processor reads it.
    /// </summary>
    public static byte[] TssTables(Layout layout)
    {
        var kernels = KernelPageTables()
            .AsSpan((int)(Layout.Physical(layout.Tss) >> 22) * (int)Layout.PageSize, (int)Layout.PageSize);
        var tables = new byte[layout.Limits.Tasks * Layout.PageSize];
        for (var task = 0u; task < layout.Limits.Tasks; task++)
        {
            var table = tables.AsSpan((int)(task * Layout.PageSize), (int)Layout.PageSize);
            kernels.CopyTo(table);
            for (var offset = 0u; offset < Layout.TssPortMapSize; offset += Layout.PageSize)
                BitConverter.TryWriteBytes(
                    table[(int)((layout.Tss + Layout.TssPortMap + offset) / Layout.PageSize % 1024 * 4)..],
                    (Layout.Physical(layout.Mappings.PortMaps.Base) + task * Layout.TssPortMapSize + offset)
                        | MappingLayout.Present
                );
        }

        return tables;
    }

    /// <summary>
    /// An entry of task 0's directory. When boot turns paging on, it makes the physical addresses of boot's code valid
    /// linear addresses. After that boot sets the entry to 0.
    /// </summary>
    public static (uint At, uint Entry) Identity(Layout layout)
    {
        const uint slot = Layout.ImageBase >> 22,
            kernels = MappingLayout.Present | MappingLayout.Writable;
        return (
            layout.Directories + slot * 4,
            Layout.Physical(layout.KernelPageTables) + slot * Layout.PageSize | kernels
        );
    }
}
