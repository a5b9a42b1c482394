namespace Verified.Proofs.Bench;

/// <summary>A row of the paper's tables.</summary>
/// <param name="Table">The table's number.</param>
/// <param name="What">The operation, as the measuring program prints it.</param>
/// <param name="Unit">cycles, µs, ms or MB/s.</param>
/// <param name="Linux">The paper's figure for native Linux; null if it has none.</param>
/// <param name="Library">The paper's figure for L4Linux with the emulation library; null if it has none.</param>
/// <param name="Trap">The paper's figure for L4Linux with unmodified programs; null if it has none.</param>
/// <param name="L4">The paper's figure for a program of L4 without Linux; null if it has none.</param>
public sealed record PaperRow(
    string Table,
    string What,
    string Unit,
    double? Linux,
    double? Library = null,
    double? Trap = null,
    double? L4 = null
)
{
    /// <summary>The row of the native Unix that this one is compared with, if its name is another.</summary>
    public string Native { get; init; } = What;

    /// <summary>A row's figure in its unit.</summary>
    /// <param name="cycles">Cycles of one operation; for MB/s, of 64 KB.</param>
    public double Figure(double cycles) =>
        Unit switch
        {
            PaperTables.Cycles => cycles,
            PaperTables.Microseconds => cycles / PaperTables.CyclesPerMicrosecond,
            PaperTables.Milliseconds => cycles / PaperTables.CyclesPerMicrosecond / 1e3,
            PaperTables.Rate => PaperTables.BytesOfRow
                / PaperTables.Megabyte
                / (cycles / PaperTables.CyclesPerMicrosecond / 1e6),
            _ => throw new InvalidOperationException($"no unit {Unit}"),
        };
}

/// <summary>
/// Rows of tables 2 to 5 of Härtig, Hohmuth, Liedtke, Schönberg, Wolter: "The Performance of µ-Kernel-Based Systems"
/// (SOSP 1997). The machine there is a Pentium of 133 MHz.
/// </summary>
public static class PaperTables
{
    public const string Cycles = "cycles",
        Microseconds = "µs",
        Milliseconds = "ms",
        Rate = "MB/s";

    /// <summary>The clock of the paper's machine.</summary>
    public const double CyclesPerMicrosecond = 133;

    internal const double Megabyte = 1 << 20,
        BytesOfRow = 1 << 16;

    /// <summary>The parts of a getpid by the library (table 2), in cycles, from the program and back.</summary>
    public static readonly IReadOnlyList<(string What, double Paper)> Parts =
    [
        ("enter library", 20),
        ("send message", 168),
        ("Unix server", 131),
        ("reply", 188),
        ("leave library", 19),
    ];

    /// <summary>The rows of a Unix program, in the order in which <c>programs/papers.c</c> prints them.</summary>
    public static readonly IReadOnlyList<PaperRow> OfUnix =
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
        new("T5", "trap", Microseconds, 12, L4: 3.4),
        new("T5", "Appel 1", Microseconds, 55, L4: 12),
        new("T5", "Appel 2", Microseconds, 44, L4: 10),
    ];

    /// <summary>
    /// The other rows of programs of <c>kernel/unix/plain</c>. The paper gives ranges of rates; these are their upper
    /// ends.
    /// </summary>
    public static readonly IReadOnlyList<PaperRow> OfL4 =
    [
        OfPipe("asynchronous L4 pipe, latency", 22),
        OfPipe("asynchronous L4 pipe, 4 KB", 70, Rate),
        OfPipe("asynchronous L4 pipe, 64 KB", 70, Rate),
        OfPipe("synchronous RPC, latency", 5),
        OfPipe("synchronous RPC, 4 KB", 105, Rate),
        OfPipe("synchronous RPC, 64 KB", 105, Rate),
        OfPipe("synchronous mapping RPC, latency", 12),
        OfPipe("synchronous mapping RPC, 64 KB", 2900, Rate),
        new("T5", "fault", Microseconds, null, L4: 6.2),
    ];

    /// <summary>
    /// The multiplication of 64x64 matrices, as <c>plain/matrix.c</c> prints its rows: the way, and the paper's figure.
    /// </summary>
    public static readonly IReadOnlyList<(string Way, string What, double? Paper)> OfCache =
    [
        ("alone", "matrix, alone", 10.9),
        ("interrupted", "matrix, interrupted", 96.1),
        ("3 colours", "matrix of 3 colours, interrupted", 24.9),
        ("3 colours alone", "matrix of 3 colours, alone", null),
    ];

    // Table 4 has 41 MB/s for the pipe of Linux, and table 3 has 40.50.
    private static PaperRow OfPipe(string what, double l4, string unit = Microseconds) =>
        new("T4", what, unit, unit == Rate ? 41 : 29, L4: l4)
        {
            Native = unit == Rate ? "pipe, 64 KB" : "pipe latency",
        };
}
