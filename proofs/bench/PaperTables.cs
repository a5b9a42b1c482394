namespace Verified.Proofs.Bench;

/// <summary>A row of the paper's tables that a Unix program can measure.</summary>
/// <param name="Table">The table's number.</param>
/// <param name="What">The operation, as <c>kernel/unix/programs/papers.c</c> prints it.</param>
/// <param name="Unit">cycles, µs or MB/s.</param>
/// <param name="Linux">The paper's figure for native Linux.</param>
/// <param name="Library">The paper's figure for L4Linux with the emulation library; null if it has none.</param>
/// <param name="Trap">The paper's figure for L4Linux with unmodified programs; null if it has none.</param>
public sealed record PaperRow(string Table, string What, string Unit, double Linux, double? Library, double? Trap)
{
    /// <summary>The clock of the paper's machine.</summary>
    private const double CyclesPerMicrosecond = 133;

    private const double Megabyte = 1 << 20,
        BytesOfRow = 1 << 16;

    /// <summary>A row's figure in its unit.</summary>
    /// <param name="cycles">Cycles of one operation; for MB/s, of 64 KB.</param>
    public double Figure(double cycles) =>
        Unit switch
        {
            PaperTables.Cycles => cycles,
            PaperTables.Microseconds => cycles / CyclesPerMicrosecond,
            PaperTables.Rate => BytesOfRow / Megabyte / (cycles / CyclesPerMicrosecond / 1e6),
            _ => throw new InvalidOperationException($"no unit {Unit}"),
        };

    /// <summary>How many times slower a figure is than another.</summary>
    public double Slower(double figure, double native) => Unit == PaperTables.Rate ? native / figure : figure / native;
}

/// <summary>
/// Rows of tables 2, 3 and 5 of Härtig, Hohmuth, Liedtke, Schönberg, Wolter: "The Performance of µ-Kernel-Based
/// Systems" (SOSP 1997). The machine there is a Pentium of 133 MHz.
/// </summary>
public static class PaperTables
{
    public const string Cycles = "cycles",
        Microseconds = "µs",
        Rate = "MB/s";

    /// <summary>The parts of a getpid by the library (table 2), in cycles, from the program and back.</summary>
    public static readonly IReadOnlyList<(string What, double Paper)> Parts =
    [
        ("enter library", 20),
        ("send message", 168),
        ("Unix server", 131),
        ("reply", 188),
        ("leave library", 19),
    ];

    /// <summary>The rows, in the order in which the program prints them.</summary>
    public static readonly IReadOnlyList<PaperRow> Rows =
    [
        new("T2", "getpid", Cycles, 223, 526, 753),
        new("T3", "write to /dev/null", Microseconds, 2.00, 5.26, 7.80),
        new("T3", "mmap", Microseconds, 52.20, 64.28, 69.35),
        new("T3", "null process", Microseconds, 973, 2749, 2765),
        new("T3", "simple process", Microseconds, 7400, 12058, 12393),
        new("T3", "/bin/sh process", Microseconds, 42412, 61115, 62353),
        new("T3", "context switch, 2", Microseconds, 7.00, 16.22, 18.20),
        new("T3", "context switch, 8", Microseconds, 12.40, 22.22, 28.00),
        new("T3", "pipe latency", Microseconds, 29.00, 52.07, 69.40),
        new("T3", "pipe, 64 KB", Rate, 40.50, 37.61, 35.25),
        new("T5", "Appel 1", Microseconds, 55, null, null),
        new("T5", "Appel 2", Microseconds, 44, null, null),
    ];
}
