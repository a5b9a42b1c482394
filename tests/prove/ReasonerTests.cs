using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Xunit;

namespace Verified.Tests.Prove;

/// <summary>
/// Questions: if an earlier model answers a question, the solver is not asked again. A model never answers for facts
/// that it violates.
/// </summary>
public sealed class ReasonerTests : IDisposable
{
    private readonly Terms _terms;
    private readonly Reasoner _reasoner;
    private readonly Symbolic _x;

    public ReasonerTests()
    {
        _terms = new Terms();
        Terms.Current = _terms;
        _reasoner = new(_terms);
        _x = _terms.Variable("x");
    }

    public void Dispose()
    {
        _reasoner.Dispose();
        _terms.Dispose();
    }

    [Fact]
    public void A_model_that_is_known_answers_without_a_question()
    {
        _reasoner.Assert(_x < 10);
        Assert.True(Satisfiable(_x > 7));
        var asked = _reasoner.Questions;
        Assert.True(Satisfiable(_x > 5));
        Assert.Equal(asked, _reasoner.Questions);
        Assert.InRange(_reasoner.ValueOf(_x), 8u, 9u);
    }

    [Fact]
    public void A_model_does_not_answer_for_a_fact_that_it_breaks()
    {
        Assert.True(Satisfiable(_x == 3));
        _reasoner.Assert(_x != 3);
        Assert.False(Satisfiable(_x == 3));
        Assert.True(Satisfiable(_x < 4));
        Assert.InRange(_reasoner.ValueOf(_x), 0u, 2u);
    }

    [Fact]
    public void A_fact_is_forgotten_with_its_scope()
    {
        _reasoner.Assert(_x < 10);
        _reasoner.Push();
        _reasoner.Assert(_x > 20);
        Assert.False(Satisfiable(null));
        _reasoner.Pop();
        Assert.False(_reasoner.IsFact(_terms.Of(_x > 20)));
        Assert.True(_reasoner.IsFact(_terms.Of(_x < 10)));
        Assert.True(Satisfiable(_x > 5));
        Assert.False(Satisfiable(_x > 20));
    }

    // There are more models than are kept, so the first is gone, and the question is asked again.
    [Fact]
    public void Models_beyond_those_that_are_kept_are_asked_for_again()
    {
        for (var round = 0; round < 2; round++)
        for (var value = 0u; value < 40; value++)
        {
            Assert.True(Satisfiable(_x == value));
            Assert.Equal(value, _reasoner.ValueOf(_x));
        }
    }

    private bool Satisfiable(Verified.Spec.Values.Truth? assumption) =>
        _reasoner.Satisfiable(assumption is { } given ? _terms.Of(given) : null);
}
