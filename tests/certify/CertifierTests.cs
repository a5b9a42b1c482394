using Verified.Proofs.Certify;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec.Values;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Certify;

/// <summary>
/// Questions without a model are certified, separately and together. A wrong answer of the solver is not certified.
/// </summary>
public sealed class CertifierTests : IDisposable
{
    private const int Seconds = 60;

    private readonly Terms _terms = new();
    private readonly Symbolic _x,
        _y;

    public CertifierTests() => (_x, _y) = (_terms.Variable("x"), _terms.Variable("y"));

    public void Dispose() => _terms.Dispose();

    [FactWith(Tool.Cadical)]
    public void Answers_without_a_model_are_certified_together()
    {
        var questions = (Question[])
            [
                Unsatisfiable(_x < 10, _x > 20),
                Unsatisfiable(_x * _y == 1, (_x & 1) == 0),
                Unsatisfiable(_x + _y == 7, _y + _x == 8),
                Unsatisfiable(_x << 1 == _y, (_y & 1) == 1),
                Unsatisfiable(Symbolic.LowestBit(_x) > Symbolic.HighestBit(_x), _x < 0x10000),
            ];
        var outcome = Assert.Single(Certifier.Certify(questions, Seconds));
        Assert.Null(outcome.Failure);
        Assert.Equal(questions, outcome.Questions);
        Assert.True(outcome.ProofBytes > 0);
    }

    [FactWith(Tool.Cadical)]
    public void A_wrong_answer_is_not_certified_and_those_beside_it_are()
    {
        var (right, wrong) = (Unsatisfiable(_x < 10, _x > 20), Unsatisfiable(_x < 10, _x > 8));
        var outcomes = Certifier.Certify([right, wrong, right], Seconds).ToList();
        Assert.Equal([null, "cadical finds a model", null], outcomes.Select(outcome => outcome.Failure));
    }

    // The two formulas differ slightly. The certificate of one is not a certificate of the other.
    [FactWith(Tool.Cadical)]
    public void A_proof_of_another_question_is_rejected()
    {
        var one = Formula(Unsatisfiable(_x * _y == 1, (_x & 1) == 0));
        var other = Formula(Unsatisfiable(_x * _y == 1, (_x & 1) == 1));
        var proof = SatSolver.Prove(one.Gates, Seconds).Proof!;
        Assert.Null(ProofChecker.Check(one.Gates.Variables, one.Gates.Clauses, proof));
        Assert.NotNull(ProofChecker.Check(other.Gates.Variables, other.Gates.Clauses, proof));
    }

    [FactWith(Tool.Cadical)]
    public void A_solver_that_takes_too_long_gives_no_certificate()
    {
        // The product of two odd factors is not a given prime.
        var (high, low) = ((1u << 29) - 1, uint.MaxValue);
        var hard = Unsatisfiable(Symbolic.MultiplyHigh(_x, _y) == high, _x * _y == low);
        Assert.Equal("cadical has no answer in 1 s", Assert.Single(Certifier.Certify([hard], 1)).Failure);
    }

    private static BitBlaster Formula(Question question)
    {
        var formula = new BitBlaster();
        formula.Add(question);
        formula.End();
        return formula;
    }

    private Question Unsatisfiable(Truth fact, Truth assumption) =>
        new(1, "a test", [_terms.Of(fact)], _terms.Of(assumption), Satisfiable: false);
}
