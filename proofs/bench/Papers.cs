using Verified.Kernel;
using Verified.Machine.Timing;
using Verified.Proofs.Host;
using Verified.Proofs.Unix;

namespace Verified.Proofs.Bench;

/// <summary>
/// The paper's tables beside ours. We measure the same Unix source as a kernel, and on the microkernel by library and
/// by trap. We also measure programs of the microkernel without a Unix. All of our figures come from our own P5 model
/// and our own Unix, not from a Pentium or from Linux.
/// </summary>
public static class Papers
{
    private const string Measuring = "papers",
        Linux = "Linux",
        Trap = "trap";

    // 100 µs.
    private const long InterruptedAfter = 100 * (long)PaperTables.CyclesPerMicrosecond;

    // The root tasks that measure, by the table of their rows.
    private static readonly (string Table, string Program)[] Plain = [("T4", "pipes"), ("T5", "memory")];

    /// <summary>Measures all rows. A row whose program is missing is left out.</summary>
    /// <param name="image">The microkernel.</param>
    /// <param name="folder">The folder that keeps built files.</param>
    /// <param name="programs">A folder with a file system that has /bin/sh; null if there is none.</param>
    /// <exception cref="OtherProgramException">There is no compiler for IA-32.</exception>
    public static IReadOnlyList<PaperResult> Measure(KernelImage image, string folder, string? programs)
    {
        var archive = ArchiveOf(UnixServer.Program(folder, Measuring), programs);
        var lines = image.SourceLines;
        UnixRun Run(UnixBoot boot) => UnixRun.Of(boot, lines: lines);
        // Tasks, in place of a parallel query, keep the exception of a failed run as it is.
        var started = Enum.GetValues<UnixWay>()
            .ToDictionary(way => way, way => Task.Run(() => Run(UnixBoot.Of(way, () => image, archive, folder))));
        var plain = Plain.ToDictionary(
            row => row.Table,
            row => Task.Run(() => Run(UnixBoot.Plain(row.Program, image, folder)))
        );
        var macro = Macro.Start(image, folder, programs);
        var cache = Task.Run(() => Cache(UnixBoot.Plain("matrix", image, folder)));
        UnixRun Unix(UnixWay way) => started[way].GetAwaiter().GetResult();
        UnixRun? OfL4(string table) => plain.GetValueOrDefault(table)?.GetAwaiter().GetResult();

        var rows = PaperTables
            .OfUnix.Where(row => Unix(UnixWay.Native).Cycles.ContainsKey(row.What))
            .Concat(PaperTables.OfL4);
        var parts = PaperTables.Parts.Zip(Unix(UnixWay.Library).Parts, (part, ours) =>
            new PaperResult(
                "T2",
                $"getpid by library: {part.What}",
                PaperTables.Cycles,
                [new("library", ours, part.Paper)],
                "L4Linux"
            )
        );
        return
        [
            .. rows.Select(row => Result(row, Unix, OfL4(row.Table)))
                .Concat(parts)
                .OrderBy(result => result.Table, StringComparer.Ordinal),
            cache.GetAwaiter().GetResult(),
            .. macro.GetAwaiter().GetResult(),
        ];
    }

    /// <summary>Measures the multiplication of matrices with a second-level cache.</summary>
    /// <param name="boot">The program <c>matrix</c>, which another task of it interrupts.</param>
    internal static PaperResult Cache(UnixBoot boot)
    {
        var row = new PaperRow("cache", "64x64 matrix multiply", PaperTables.Milliseconds, null);
        var run = UnixRun.Of(boot, Timings.P5WithSecondLevel, InterruptedAfter);
        return new(
            row.Table,
            row.What,
            row.Unit,
            [
                .. PaperTables.OfCache.Select(way => new PaperFigure(
                    way.Way,
                    row.Figure(run.Cycles[way.What]),
                    way.Paper
                )),
            ],
            PaperTables.OfCache[0].Way
        );
    }

    private static PaperResult Result(PaperRow row, Func<UnixWay, UnixRun> unix, UnixRun? plain)
    {
        PaperFigure? Of(string name, string what, UnixRun? run, double? paper) =>
            run is not null && run.Cycles.TryGetValue(what, out var cycles)
                ? new(name, row.Figure(cycles), paper, name == Trap ? null : run.Shares[what].ToString())
                : null;
        PaperFigure?[] figures =
        [
            row.Linux is { } linux ? Of("native", row.Native, unix(UnixWay.Native), linux) : null,
            Of("library", row.What, unix(UnixWay.Library), row.Library),
            Of(Trap, row.What, unix(UnixWay.Trap), row.Trap),
            Of("L4", row.What, plain, row.L4),
        ];
        return new(row.Table, row.What, row.Unit, [.. figures.OfType<PaperFigure>()], row.Linux is null ? "L4" : Linux);
    }

    // The measuring program is /init of the file system.
    internal static byte[] ArchiveOf(byte[] program, string? programs)
    {
        var root = Directory.CreateTempSubdirectory("verified-papers").FullName;
        try
        {
            var init = Path.Combine(root, "init");
            File.WriteAllBytes(init, program);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(
                    init,
                    UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupExecute
                );
            return programs is null ? Archive.Of(root) : Archive.Of(root, programs);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
