using System.Globalization;
using System.Text;
using Verified.Proofs.Host;
using Verified.Proofs.Paths;

namespace Verified.Proofs.Certify;

/// <summary>The SAT solver CaDiCaL, which writes a proof for a formula without a model.</summary>
public static class SatSolver
{
    private const int Unsatisfiable = 20,
        Satisfiable = 10;

    public const string Name = "cadical";

    /// <summary>The version that is installed.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">
    /// The program is not installed, or this host cannot execute it.
    /// </exception>
    public static string Describe() =>
        $"{Name} {OtherProgram.Run(Name, ["--version"], TimeSpan.FromMinutes(1)).Output.Trim()}";

    /// <summary>A proof in the binary DRAT format, or the reason why there is none.</summary>
    /// <param name="formula">The clauses.</param>
    /// <param name="seconds">How long the solver may take.</param>
    public static (byte[]? Proof, string? Failure) Prove(Circuit formula, int seconds)
    {
        var (input, output) = (Temporary("cnf"), Temporary("drat"));
        try
        {
            Write(formula, input);
            var ended = OtherProgram.Run(Name, ["-q", "-n", input, output], TimeSpan.FromSeconds(seconds));
            return ended.Exit switch
            {
                Unsatisfiable => (File.ReadAllBytes(output), null),
                Satisfiable => (null, $"{Name} finds a model"),
                null => (null, $"{Name} has no answer in {seconds} s"),
                _ => (null, $"{Name} fails, {ended.Why}"),
            };
        }
        finally
        {
            File.Delete(input);
            File.Delete(output);
        }
    }

    private static void Write(Circuit formula, string file)
    {
        using var text = new StreamWriter(file, false, Encoding.ASCII, 1 << 16);
        text.Write(string.Create(CultureInfo.InvariantCulture, $"p cnf {formula.Variables} {formula.Count}\n"));
        foreach (var literal in formula.Clauses)
        {
            text.Write(literal);
            text.Write(literal == 0 ? '\n' : ' ');
        }
    }

    private static string Temporary(string extension) =>
        Path.Combine(Path.GetTempPath(), $"verified-{Guid.NewGuid():N}.{extension}");
}

/// <summary>Certificates of questions without a model.</summary>
public static class Certifier
{
    /// <summary>A formula with more clauses than this takes no further question.</summary>
    private const int ManyClauses = 400_000;

    /// <summary>How many questions a formula is about at most.</summary>
    private const int ManyQuestions = 64;

    /// <summary>The outcome for a group of questions.</summary>
    /// <param name="Questions">The questions.</param>
    /// <param name="Failure">
    /// Why they are not certified; null if a checked proof shows that no question has a model.
    /// </param>
    /// <param name="Clauses">The size of the formula.</param>
    /// <param name="ProofBytes">The size of the proof.</param>
    public sealed record Outcome(IReadOnlyList<Question> Questions, string? Failure, long Clauses, long ProofBytes);

    /// <summary>
    /// Certifies questions together: neighbours share most of their terms. If they fail together, they are tried
    /// separately.
    /// </summary>
    /// <param name="questions">The questions, each answered by Z3 with unsat.</param>
    /// <param name="seconds">The time limit of the SAT solver for one formula.</param>
    public static IEnumerable<Outcome> Certify(IReadOnlyList<Question> questions, int seconds)
    {
        for (var start = 0; start < questions.Count; )
        {
            var formula = new BitBlaster();
            var batch = new List<Question>();
            while (start < questions.Count && batch.Count < ManyQuestions && formula.Gates.Count < ManyClauses)
            {
                formula.Add(questions[start]);
                batch.Add(questions[start++]);
            }

            var outcome = Certify(batch, formula, seconds);
            if (outcome.Failure is null || batch.Count == 1)
            {
                yield return outcome;
                continue;
            }

            foreach (var question in batch)
            {
                var single = new BitBlaster();
                single.Add(question);
                yield return Certify([question], single, seconds);
            }
        }
    }

    private static Outcome Certify(IReadOnlyList<Question> batch, BitBlaster formula, int seconds)
    {
        formula.End();
        var gates = formula.Gates;
        var (proof, failure) = SatSolver.Prove(gates, seconds);
        if (proof is not null && ProofChecker.Check(gates.Variables, gates.Clauses, proof) is { } rejected)
            failure = $"the proof is rejected: {rejected}";
        return new(batch, failure, gates.Count, proof?.Length ?? 0);
    }
}
