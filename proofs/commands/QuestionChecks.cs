using System.CommandLine;
using System.ComponentModel;
using Verified.Kernel;
using Verified.Proofs.Certify;
using Verified.Proofs.Paths;
using Verified.Proofs.Smt;

namespace Verified.Proofs.Commands;

/// <summary>
/// <c>prove --smt</c>, <c>--second</c> and <c>--certify</c>: the questions that the proofs ask of Z3, written to files,
/// asked of another solver, or certified.
/// </summary>
internal static class QuestionChecks
{
    private static string SolverNames => string.Join(", ", SolverProgram.All.Select(program => program.Name));

    private static readonly Option<string?> Smt = new("--smt")
    {
        Description = "Write every question to a folder, as SMT-LIB 2, with an index",
        HelpName = "FOLDER",
    };

    private static readonly Option<string?> Second = new("--second")
    {
        Description = $"Ask another solver the same questions: {SolverNames}",
        HelpName = "SOLVER",
    };

    private static readonly Option<bool> Certify = new("--certify")
    {
        Description = "Certify each answer 'unsat' by a proof of cadical that a checker of 300 lines validates",
    };

    private static readonly Option<int?> Sample = CommonOptions.InRange(
        new Option<int?>("--sample")
        {
            Description = "With one of these options: only N questions, from theorems chosen at random",
            HelpName = "N",
        },
        1,
        int.MaxValue
    );

    // Seconds: a question takes Z3 a few at most, and other solvers are slower on some.
    private const int LimitOfQuestion = 300;

    // The number of failures that a theorem's line reports.
    private const int MostFailures = 5;

    public static void AddTo(Command verb)
    {
        foreach (var option in (Option[])[Smt, Second, Certify, Sample, CommonOptions.Seed])
            verb.Add(option);
        verb.Validators.Add(result =>
        {
            var (smt, second) = (result.GetValue(Smt) is not null, result.GetValue(Second) is not null);
            bool[] asked = [smt, second, result.GetValue(Certify)];
            if (asked.Count(one => one) > 1)
                result.AddError("--smt, --second and --certify: give one of them.");
            if (result.GetValue(Sample) is not null && !asked.Contains(true))
                result.AddError("--sample is about --smt, --second or --certify: give one of them.");
        });
    }

    /// <summary>The exit code of the chosen check; null if none is chosen.</summary>
    /// <exception cref="CommandException">The program that the check needs is not installed.</exception>
    public static int? Run(ParseResult parsed, KernelImage image, IReadOnlyList<Theorem> theorems)
    {
        if (parsed.GetValue(Smt) is { } folder)
        {
            var export = new Export(folder);
            var code = Run(
                parsed,
                image,
                theorems,
                "smt",
                $"written to {folder}",
                null,
                unsatisfiable: false,
                (theorem, asked) => new(asked.Kept.Count, [], export.Write(theorem.Name, asked))
            );
            export.WriteIndex();
            return code;
        }

        if (parsed.GetValue(Second) is { } name)
        {
            var program = SolverProgram.All.FirstOrDefault(program => program.Name == name)
                ?? throw new CommandException($"--second {name}: give one of {SolverNames}");
            var version = Installed(name, program.Describe);
            return Run(
                parsed,
                image,
                theorems,
                $"second {name}",
                $"confirmed by {version}",
                Confirmations.By(name),
                unsatisfiable: false,
                (theorem, asked) => Ask(program, theorem.Name, asked.Kept)
            );
        }

        if (!parsed.GetValue(Certify))
            return null;
        var by = Installed(SatSolver.Name, SatSolver.Describe);
        return Run(
            parsed,
            image,
            theorems,
            "certify",
            $"certified by proofs of {by}",
            Confirmations.By(Confirmations.Certificates),
            unsatisfiable: true,
            (theorem, asked) => CertifyAll(theorem.Name, asked.Kept)
        );
    }

    private static string Installed(string name, Func<string> describe)
    {
        try
        {
            return describe();
        }
        catch (Win32Exception)
        {
            throw new CommandException(
                $"{name} is not installed: install it (Debian: apt-get install {name}), or leave this check out"
            );
        }
    }

    private static int Run(
        ParseResult parsed,
        KernelImage image,
        IReadOnlyList<Theorem> theorems,
        string stage,
        string confirmed,
        ProofCache? keep,
        bool unsatisfiable,
        Func<Theorem, Asked, Opinions.Outcome> check
    )
    {
        ProveVerb.RequireSolver();
        var (display, json) = (new Display(parsed), parsed.GetValue(CommonOptions.Json));
        var (sample, seed) = (parsed.GetValue(Sample), parsed.GetValue(CommonOptions.Seed));
        var opinions = new Opinions(
            theorems,
            sample,
            seed,
            unsatisfiable,
            keep,
            parsed.GetValue(CommonOptions.NoCache)
        );
        var (running, ended) = (new HashSet<string>(), 0);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var results = (json ? Display.Silent : display).While(stage, say => opinions.Run(
                Environment.ProcessorCount,
                check,
                theorem =>
                {
                    running.Add(theorem);
                    say($"{ended} of {opinions.Chosen.Count}, now {string.Join(", ", running)}");
                },
                opinion =>
                {
                    running.Remove(opinion.Theorem);
                    ended++;
                    if (json)
                        return;
                    display.Line($"{stage} {opinion.Theorem}: {Describe(opinion, confirmed)}");
                    Report.Lines(display, opinion.Failures.Take(MostFailures), "  ");
                }
            ));
        if (json)
            display.Json(results.Select(Summary));
        else
            display.Line(
                $"{stage}: {results.Count(opinion => opinion.Holds)} of {results.Count} theorems {confirmed}: "
                    + $"{results.Sum(opinion => opinion.Agreed):N0} of "
                    + $"{results.Sum(opinion => opinion.Checked):N0} questions"
                    + (unsatisfiable ? $" answered unsat, {results.Sum(opinion => opinion.Clauses):N0} clauses" : "")
                    + $", {Size(results.Sum(opinion => opinion.Bytes))}"
                    + (
                        results.Count(opinion => opinion.Cached) is > 0 and var cached
                            ? $", {cached} theorems by an earlier run"
                            : ""
                    )
                    + (sample is null ? "" : $", a sample with seed {seed}")
                    + $", {clock.Elapsed.TotalSeconds:F0} s, {ImageSource.Describe(image, parsed)}"
            );
        return results.All(opinion => opinion.Holds) ? CommandLine.Holds : CommandLine.Refuted;
    }

    private static Opinions.Outcome Ask(SolverProgram program, string theorem, IReadOnlyList<Question> questions)
    {
        using var solver = new SecondSolver(program, TimeSpan.FromSeconds(LimitOfQuestion));
        var (agreed, number, failures) = (0, 0, new List<string>());
        foreach (var question in questions)
        {
            number++;
            var answer = solver.Ask(theorem, question);
            if (answer == Script.Answer(question.Satisfiable))
                agreed++;
            else
                failures.Add(
                    $"{program.Name}: {answer}, Z3: {Script.Answer(question.Satisfiable)}, "
                        + $"path {question.Path}, {question.Purpose}; saved: {Save(theorem, number, question)}"
                );
        }

        return new(agreed, failures, 0);
    }

    private static Opinions.Outcome CertifyAll(string theorem, IReadOnlyList<Question> questions)
    {
        var (agreed, bytes, clauses, failures) = (0, 0L, 0L, new List<string>());
        foreach (var outcome in Certifier.Certify(questions, LimitOfQuestion))
        {
            bytes += outcome.ProofBytes;
            clauses += outcome.Clauses;
            if (outcome.Failure is null)
                agreed += outcome.Questions.Count;
            else
                failures.Add(
                    $"{outcome.Failure}: path {outcome.Questions[0].Path}, {outcome.Questions[0].Purpose}; "
                        + $"saved: {Save(theorem, failures.Count + 1, outcome.Questions[0])}"
                );
        }

        return new(agreed, failures, bytes, clauses);
    }

    private static string Save(string theorem, int number, Question question)
    {
        var folder = Path.Combine(Report.Folder, "smt");
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{theorem}-{number}.smt2");
        WholeFile.Write(file, Script.Of(theorem, question));
        return file;
    }

    private static string Describe(Opinion opinion, string confirmed) =>
        opinion switch
        {
            { Cached: true } => $"{confirmed}, by an earlier run",
            { Verdict.Refutation: { } refutation } => $"REFUTED: {refutation.What}",
            { Verdict: null } => "NOT PROVED",
            _ => $"{(opinion.Holds ? "" : "NOT ")}{confirmed}: {opinion.Agreed:N0} of {opinion.Checked:N0} questions"
                + (opinion.Clauses > 0 ? $", {opinion.Clauses:N0} clauses" : "")
                + (opinion.Bytes > 0 ? $", {Size(opinion.Bytes)}" : "")
                + $", {opinion.Time.TotalSeconds:F1} s",
        };

    private static string Size(long bytes) => $"{bytes / 1e6:F1} MB";

    private static object Summary(Opinion opinion) =>
        new
        {
            opinion.Theorem,
            opinion.Holds,
            opinion.Questions,
            opinion.Checked,
            opinion.Agreed,
            opinion.Failures,
            opinion.Bytes,
            opinion.Clauses,
            Seconds = opinion.Time.TotalSeconds,
            opinion.Cached,
        };
}
