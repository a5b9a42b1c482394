using Verified.Spec.Tables;

namespace Verified.Spec;

/// <summary>The tables of the kernel's state, beside <see cref="Table.Processor"/>.</summary>
public static class KernelTables
{
    private static readonly Table ThreadTable = new("Thread", 1),
        PriorityTable = new("Priority", 2),
        InterruptTable = new("Interrupt", 3),
        TaskTable = new("Task", 4),
        NodeTable = new("Node", 5),
        SlotTable = new("Slot", 6),
        PageTableTable = new("PageTable", 7),
        PageTableEntry = new("Page", 8);

    /// <summary>All of them, by number.</summary>
    public static readonly IReadOnlyList<Table> All =
    [
        Table.Processor,
        ThreadTable,
        PriorityTable,
        InterruptTable,
        TaskTable,
        NodeTable,
        SlotTable,
        PageTableTable,
        PageTableEntry,
    ];

    extension(Table)
    {
        /// <summary>A row per thread number.</summary>
        public static Table Thread => ThreadTable;

        /// <summary>A row per priority.</summary>
        public static Table Priority => PriorityTable;

        /// <summary>A row per id of an interrupt.</summary>
        public static Table Interrupt => InterruptTable;

        /// <summary>A row per task number.</summary>
        public static Table Task => TaskTable;

        /// <summary>
        /// A row per mapping that can be: the first ones are σ0's, of the frame of the same number.
        /// </summary>
        public static Table Node => NodeTable;

        /// <summary>A row per task and slot for a page table.</summary>
        public static Table Slot => SlotTable;

        /// <summary>A row per page table.</summary>
        public static Table PageTable => PageTableTable;

        /// <summary>A row per page of every page table.</summary>
        public static Table Page => PageTableEntry;
    }
}
