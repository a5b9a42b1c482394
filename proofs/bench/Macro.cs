using Verified.Kernel;
using Verified.Proofs.Host;
using Verified.Proofs.Unix;

namespace Verified.Proofs.Bench;

/// <summary>
/// Shell scripts of the size of a small build, with Debian's mksh and klibc's programs. The paper's own programs, a
/// compilation of Linux and the AIM suite, are larger, so only its ratios stand beside ours.
/// </summary>
internal static class Macro
{
    private const string Table = "macro",
        Program = "macro";

    // How many times slower L4Linux is than Linux: the compilation, and the mean of AIM under all loads.
    private static readonly (string What, double Paper)[] Rows =
    [
        ("script, 1 at a time", 1.063),
        ("script, 4 at a time", 1.083),
    ];

    /// <summary>Starts to measure; nothing if the programs are missing.</summary>
    /// <param name="image">The microkernel.</param>
    /// <param name="folder">The folder that keeps built files.</param>
    /// <param name="programs">A folder with a file system that has /bin/sh; null if there is none.</param>
    /// <exception cref="OtherProgramException">There is no compiler for IA-32.</exception>
    public static Task<IReadOnlyList<PaperResult>> Start(KernelImage image, string folder, string? programs)
    {
        if (programs is null)
            return Task.FromResult<IReadOnlyList<PaperResult>>([]);
        var archive = Papers.ArchiveOf(UnixServer.Program(folder, Program), programs);
        var lines = image.SourceLines;
        var runs = Enum.GetValues<UnixWay>()
            .Select(way =>
                Task.Run(() =>
                    (Way: way, Run: UnixRun.Of(UnixBoot.Of(way, () => image, archive, folder), lines: lines))
                )
            );
        return Task.WhenAll([.. runs])
            .ContinueWith(
                ended => Results(ended.GetAwaiter().GetResult().ToDictionary(run => run.Way, run => run.Run)),
                TaskScheduler.Default
            );
    }

    /// <summary>The rows of three runs.</summary>
    internal static IReadOnlyList<PaperResult> Results(IReadOnlyDictionary<UnixWay, UnixRun> runs) =>
        [.. Rows.Select(row => Result(row.What, row.Paper, runs))];

    private static PaperResult Result(string what, double paper, IReadOnlyDictionary<UnixWay, UnixRun> runs)
    {
        var row = new PaperRow(Table, what, PaperTables.Milliseconds, null);
        PaperFigure Of(string name, UnixWay way, double? times) =>
            new(
                name,
                row.Figure(runs[way].Cycles[what]),
                null,
                way == UnixWay.Native ? null : runs[way].Shares[what].ToString()
            )
            {
                PaperTimes = times,
            };
        return new(
            row.Table,
            row.What,
            row.Unit,
            [Of("native", UnixWay.Native, null), Of("library", UnixWay.Library, paper), Of("trap", UnixWay.Trap, null)],
            "Linux"
        );
    }
}
