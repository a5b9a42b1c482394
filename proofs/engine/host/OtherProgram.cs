using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Verified.Proofs.Host;

/// <summary>How a program ended.</summary>
/// <param name="Exit">Its exit code; null if it was killed because it took too long.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Errors">Its standard error.</param>
public sealed record Ended(int? Exit, string Output, string Errors)
{
    private const int MostLines = 20;

    /// <summary>The exit code and the last lines of standard error, for a message.</summary>
    public string Why =>
        $"exit code {Exit?.ToString() ?? "none: it took too long"}; its last error lines:\n"
        + string.Join('\n', Errors.TrimEnd().Split('\n').TakeLast(MostLines));
}

/// <summary>
/// A program of the host that checks may use: gcc, QEMU, Bochs, nasm, gdb, and the native program of the oracle. All of
/// them start here, with a small environment of their own, because some of them fail in an unusual environment.
/// </summary>
public sealed class OtherProgram : IDisposable
{
    private readonly StringBuilder _errors = new();
    private readonly Timer _limit;

    private OtherProgram(Process process, TimeSpan patience)
    {
        Process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
                if (line.Data is not null)
                    _errors.Append(line.Data).Append('\n');
        };
        process.BeginErrorReadLine();
        _limit = new(_ => GiveUp(), null, patience, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The process; its standard input and output belong to the caller.</summary>
    public Process Process { get; }

    /// <summary>The process was killed because it took too long, with all that it had started.</summary>
    public bool TookTooLong { get; private set; }

    /// <summary>Its standard error until now.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    /// <summary>Starts a program, whose standard streams are all redirected.</summary>
    /// <param name="program">Its name, looked for in PATH, or its path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="patience">After this time the process is killed.</param>
    /// <exception cref="Win32Exception">The program is missing, or this host cannot execute it.</exception>
    public static OtherProgram Start(string program, IEnumerable<string> arguments, TimeSpan patience) =>
        new(Process.Start(StartInfo(program, arguments))!, patience);

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">Its name, looked for in PATH, or its path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="patience">After this time the process is killed.</param>
    /// <param name="input">Its standard input.</param>
    /// <exception cref="Win32Exception">The program is missing, or this host cannot execute it.</exception>
    public static Ended Run(string program, IEnumerable<string> arguments, TimeSpan patience, string input = "")
    {
        using var running = Start(program, arguments, patience);
        try
        {
            running.Process.StandardInput.Write(input);
            running.Process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all of its input; its exit code says whether that is a failure.
        }

        var output = running.Process.StandardOutput.ReadToEnd();
        return running.End(output);
    }

    /// <summary>Waits for the end of the process.</summary>
    /// <param name="output">The part of its standard output that the caller has read.</param>
    public Ended End(string output)
    {
        Process.WaitForExit();
        return new(TookTooLong ? null : Process.ExitCode, output, Errors);
    }

    /// <summary>Ends the process if it still runs.</summary>
    public void Dispose()
    {
        _limit.Dispose();
        if (!Process.HasExited)
            Process.Kill(entireProcessTree: true);
        Process.Dispose();
    }

    private static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin";
        start.Environment["HOME"] = start.Environment["TMPDIR"] = Path.GetTempPath();
        start.Environment["LANG"] = start.Environment["LC_ALL"] = "C";
        return start;
    }

    private void GiveUp()
    {
        try
        {
            TookTooLong = !Process.HasExited;
            Process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has just ended, or the caller is done with it.
            TookTooLong = false;
        }
    }
}
