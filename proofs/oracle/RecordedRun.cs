using System.Collections.Concurrent;
using System.Diagnostics;

namespace Verified.Proofs.Oracle;

/// <summary>A recorded case with another result on the machine.</summary>
public sealed record RecordedFailure(RecordedCase Case, IReadOnlyList<RecordedDifference> Differences);

/// <param name="File">Its path.</param>
/// <param name="Cases">The number of cases that were run.</param>
/// <param name="Failed">The number of these cases that differ.</param>
/// <param name="Revoked">The cases that the authors revoked, which were not run.</param>
/// <param name="Queued">
/// The number of cases whose HLT came from the processor's queue: <see cref="RecordedMachine.WritesOverItsEnd"/>.
/// </param>
/// <param name="Failures">The first differences.</param>
public sealed record RecordedFile(
    string File,
    int Cases,
    int Failed,
    int Revoked,
    int Queued,
    IReadOnlyList<RecordedFailure> Failures
);

/// <param name="Files">In order.</param>
/// <param name="Seconds">Wall clock.</param>
public sealed record RecordedResult(IReadOnlyList<RecordedFile> Files, double Seconds)
{
    public bool Holds => Files.All(file => file.Failed == 0);

    public long Cases => Files.Sum(file => (long)file.Cases);
}

/// <summary>
/// Runs cases that others recorded on a real processor on the machine, file by file, on all processors.
/// </summary>
public static class RecordedRun
{
    private const string Revocations = "revocation_list.txt";

    /// <summary>Failures that are kept of each file.</summary>
    public const int MostFailures = 3;

    /// <summary>The files that paths name: themselves, or all MOO files in and below a folder.</summary>
    /// <exception cref="VectorFileException">There is none.</exception>
    public static List<string> FilesOf(IEnumerable<string> paths)
    {
        List<string> files = [];
        foreach (var path in paths)
        {
            if (!Directory.Exists(path))
            {
                files.Add(
                    File.Exists(path) ? path : throw new VectorFileException($"{path}: there is no such file or folder")
                );
                continue;
            }

            var found = Directory
                .EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Where(IsMoo)
                .Order(StringComparer.Ordinal)
                .ToList();
            if (found.Count == 0)
                throw new VectorFileException($"{path}: no file in this folder ends in .MOO or .MOO.gz");
            files.AddRange(found);
        }

        return files;
    }

    /// <param name="files">Paths.</param>
    /// <param name="progress">Called with the number of files and cases done.</param>
    /// <exception cref="VectorFileException">A file cannot be run.</exception>
    public static RecordedResult Run(IReadOnlyList<string> files, Action<int, long>? progress = null)
    {
        var clock = Stopwatch.StartNew();
        var results = new RecordedFile[files.Count];
        var folders = new ConcurrentDictionary<string, (DefinedFlags Flags, HashSet<string> Revoked)>();
        var (done, cases) = (0, 0L);
        try
        {
            Parallel.For(
                0,
                files.Count,
                () => new RecordedMachine(),
                (i, _, machine) =>
                {
                    var folder = folders.GetOrAdd(Path.GetDirectoryName(Path.GetFullPath(files[i]))!, name =>
                        (DefinedFlags.Of(name), Revoked(name))
                    );
                    results[i] = RunFile(machine, files[i], folder.Flags, folder.Revoked);
                    progress?.Invoke(Interlocked.Increment(ref done), Interlocked.Add(ref cases, results[i].Cases));
                    return machine;
                },
                _ => { }
            );
        }
        catch (AggregateException e)
            when (e.InnerExceptions.FirstOrDefault(inner => inner is VectorFileException) is { } unusable)
        {
            throw unusable;
        }

        return new(results, clock.Elapsed.TotalSeconds);
    }

    private static RecordedFile RunFile(
        RecordedMachine machine,
        string file,
        DefinedFlags flags,
        HashSet<string> revoked
    )
    {
        var (cases, failed, skipped, queued) = (0, 0, 0, 0);
        List<RecordedFailure> failures = [];
        foreach (var recorded in MooFile.Read(file))
        {
            if (revoked.Contains(recorded.Hash))
            {
                skipped++;
                continue;
            }

            var c = recorded with { Defined = [.. recorded.Defined] };
            c.Defined[RecordedRegister.Eflags] &= flags.Mask(file, c);
            cases++;
            if (RecordedMachine.WritesOverItsEnd(c))
                queued++;
            var differences = machine.Run(c);
            if (differences.Count == 0)
                continue;
            failed++;
            if (failures.Count < MostFailures)
                failures.Add(new(c, differences));
        }

        return new(file, cases, failed, skipped, queued, failures);
    }

    /// <summary>The hashes that the suite's authors list, one per line.</summary>
    private static HashSet<string> Revoked(string folder) =>
        Beside.Find(folder, Revocations) is not { } path
            ? []
            :
            [
                .. Beside
                    .Lines(path)
                    .Select(line => line.Trim().ToLowerInvariant())
                    .Where(line => line.Length > 0 && !line.StartsWith('#')),
            ];

    private static bool IsMoo(string path) =>
        path.EndsWith(".MOO", StringComparison.OrdinalIgnoreCase)
        || path.EndsWith(".MOO.gz", StringComparison.OrdinalIgnoreCase);
}
