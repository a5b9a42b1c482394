namespace Verified.Kernel;

/// <summary>
/// Pages at the end of the kernel's memory that boot works in and then leaves to the servers: addresses are physical,
/// and what is there is mapped idempotently by σ0.
/// </summary>
/// <param name="Base">Physical address of the first.</param>
public sealed record BootPages(uint Base)
{
    public const uint Size = 3 * Layout.PageSize;

    /// <summary>σ0's initial stack; the kernel keeps its frame reserved, as σ0 must not give it away.</summary>
    public uint Sigma0Stack => Base;

    /// <summary>The copy of the boot loader's information that the root task is given.</summary>
    public uint Information => Base + Layout.PageSize;

    /// <summary>The root task's initial stack; boot's own before.</summary>
    public uint RootStack => Base + 2 * Layout.PageSize;

    public uint End => Base + Size;

    /// <summary>
    /// Where a server's ESP points at its start: at its argument, with the page's last bytes above it.
    /// </summary>
    public static uint InitialStack(uint page) => page + Layout.PageSize - 16;
}
