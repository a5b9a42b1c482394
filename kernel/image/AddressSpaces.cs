namespace Verified.Kernel;

/// <summary>What of the page directories and tables boot needs beyond the mappings (SDM 3A, 4.3).</summary>
internal static class AddressSpaces
{
    /// <summary>The kernel's memory, never the user's; its code and constants are read-only even to itself.</summary>
    public static byte[] KernelPageTables()
    {
        var tables = new byte[Layout.KernelTables * Layout.PageSize];
        for (var page = Layout.ImageBase; page < Layout.KernelEnd; page += Layout.PageSize)
        {
            var text = page - Layout.ImageBase < Layout.TextSize;
            BitConverter.TryWriteBytes(tables.AsSpan((int)(page / Layout.PageSize * 4)), page | MappingLayout.Present | (text ? 0 : MappingLayout.Writable));
        }

        return tables;
    }

    /// <summary>
    /// An entry of nobody's directory until boot has come to the kernel's part: the physical addresses of its code are linear ones for the
    /// moment when it turns paging on.
    /// </summary>
    public static (uint At, uint Entry) Identity(Layout layout)
    {
        const uint slot = Layout.ImageBase >> 22;
        return (layout.Directories + slot * 4,
            Layout.Physical(layout.KernelPageTables) + slot * Layout.PageSize | MappingLayout.Present | MappingLayout.Writable);
    }
}
