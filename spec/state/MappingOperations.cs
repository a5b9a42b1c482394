namespace Verified.Spec;

/// <summary>Operations on mappings.</summary>
public static class Operations
{
    public const uint None = 0;

    /// <summary>Maps or grants pages.</summary>
    public const uint Map = 1;

    /// <summary>Removes pages or makes them read-only.</summary>
    public const uint Unmap = 2;

    /// <summary>Deletes a task and creates it anew.</summary>
    public const uint Delete = 3;

    public static readonly string[] Names = ["none", "map", "unmap", "delete"];
}

/// <summary>Passes of a deletion. Each pass goes through the rows of a table.</summary>
public static class Passes
{
    /// <summary>Over tasks: dooms each task whose chief is doomed.</summary>
    public const uint Clan = 0;

    /// <summary>Over threads: blanks the threads of doomed tasks.</summary>
    public const uint Threads = 1;

    /// <summary>Over threads: ends each wait for a deleted thread.</summary>
    public const uint Waiters = 2;

    /// <summary>Over page tables: finds those of doomed tasks.</summary>
    public const uint Tables = 3;

    /// <summary>At one page table of a doomed task: unmaps its pages, then frees it.</summary>
    public const uint Table = 4;

    /// <summary>Over tasks: returns the clan to the deleting task, without threads and spaces.</summary>
    public const uint Return = 5;

    /// <summary>Everything is deleted; creates the task.</summary>
    public const uint Create = 6;

    public static readonly string[] Names = ["clan", "threads", "waiters", "tables", "table", "return", "create"];
}

/// <summary>Phases of an operation on mappings.</summary>
public static class Phases
{
    /// <summary>The next page is examined.</summary>
    public const uint Page = 0;

    /// <summary>The mappings derived from the root are removed.</summary>
    public const uint Flush = 1;

    /// <summary>The mappings derived from the root are made read-only.</summary>
    public const uint Reduce = 2;

    public static readonly string[] Names = ["page", "flush", "reduce"];
}
