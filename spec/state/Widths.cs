namespace Verified.Spec;

/// <summary>
/// The widths of the columns in bits. Each value of a kernel of the shipping size fits; a proof shows that every step
/// keeps it so.
/// </summary>
internal static class Widths
{
    /// <summary>A register, an id, an address, a time.</summary>
    public const uint Word = 32;

    /// <summary>0 or 1.</summary>
    public const uint Flag = 1;

    /// <summary>One of <see cref="Stages"/>.</summary>
    public const uint Stage = 3;

    /// <summary>One of <see cref="ThreadStatus"/>.</summary>
    public const uint Status = 4;

    /// <summary>A bit for each line of the interrupt controllers.</summary>
    public const uint Masked = Interrupts.Lines;

    /// <summary>The number of an interrupt id; 0 for none.</summary>
    public const uint Interrupt = 5;

    /// <summary>Ticks of a time slice, or <see cref="ScheduleParam.Infinite"/>.</summary>
    public const uint Slice = 9;

    /// <summary>One of <see cref="Operations"/>, or the phase of an operation on mappings.</summary>
    public const uint Operation = 2;

    /// <summary>One of <see cref="Passes"/>.</summary>
    public const uint Pass = 3;

    /// <summary>A version of a task.</summary>
    public const uint Version = 10;

    /// <summary>A small-space number, 0 to 127.</summary>
    public const uint Small = 7;

    /// <summary>A page of a space of 4 GB.</summary>
    public const uint Page = 20;

    /// <summary>A number of pages, up to all of a space.</summary>
    public const uint Pages = Page + 1;

    /// <summary>The depth of a mapping, at most <see cref="Paging.MostDepth"/>.</summary>
    public const uint Depth = 8;

    /// <summary>A number of mappings in a chain, its last one included.</summary>
    public const uint Level = Depth + 1;

    /// <summary>A row of the thread table.</summary>
    public static readonly uint Thread = Limits.Bits(Limits.Shipping.Threads);

    /// <summary>A task.</summary>
    public static readonly uint Task = Limits.Bits(Limits.Shipping.Tasks);

    /// <summary>A priority.</summary>
    public static readonly uint Priority = Limits.Bits(Limits.Shipping.Priorities);

    /// <summary>A row of the table of mappings.</summary>
    public static readonly uint Node = Limits.Bits(Paging.Shipping.Nodes);

    /// <summary>A frame of memory or a group of ports. Their number is no power of two.</summary>
    public static readonly uint Frame = Limits.Bits(Paging.Shipping.Roots) + 1;

    /// <summary>A page table; 0 for none.</summary>
    public static readonly uint PageTable = Limits.Bits(Paging.Shipping.Tables);

    /// <summary>A slot of a page directory.</summary>
    public static readonly uint Slot = Limits.Bits(Paging.Shipping.Slots);
}
