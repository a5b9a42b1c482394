using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Verified.Proofs.Mutation;

/// <summary>The outcome for a changed spec.</summary>
public enum SpecFate
{
    /// <summary>A check failed.</summary>
    Noticed,

    /// <summary>A check ran far longer than on the correct spec, and was killed.</summary>
    Endless,

    /// <summary>It does not compile, so it is not a mutant.</summary>
    Rejected,

    /// <summary>Every check holds.</summary>
    Survived,
}

/// <summary>A changed spec and its outcome.</summary>
/// <param name="Fate">The outcome.</param>
/// <param name="By">
/// The check that failed or did not end, as arguments of <c>verified</c>; empty if no check failed.
/// </param>
/// <param name="Why">The message of that check or of the compiler.</param>
/// <param name="Seconds">Wall-clock time of the checks.</param>
public sealed record SpecResult(SpecFate Fate, string By, string Why, double Seconds);

/// <summary>
/// A temporary folder with the sources of the spec and a copy of this program. The copy's assembly of the spec is
/// replaced by the compiled, changed sources. The other assemblies stay. They contain the values of the spec's public
/// constants, so a change must not touch public constants.
/// </summary>
public sealed class SpecTrials : IDisposable
{
    /// <summary>The checks, from cheap to expensive.</summary>
    public static readonly IReadOnlyList<string> Checks =
    [
        "check pair",
        "check ranked",
        "diff --events 100000",
        "prove spec",
        "check trio",
        "prove image",
    ];

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    // A change can make a step endless, and an endless step may write without end. The limit: 4 GB, in hexadecimal,
    // many times the memory that the checks need.
    private const string MostMemory = "100000000";

    private static readonly string[] Settings = ["Directory.Build.props", "Directory.Packages.props", "global.json"];

    // An interrupted program leaves neither its check nor the folder behind.
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly object _starting = new();
    private Process? _running;

    private readonly string _folder = Directory.CreateTempSubdirectory("verified-mutate-").FullName;

    /// <param name="source">The folder that has spec/ and the settings of the build in it.</param>
    public SpecTrials(string source)
    {
        CopyAll(AppContext.BaseDirectory, Program);
        CopyAll(Path.Combine(source, "spec"), Path.Combine(_folder, "spec"), "bin", "obj");
        foreach (var name in Settings)
            File.Copy(Path.Combine(source, name), Path.Combine(_folder, name));
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM])
            _signals.Add(PosixSignalRegistration.Create(signal, _ => Interrupted()));
    }

    private string Program => Path.Combine(_folder, "program");

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Builds the sources, changed or unchanged, and runs the checks until one fails.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception"><c>dotnet</c> is missing.</exception>
    public SpecResult Try(Mutant? mutant = null)
    {
        if (mutant is null)
            return Try();
        var file = Path.Combine(_folder, "spec", mutant.File);
        var right = File.ReadAllText(file);
        File.WriteAllText(file, mutant.Text);
        try
        {
            return Try();
        }
        finally
        {
            File.WriteAllText(file, right);
        }
    }

    private SpecResult Try()
    {
        // A change may leave something unused. That gives only a warning, so it compiles.
        var (built, messages) = Run(
            "build",
            "spec",
            "-c",
            "Release",
            "--no-incremental",
            "-o",
            Program,
            "-nologo",
            "-v:quiet",
            "-p:TreatWarningsAsErrors=false",
            "-p:EnforceCodeStyleInBuild=false",
            "-p:RunAnalyzers=false"
        );
        if (built != 0)
            return new(
                SpecFate.Rejected,
                "",
                messages.FirstOrDefault(line => line.Contains(" error ", StringComparison.Ordinal))
                    ?? (messages is [var first, ..] ? first : "says nothing"),
                0
            );

        var clock = Stopwatch.StartNew();
        foreach (var check in Checks)
        {
            var (exit, lines) = Run([Path.Combine(Program, "Verified.Proofs.dll"), .. check.Split(' ')]);
            if (exit != 0)
                return new(
                    exit is null ? SpecFate.Endless : SpecFate.Noticed,
                    check,
                    exit is null ? "does not end" : Reason(lines),
                    clock.Elapsed.TotalSeconds
                );
        }

        return new(SpecFate.Survived, "", "", clock.Elapsed.TotalSeconds);
    }

    /// <summary>The line in a verb's output that names the failure.</summary>
    private static string Reason(IReadOnlyList<string> lines)
    {
        return (
            lines.FirstOrDefault(line => line.StartsWith("verified: ", StringComparison.Ordinal))
            ?? lines.FirstOrDefault(line =>
                line.Contains("REFUTED", StringComparison.Ordinal)
                || line.Contains("NOT PROVED", StringComparison.Ordinal)
            )
            ?? After("  difference:")
            ?? After("FAILED")
            ?? (lines is [.., var last] ? last : "says nothing")
        ).Trim();

        string? After(string text) =>
            lines.SkipWhile(line => !line.Contains(text, StringComparison.Ordinal)).Skip(1).FirstOrDefault();
    }

    /// <summary>
    /// Runs <c>dotnet</c> in the folder. Returns the lines of its output, and its exit code, which is null if it was
    /// killed.
    /// </summary>
    private (int? Exit, IReadOnlyList<string> Lines) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_GCHeapHardLimit"] = MostMemory },
        };
        using var process = Start(start);
        List<string> lines = [];
        DataReceivedEventHandler read = (_, line) =>
        {
            lock (lines)
                if (!string.IsNullOrWhiteSpace(line.Data))
                    lines.Add(line.Data);
        };
        process.OutputDataReceived += read;
        process.ErrorDataReceived += read;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var ended = process.WaitForExit(Patience);
        if (!ended)
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        lock (_starting)
            _running = null;
        lock (lines)
            return (ended ? process.ExitCode : null, [.. lines]);
    }

    private Process Start(ProcessStartInfo start)
    {
        lock (_starting)
            return _running = Process.Start(start)!;
    }

    // Keeps the lock, so nothing more is started.
    private void Interrupted()
    {
        Monitor.Enter(_starting);
        _running?.Kill(entireProcessTree: true);
        _running?.WaitForExit();
        Directory.Delete(_folder, recursive: true);
    }

    private static void CopyAll(string from, string to, params string[] except)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (
            var folder in Directory
                .EnumerateDirectories(from)
                .Where(folder => !except.Contains(Path.GetFileName(folder)))
        )
            CopyAll(folder, Path.Combine(to, Path.GetFileName(folder)), except);
    }
}
