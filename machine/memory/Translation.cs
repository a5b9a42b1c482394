namespace Verified.Machine.Memory;

/// <summary>
/// One TLB entry: the translation, and for each kind of access the page's address where the host memory may be used at
/// once.
/// </summary>
internal unsafe struct Translation
{
    private const uint NoPage = 1;

    public uint KernelRead,
        UserRead,
        KernelWrite,
        UserWrite;

    /// <summary>Host address minus linear address.</summary>
    public byte* Host;

    /// <summary>Linear page, physical frame, and the rights bits of a page-table entry.</summary>
    public uint Page,
        Frame,
        Rights;

    /// <summary>The entry is in the list of those to flush.</summary>
    public bool InUse;

    public void Clear()
    {
        Forget();
        InUse = false;
    }

    public void Forget() => Page = KernelRead = UserRead = KernelWrite = UserWrite = NoPage;
}
