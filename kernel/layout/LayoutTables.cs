using Verified.Spec;
using Verified.Spec.Tables;

namespace Verified.Kernel;

/// <summary>
/// The tables of the kernel's memory beside those of its state: a statement about the memory may be about their rows.
/// </summary>
public static class LayoutTables
{
    private static readonly Table ReadyWords = new("ReadyWord", KernelTables.All.Count),
        SenderWords = new("SenderWord", KernelTables.All.Count + 1),
        TimerWords = new("TimerWord", KernelTables.All.Count + 2),
        PortWords = new("PortWord", KernelTables.All.Count + 3),
        SmallPages = new("SmallPage", KernelTables.All.Count + 4);

    extension(Table)
    {
        /// <summary>Words of the sets of competing threads: rows of <see cref="Layout.Ready"/>.</summary>
        public static Table ReadyWord => ReadyWords;

        /// <summary>Words of the sets of waiting senders: rows of <see cref="Layout.SenderSets"/>.</summary>
        public static Table SenderWord => SenderWords;

        /// <summary>Words of the sets of threads with a deadline: rows of <see cref="Layout.Timers"/>.</summary>
        public static Table TimerWord => TimerWords;

        /// <summary>Words of the maps of ports: rows of <see cref="MappingLayout.PortMaps"/>.</summary>
        public static Table PortWord => PortWords;

        /// <summary>Pages of the small spaces: rows of <see cref="MappingLayout.SmallTables"/>.</summary>
        public static Table SmallPage => SmallPages;
    }
}
