using System.ComponentModel;
using System.Text;
using Verified.Proofs.Host;
using Verified.Proofs.Paths;

namespace Verified.Proofs.Smt;

/// <summary>A solver for SMT-LIB 2 that answers the questions that Z3 answered.</summary>
/// <param name="Name">The name of the program, looked for on the path.</param>
/// <param name="Arguments">The arguments that start it.</param>
/// <param name="Piped">
/// True if one process answers many questions over a pipe, each question in its own scope. If false, each question is a
/// file and a process: cvc5 reads a pipe several times more slowly than it starts.
/// </param>
/// <param name="Defines">True if it knows definitions; if not, shared terms are variables with equations.</param>
/// <param name="Version">The argument that makes it print its version.</param>
/// <param name="Otherwise">
/// A further argument, with which a question in a file is asked again if a tenth of the time brought no answer. If
/// null, the question gets all of the time at once.
/// </param>
public sealed record SolverProgram(
    string Name,
    IReadOnlyList<string> Arguments,
    bool Piped,
    bool Defines,
    string Version,
    string? Otherwise = null
)
{
    public static IReadOnlyList<SolverProgram> All { get; } =
    [
        // cvc5 answers most questions sooner without this option, and the hardest only with it.
        new("cvc5", ["--lang=smt2", "--quiet"], Piped: false, Defines: true, "--version", "--bitblast=eager"),
        new("z3", ["-smt2", "-in"], Piped: true, Defines: true, "-version"),
        new("boolector", ["--smt2"], Piped: false, Defines: false, "--version"),
        new("bitwuzla", [], Piped: false, Defines: true, "--version"),
    ];

    /// <summary>Its name and version, from the first line that it prints. cvc5 prints a sentence.</summary>
    /// <exception cref="Win32Exception">The program is not installed, or this host cannot execute it.</exception>
    public string Describe()
    {
        var line = OtherProgram.Run(Name, [Version], TimeSpan.FromMinutes(1)).Output.Split('\n')[0].Trim();
        const string sentence = "This is ";
        if (line.StartsWith(sentence, StringComparison.Ordinal))
            line = line[sentence.Length..];
        return line.Contains(Name, StringComparison.OrdinalIgnoreCase) ? line : $"{Name} {line}";
    }
}

/// <summary>A running second solver, for one thread.</summary>
/// <param name="program">The solver.</param>
/// <param name="limit">The time limit for one question.</param>
public sealed class SecondSolver(SolverProgram program, TimeSpan limit) : IDisposable
{
    // One process answers all questions of a theorem, so only the time of each question is limited.
    private static readonly TimeSpan Days = TimeSpan.FromDays(10);

    private OtherProgram? _running;

    /// <summary>The solver's answer: sat, unsat, an error, or that it found no answer in time.</summary>
    public string Ask(string theorem, Question question) =>
        program.Piped ? AskPiped(question) : AskFile(Script.Of(theorem, question, equations: !program.Defines));

    private string AskPiped(Question question)
    {
        var text = new StringBuilder();
        if (_running is null)
        {
            _running = OtherProgram.Start(program.Name, program.Arguments, Days);
            text.Append("(set-logic QF_BV)\n");
        }

        text.Append("(push 1)\n");
        Script.Write(text, question);
        text.Append("(pop 1)\n");
        var answer = "the process has ended";
        try
        {
            _running.Process.StandardInput.Write(text);
            _running.Process.StandardInput.Flush();
            var line = _running.Process.StandardOutput.ReadLineAsync();
            answer = !line.Wait(limit) ? $"no answer in {limit.TotalSeconds:F0} s" : line.Result ?? answer;
        }
        catch (IOException)
        {
            // It ended without reading all of the question.
        }

        // After anything but an answer, the next question gets a new process.
        if (answer is "sat" or "unsat")
            return answer;
        Dispose();
        return answer;
    }

    private string AskFile(string script)
    {
        var file = Path.Combine(Path.GetTempPath(), $"verified-{Guid.NewGuid():N}.smt2");
        File.WriteAllText(file, script);
        try
        {
            var (first, then) = program.Otherwise is null ? (limit, default) : (limit / 10, limit * 9 / 10);
            var ended = OtherProgram.Run(program.Name, [.. program.Arguments, file], first);
            if (ended.Exit is null && program.Otherwise is { } option)
                ended = OtherProgram.Run(program.Name, [.. program.Arguments, option, file], then);
            if (ended.Exit is null)
                return $"no answer in {limit.TotalSeconds:F0} s";
            return ended.Output.Split('\n')[0].Trim() is { Length: > 0 } line ? line : ended.Why;
        }
        finally
        {
            File.Delete(file);
        }
    }

    public void Dispose()
    {
        _running?.Dispose();
        _running = null;
    }
}
