namespace Verified.Kernel;

/// <summary>
/// Pages at the end of the kernel's memory. Boot works in them and then leaves them to the servers. Addresses are
/// physical, and σ0 maps these pages idempotently.
/// </summary>
/// <param name="Base">Physical address of the first page.</param>
public sealed record BootPages(uint Base)
{
    public const uint Size = 3 * Layout.PageSize;

    /// <summary>σ0's initial stack. The kernel keeps this frame reserved, because σ0 must not give it away.</summary>
    public uint Sigma0Stack => Base;

    /// <summary>The copy of the boot loader's information for the root task.</summary>
    public uint Information => Base + Layout.PageSize;

    /// <summary>The root task's initial stack; before that, boot's own stack.</summary>
    public uint RootStack => Base + 2 * Layout.PageSize;

    public uint End => Base + Size;

    /// <summary>The initial ESP of a server: the address of its argument, near the end of the page.</summary>
    public static uint InitialStack(uint page) => page + Layout.PageSize - 16;
}
