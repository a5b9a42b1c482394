namespace Verified.Kernel;

/// <summary>The range of a variable of a representation invariant.</summary>
public enum Sort
{
    /// <summary>No range: the variable is 0.</summary>
    None,

    /// <summary>Thread numbers.</summary>
    Thread,

    /// <summary>Priorities.</summary>
    Priority,

    /// <summary>Words of the sets of competing threads: rows of <see cref="Layout.Ready"/>.</summary>
    ReadyWord,

    /// <summary>Words of the sets of waiting senders: rows of <see cref="Layout.SenderSets"/>.</summary>
    SenderWord,

    /// <summary>Words of the sets of threads with a deadline: rows of <see cref="Layout.Timers"/>.</summary>
    TimerWord,

    /// <summary>Ids of interrupts.</summary>
    Interrupt,

    /// <summary>Task numbers.</summary>
    Task,

    /// <summary>Mappings.</summary>
    Node,

    /// <summary>Slots of the spaces, for page tables.</summary>
    Slot,

    /// <summary>Page tables.</summary>
    PageTable,

    /// <summary>Pages of the page tables.</summary>
    Page,

    /// <summary>Words of the I/O bitmaps: rows of <see cref="MappingLayout.PortMaps"/>.</summary>
    PortWord,
}
