using Verified.Spec.Values;

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
            BitConverter.TryWriteBytes(
                tables.AsSpan((int)(page / Layout.PageSize * 4)),
                page | MappingLayout.Present | (text ? 0 : MappingLayout.Writable)
            );
        }

        return tables;
    }

    /// <summary>
    /// Of each task the page table of the part that has the TSS, with its map of ports behind that, which only the
    /// processor reads.
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
    /// An entry of nobody's directory until boot has come to the kernel's part: the physical addresses of its code are
    /// linear ones for the moment when it turns paging on. And what it is from then on.
    /// </summary>
    public static (uint At, uint Entry, uint Then) Identity(Layout layout)
    {
        const uint slot = Layout.ImageBase >> 22,
            kernels = MappingLayout.Present | MappingLayout.Writable;
        return (
            layout.Directories + slot * 4,
            Layout.Physical(layout.KernelPageTables) + slot * Layout.PageSize | kernels,
            PageEntries.OfDirectoryFor<Concrete>(layout, slot < layout.Limits.Paging.Tables ? slot : 0).Value
        );
    }
}
