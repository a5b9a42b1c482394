namespace Verified.Machine.Memory;

/// <summary>
/// One TLB entry: the translation, and a tag for each kind of access. A tag is the page's address if the access may use
/// the host memory directly.
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

    /// <summary>Whether the entry is in the list of entries to flush.</summary>
    public bool InUse;

    public void Clear()
    {
        Forget();
        InUse = false;
    }

    public void Forget() => Page = KernelRead = UserRead = KernelWrite = UserWrite = NoPage;
}
