using Verified.Proofs.Smt;
using Verified.Proofs.Values;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Smt;

/// <summary>Questions as scripts, and the answers of other solvers.</summary>
public sealed class SecondSolverTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Terms _terms = new();

    public void Dispose() => _terms.Dispose();

    [Fact]
    public void A_script_names_theorem_path_goal_and_answer()
    {
        Symbolic x = _terms.Variable("x", 10);
        var script = Script.Of("spec.ipc", new(3, "nobody\nwaits", [_terms.Of(x < 5)], _terms.Of(x == 9), false));
        Assert.StartsWith(
            "; theorem spec.ipc, path 3\n; nobody waits\n; assumed: x == 9\n; Z3 answered: unsat\n(set-logic QF_BV)\n",
            script,
            StringComparison.Ordinal
        );
        Assert.Contains("(declare-fun |x| () (_ BitVec 10))", script, StringComparison.Ordinal);
        Assert.EndsWith("(check-sat)\n(exit)\n", script, StringComparison.Ordinal);
    }

    [FactWith(Tool.Cvc5)]
    public void Cvc5_reads_each_operation_as_the_concrete_domain_does() => Agrees("cvc5", 2);

    [FactWith(Tool.Z3)]
    public void The_program_z3_reads_each_operation_as_the_concrete_domain_does() => Agrees("z3", 2);

    [FactWith(Tool.Boolector)]
    public void Boolector_reads_each_operation_as_the_concrete_domain_does() => Agrees("boolector", 1);

    [FactWith(Tool.Cvc5)]
    public void A_wrong_answer_shows()
    {
        Symbolic x = _terms.Variable("x");
        using var solver = new SecondSolver(Program("cvc5"), Patience);
        var fact = _terms.Of(x < 5);
        Assert.Equal("sat", solver.Ask("a test", new(1, "", [fact], _terms.Of(x > 3), Satisfiable: false)));
        Assert.Equal("unsat", solver.Ask("a test", new(1, "", [fact], _terms.Of(x > 4), Satisfiable: true)));
    }

    [Fact]
    public void A_program_that_is_no_solver_gives_no_answer()
    {
        Symbolic x = _terms.Variable("x");
        foreach (
            var (program, says) in (ReadOnlySpan<(SolverProgram, string)>)
                [
                    (new("true", [], Piped: true, Defines: true, ""), "the process has ended"),
                    (new("sleep", ["60"], Piped: true, Defines: true, ""), "no answer in 1 s"),
                    (new("echo", ["segmentation fault"], Piped: false, Defines: true, ""), "segmentation fault"),
                ]
        )
        {
            using var solver = new SecondSolver(program, TimeSpan.FromSeconds(1));
            var answer = solver.Ask("a test", new(1, "", [], _terms.Of(x == 3), true));
            Assert.Contains(says, answer, StringComparison.Ordinal);
        }
    }

    [FactWith(Tool.Linux)]
    public void A_question_without_an_early_answer_is_asked_again_with_the_other_option()
    {
        Symbolic x = _terms.Variable("x");
        string[] script = ["-c", "if [ \"$1\" = --eager ]; then echo unsat; else sleep 60; fi", "sh"];
        var program = new SolverProgram("sh", script, Piped: false, Defines: true, "", "--eager");
        foreach (var (otherwise, says) in ((string?, string)[])[("--eager", "unsat"), ("--lazy", "no"), (null, "no")])
        {
            using var solver = new SecondSolver(program with { Otherwise = otherwise }, TimeSpan.FromSeconds(2));
            var answer = solver.Ask("a test", new(1, "", [], _terms.Of(x == 3), true));
            Assert.StartsWith(says, answer, StringComparison.Ordinal);
        }
    }

    /// <summary>The operation on two variables with given values has its concrete value, and no other.</summary>
    private void Agrees(string name, int samples)
    {
        using var solver = new SecondSolver(Program(name), Patience);
        Word x = _terms.Variable("x"),
            y = _terms.Variable("y"),
            narrow = _terms.Variable("narrow", 7);
        var random = new Random(1);
        foreach (var op in Enum.GetValues<TermOp>())
        {
            if (
                op
                is TermOp.Constant
                    or TermOp.Variable
                    or TermOp.True
                    or TermOp.False
                    or TermOp.Both
                    or TermOp.Either
                    or TermOp.Not
            )
                continue;
            for (var i = 0; i < samples; i++)
            {
                var a = (uint)random.NextInt64(1L << 32);
                var (b, c) = ((uint)random.Next(i % 2 == 0 ? 40 : int.MaxValue), (uint)random.Next(128));
                if (op is TermOp.Quotient or TermOp.Remainder)
                    (a, c) = (a % 64, 64 + c % 64);
                var condition = _terms.Make(TermOp.Less, x, y);
                var term = op switch
                {
                    TermOp.Select => _terms.MakeTerm(op, condition, x, narrow),
                    TermOp.Quotient or TermOp.Remainder => _terms.MakeTerm(op, x, y, narrow),
                    TermOp.LowestBit or TermOp.HighestBit or TermOp.EvenParity => _terms.MakeTerm(op, x),
                    _ => _terms.MakeTerm(op, x, y),
                };
                var meant = new Evaluation(variable =>
                    variable == x ? a
                    : variable == y ? b
                    : c
                );
                var value =
                    term is Word word ? _terms.Make(TermOp.Equal, word, _terms.Constant(meant.Of(word)))
                    : meant.Of((Bool)term) ? (Bool)term
                    : _terms.Make(TermOp.Not, term);
                Bool[] given = [Is(x, a), Is(y, b), Is(narrow, c)];
                Assert.Equal("sat", solver.Ask("a test", new(1, "", given, value, true)));
                Assert.Equal("unsat", solver.Ask("a test", new(1, "", given, _terms.Make(TermOp.Not, value), false)));
            }
        }

        Bool Is(Word word, uint number) => _terms.Make(TermOp.Equal, word, _terms.Constant(number));
    }

    private static SolverProgram Program(string name) => SolverProgram.All.Single(program => program.Name == name);
}
