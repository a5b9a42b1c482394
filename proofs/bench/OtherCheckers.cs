using System.ComponentModel;
using System.Globalization;
using System.Text.RegularExpressions;
using Verified.Proofs.Host;

namespace Verified.Proofs.Bench;

/// <summary>The result of another model checker.</summary>
/// <param name="States">States that it found.</param>
/// <param name="Seconds">Processor time of its process.</param>
public sealed record OtherCheck(long States, double Seconds)
{
    /// <summary>States per second of processor time.</summary>
    public double PerSecond => States / Seconds;
}

/// <summary>
/// Spin and TLC on system M of <see cref="Check.MiniL4"/>, if they are installed: the same system in their languages
/// (<c>bench/minil4</c>), with the same invariants, on one core.
/// </summary>
public static partial class OtherCheckers
{
    /// <summary>The variable of the environment that names TLC's archive.</summary>
    public const string TlcVariable = "VERIFIED_TLA2TOOLS";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    /// <summary>Spin, depth first, its states stored without loss.</summary>
    /// <returns>The result; or the reason why there is nothing to compare.</returns>
    public static (OtherCheck? Did, string Why) Spin() =>
        InFolder(folder =>
        {
            Copy(folder, "M.pml");
            if (Fails(folder, "spin", "-DINV -a M.pml") is { } spin)
                return (null, spin);
            const string options = "-O3 -march=native -DSAFETY -DNOREDUCE -o pan pan.c";
            if (Fails(folder, "gcc", options) is { } gcc)
                return (null, gcc);
            var ended = Timed(folder, "./pan -m5000000 -w25");

            // Spin counts a state before the first one.
            return Result("spin", ended, SpinStates(), errors: "errors: 0", extra: 1);
        });

    /// <summary>TLC with one worker.</summary>
    /// <returns>The result; or the reason why there is nothing to compare.</returns>
    public static (OtherCheck? Did, string Why) Tlc() =>
        Environment.GetEnvironmentVariable(TlcVariable) is not { Length: > 0 } archive
            ? (null, $"set {TlcVariable} to the path of tla2tools.jar to compare with TLC")
            : InFolder(folder =>
            {
                Copy(folder, "MiniL4.tla");
                Copy(folder, "M.cfg");
                var ended = Timed(
                    folder,
                    $"java -XX:+UseSerialGC -cp '{archive}' tlc2.TLC -workers 1 -config M.cfg MiniL4.tla"
                );
                return Result("TLC", ended, TlcStates(), errors: "No error has been found", extra: 0);
            });

    /// <summary>Reads what a checker has printed, and then the shell's <c>times</c>.</summary>
    /// <param name="name">The checker's name, for messages.</param>
    /// <param name="ended">How the shell ended.</param>
    /// <param name="states">Finds the number of states in the output.</param>
    /// <param name="errors">The checker prints this text if it finds no error.</param>
    /// <param name="extra">States that the checker counts and others do not.</param>
    /// <returns>The result; or the reason why there is nothing to compare.</returns>
    public static (OtherCheck? Did, string Why) Result(
        string name,
        Ended ended,
        Regex states,
        string errors,
        long extra
    )
    {
        var (found, time) = (states.Match(ended.Output), Children().Matches(ended.Output).LastOrDefault());
        if (ended.Exit != 0 || !found.Success || time is null)
            return (null, $"{name} did not run: {ended.Why}");
        if (!ended.Output.Contains(errors, StringComparison.Ordinal))
            return (null, $"{name} reports an error in a system that has none");
        var count = long.Parse(found.Groups[1].Value.Replace(",", ""), CultureInfo.InvariantCulture) - extra;
        return (new(count, Seconds(time, 1) + Seconds(time, 3)), "");
    }

    private static double Seconds(Match time, int group) =>
        60 * double.Parse(time.Groups[group].Value, CultureInfo.InvariantCulture)
        + double.Parse(time.Groups[group + 1].Value, CultureInfo.InvariantCulture);

    // The second line of the shell's `times`: user and system time of its children.
    [GeneratedRegex(@"(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$", RegexOptions.Multiline)]
    private static partial Regex Children();

    /// <summary>Matches the number of states in Spin's output.</summary>
    [GeneratedRegex(@"^\s*(\d+) states, stored", RegexOptions.Multiline)]
    public static partial Regex SpinStates();

    /// <summary>Matches the number of states in TLC's output.</summary>
    [GeneratedRegex(@"([\d,]+) distinct states found")]
    public static partial Regex TlcStates();

    private static Ended Timed(string folder, string command) =>
        OtherProgram.Run("sh", ["-c", $"cd '{folder}' && {command}; code=$?; times; exit $code"], Patience);

    private static string? Fails(string folder, string program, string arguments)
    {
        var ended = OtherProgram.Run("sh", ["-c", $"cd '{folder}' && {program} {arguments}"], Patience);
        return ended.Exit switch
        {
            0 => null,
            127 => $"{program} is not installed",
            _ => $"{program} failed: {ended.Why}",
        };
    }

    private static (OtherCheck?, string) InFolder(Func<string, (OtherCheck?, string)> run)
    {
        var folder = Directory.CreateTempSubdirectory("verified-bench");
        try
        {
            return run(folder.FullName);
        }
        catch (Win32Exception)
        {
            return (null, "this host has no shell to run other checkers in");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Copy(string folder, string name)
    {
        using var from = typeof(OtherCheckers).Assembly.GetManifestResourceStream($"minil4/{name}")!;
        using var to = File.Create(Path.Combine(folder, name));
        from.CopyTo(to);
    }
}
