using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>A user program of the image: a task of one thread, which starts at the first byte of its code.</summary>
/// <param name="Name">The name in listings.</param>
/// <param name="Thread">Its entry in the boot table.</param>
/// <param name="Code">Machine code and constants, at most one page, to run at <see cref="CodePage"/>.</param>
public sealed record UserProgram(string Name, BootThread Thread, byte[] Code)
{
    /// <summary>The user's linear address of the code, which is read-only.</summary>
    public const uint CodePage = 0x1000;

    /// <summary>
    /// The user's linear address of the page for data and stack. The page is zero at boot; the stack starts at its end.
    /// </summary>
    public const uint DataPage = 0x2000;

    public const uint StackTop = DataPage + Layout.PageSize;

    public uint Task => ThreadId.Task<Concrete>(Thread.Id).Value;
}
