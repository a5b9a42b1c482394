using Microsoft.Z3;
using Verified.Proofs.Values;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// What is known about terms, in scopes: facts, and questions under one assumption. One incremental bit-vector solver per
/// theorem, whose scopes follow the choices of the exploration.
/// </summary>
public sealed class Reasoner : IDisposable
{
    // In solver steps, so the same on every machine; the hardest question of the shipped theorems needs a small part of it.
    private const uint StepLimit = 400_000_000;

    private readonly Terms _terms;
    private readonly Solver _solver;
    private readonly HashSet<Bool> _facts = [];
    private readonly HashSet<Bool> _named = [];
    private readonly Stack<(List<Bool> Facts, List<Bool> Named)> _scopes = new();
    private Model? _model;

    public Reasoner(Terms terms)
    {
        _terms = terms;
        _solver = terms.Context.MkSolver("QF_BV");
        using var parameters = terms.Context.MkParams();
        parameters.Add("random_seed", 1u);
        parameters.Add("rlimit", StepLimit);
        _solver.Parameters = parameters;
        _scopes.Push(([], []));
    }

    /// <summary>Questions asked of the solver.</summary>
    public int Questions { get; private set; }

    /// <summary>Opens a scope: what is asserted from here on is forgotten with it.</summary>
    public void Push()
    {
        _solver.Push();
        _scopes.Push(([], []));
    }

    public void Pop()
    {
        _solver.Pop();
        var (facts, named) = _scopes.Pop();
        _facts.ExceptWith(facts);
        _named.ExceptWith(named);
    }

    /// <summary>Asserts a fact in the innermost scope, unless an open scope has it already.</summary>
    public void Assert(Truth fact)
    {
        if (fact.Undecided is Bool condition)
        {
            if (!_facts.Add(condition)) return;
            _scopes.Peek().Facts.Add(condition);
            _solver.Assert(_terms.Translate(condition));
        }
        else if (!fact.Known)
            throw new ProverException("a hypothesis is false: nothing may be proved from it");
    }

    /// <summary>Whether the facts and the assumption, if any, have a model.</summary>
    /// <exception cref="ProverException">The solver does not know.</exception>
    public bool Satisfiable(Bool? assumption = null)
    {
        Questions++;
        _model?.Dispose();
        _model = null;
        switch (assumption is null ? _solver.Check() : _solver.Check(Literal(assumption)))
        {
            case Status.SATISFIABLE:
                _model = _solver.Model;
                return true;
            case Status.UNSATISFIABLE:
                return false;
            default:
                throw new ProverException($"the solver does not know: {_solver.ReasonUnknown}");
        }
    }

    /// <summary>The value of a word in the model of the last satisfiable question; what it leaves open is 0.</summary>
    public uint ValueOf(Symbolic word) =>
        word.Term is not { } term ? word.Value
        : term.ValueIn(_model ?? throw new InvalidOperationException("the last question had no model"));

    /// <summary>A Boolean constant that equals the condition: assumptions must be literals.</summary>
    private BoolExpr Literal(Bool condition)
    {
        if (condition is { Op: Op.Not, A: Bool inner }) return _terms.Context.MkNot(Literal(inner));
        var literal = _terms.Context.MkBoolConst($"?{condition.Id}");
        if (!_named.Add(condition)) return literal;
        _scopes.Peek().Named.Add(condition);
        _solver.Assert(_terms.Context.MkIff(literal, _terms.Translate(condition)));
        return literal;
    }

    public void Dispose()
    {
        _model?.Dispose();
        _solver.Dispose();
    }
}

/// <summary>The prover cannot answer: never a pass.</summary>
public sealed class ProverException(string message) : Exception(message);
