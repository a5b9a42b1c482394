namespace Verified.Kernel;

/// <summary>What of the page directories and tables boot needs beyond the mappings (SDM 3A, 4.3).</summary>
internal static class AddressSpaces
{
    /// <summary>The kernel's memory, never the user's; its code and constants are read-only even to itself.</summary>
    public static byte[] KernelPageTables()
    {
        var tables = new byte[Layout.KernelTables * Layout.PageSize];
        for (var page = 0u; page < Layout.KernelTables * 1024 * Layout.PageSize; page += Layout.PageSize)
        {
            var text = page - Layout.ImageBase < Layout.TextSize;
            BitConverter.TryWriteBytes(tables.AsSpan((int)(page / Layout.PageSize * 4)), page | MappingLayout.Present | (text ? 0 : MappingLayout.Writable));
        }

        return tables;
    }

    /// <summary>
    /// The first entry of nobody's directory until boot has come to the kernel's part: physical addresses are linear ones for the moment when
    /// it turns paging on.
    /// </summary>
    public static uint Identity(Layout layout) => Layout.Physical(layout.KernelPageTables) | MappingLayout.Present | MappingLayout.Writable;
}
