using Verified.Kernel;
using Verified.Proofs.Host;
using Verified.Proofs.Unix;

namespace Verified.Proofs.Bench;

/// <summary>
/// The paper's tables beside ours: the same Unix source as a kernel, and on the microkernel by library and by trap. All
/// of our figures come from our own P5 model and our own Unix, not from a Pentium or from Linux.
/// </summary>
public static class Papers
{
    private const string Area = "papers",
        Measuring = "papers";

    /// <summary>Measures all rows. A row whose program is missing is left out.</summary>
    /// <param name="image">The microkernel.</param>
    /// <param name="folder">The folder that keeps built files.</param>
    /// <param name="programs">A folder with a file system that has /bin/sh; null if there is none.</param>
    /// <exception cref="OtherProgramException">There is no compiler for IA-32.</exception>
    public static IEnumerable<BenchRow> Rows(KernelImage image, string folder, string? programs)
    {
        var archive = ArchiveOf(UnixServer.Program(folder, Measuring), programs);
        UnixRun Run(UnixWay way) => UnixRun.Of(UnixBoot.Of(way, () => image, archive, folder));
        // Tasks, in place of a parallel query, keep the exception of a failed run as it is.
        var started = Enum.GetValues<UnixWay>().ToDictionary(way => way, way => Task.Run(() => Run(way)));
        var runs = started.ToDictionary(run => run.Key, run => run.Value.GetAwaiter().GetResult());
        foreach (var row in PaperTables.Rows)
            if (runs[UnixWay.Native].Cycles.ContainsKey(row.What))
                yield return Row(row, runs);
        foreach (var part in PaperTables.Parts.Zip(runs[UnixWay.Library].Parts))
            yield return new(
                Area,
                $"T2, getpid by library: {part.First.What}",
                part.Second,
                PaperTables.Cycles,
                $"paper {part.First.Paper:N0}"
            );
    }

    // The native figure, then both of the microkernel's with their ratios, then the paper's.
    private static BenchRow Row(PaperRow row, Dictionary<UnixWay, UnixRun> runs)
    {
        double Figure(UnixWay way) => row.Figure(runs[way].Cycles[row.What]);
        var native = Figure(UnixWay.Native);
        string Ours(string name, UnixWay way) =>
            $"{name} {Figure(way):N2} ({row.Slower(Figure(way), native):F2} times)";
        string Theirs(string name, double? figure) =>
            figure is { } there ? $", {name} {there:N2} ({row.Slower(there, row.Linux):F2} times)" : "";
        var note =
            $"native; {Ours("library", UnixWay.Library)}, {Ours("trap", UnixWay.Trap)}; paper: Linux {row.Linux:N2}"
            + Theirs("library", row.Library)
            + Theirs("trap", row.Trap);
        var worse =
            row.Library is { } library && row.Slower(Figure(UnixWay.Library), native) > row.Slower(library, row.Linux);
        return new(
            Area,
            $"{row.Table}, {row.What}",
            native,
            row.Unit,
            worse ? $"{note}; by library, {Shares(runs[UnixWay.Library].Shares[row.What])}" : note
        );
    }

    private static string Shares(IReadOnlyDictionary<Runner, long> shares)
    {
        var all = shares.Values.Sum();
        return string.Join(
            ", ",
            shares
                .OrderByDescending(share => share.Value)
                .Select(share => $"{Name(share.Key)} {(double)share.Value / all:P0}")
        );
    }

    private static string Name(Runner runner) =>
        runner switch
        {
            Runner.Program => "programs",
            Runner.Library => "library",
            Runner.Kernel => "microkernel",
            Runner.Server => "server",
            _ => throw new ArgumentOutOfRangeException(nameof(runner)),
        };

    // The measuring program is /init of the file system.
    private static byte[] ArchiveOf(byte[] program, string? programs)
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
