using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>
/// A thread id, unique in time (interface, 1.1 to 1.13): <c>chief[31:24] task[23:16] lthread[15:10] version[9:0]</c>.
/// </summary>
public static class ThreadId
{
    public const uint Nil = 0;
    public const uint Invalid = 0xFFFFFFFF;

    public const uint LastVersion = 0x3FF;

    public const int LthreadShift = 10;

    public const uint LthreadMask = 0x3F << LthreadShift;

    public static W Make<W>(W chief, W task, W lthread, W version)
        where W : struct, IWord<W> => (chief << 24) | (task << 16) | (lthread << 10) | version;

    public static W Task<W>(W id)
        where W : struct, IWord<W> => (id >> 16) & 0xFF;

    public static W Lthread<W>(W id)
        where W : struct, IWord<W> => (id >> 10) & 0x3F;

    /// <summary>The id of another lthread of the same task and version.</summary>
    public static W WithLthread<W>(W id, W lthread)
        where W : struct, IWord<W> => (id & ~LthreadMask) | (lthread << LthreadShift);

    public static W Version<W>(W id)
        where W : struct, IWord<W> => id & LastVersion;

    /// <summary>
    /// The only row of the thread table that <paramref name="id"/> can name. It names that row if the row's own id is
    /// equal; otherwise task, lthread or version differ.
    /// </summary>
    public static W Row<W>(W id, Limits limits)
        where W : struct, IWord<W> =>
        (((id >> 16) & (limits.Tasks - 1)) * limits.Lthreads) | ((id >> 10) & (limits.Lthreads - 1));
}
