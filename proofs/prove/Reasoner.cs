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

    // Nearly all questions need fewer; for the rest, simplifying first is cheaper than searching on.
    private const uint FewSteps = 4_000_000;

    private readonly Terms _terms;
    private readonly Solver _solver;
    private readonly HashSet<Bool> _facts = [];
    private readonly HashSet<Bool> _told = [];

    // How many models each fact broke. What broke two is told before the next question; what broke one may have been of that question only.
    private readonly Dictionary<Bool, int> _broken = [];
    private readonly Stack<Scope> _scopes = new();
    private Model? _model;

    private sealed class Scope
    {
        public List<Bool> Facts { get; } = [];

        /// <summary>What the solver was told in this scope.</summary>
        public List<Bool> Told { get; } = [];

        public HashSet<Bool> Named { get; } = [];
    }

    public Reasoner(Terms terms)
    {
        _terms = terms;
        _solver = Limited(terms.Context.MkSimpleSolver(), FewSteps);
        _scopes.Push(new());
    }

    /// <summary>Questions asked of the solver.</summary>
    public int Questions { get; private set; }

    /// <summary>Opens a scope: what is asserted from here on is forgotten with it.</summary>
    public void Push()
    {
        _solver.Push();
        _scopes.Push(new());
    }

    public void Pop()
    {
        _solver.Pop();
        var scope = _scopes.Pop();
        _facts.ExceptWith(scope.Facts);
        _told.ExceptWith(scope.Told);
    }

    /// <summary>
    /// Asserts a fact in the innermost scope. The solver is told of it when a model breaks it: most instances of the
    /// invariants have no part in a question.
    /// </summary>
    public void Assert(Truth fact)
    {
        if (fact.Undecided is Bool { Op: Op.Both, A: Bool first, B: Bool second })
        {
            Assert(first.Truth);
            Assert(second.Truth);
        }
        else if (fact.Undecided is Bool condition)
        {
            if (_facts.Add(condition)) _scopes.Peek().Facts.Add(condition);
        }
        else if (!fact.Known)
            throw new ProverException("a hypothesis is false: nothing may be proved from it");
    }

    /// <summary>Whether a condition is one of the facts, as it stands.</summary>
    public bool IsFact(Bool condition) => _facts.Contains(condition);

    /// <summary>Asserts a fact and tells the solver at once.</summary>
    public void Tell(Bool fact)
    {
        Assert(new Truth(fact));
        if (!_told.Add(fact)) return;
        _scopes.Peek().Told.Add(fact);
        _solver.Assert(_terms.Translate(fact));
    }

    /// <summary>Whether the facts and the assumption, if any, have a model.</summary>
    /// <exception cref="ProverException">The solver does not know.</exception>
    public bool Satisfiable(Bool? assumption = null)
    {
        foreach (var fact in _facts.ToArray())
            if (_broken.GetValueOrDefault(fact) > 1)
                Tell(fact);
        while (HasModel(assumption))
        {
            var broken = Broken();
            if (broken.Count == 0) return true;
            foreach (var fact in broken)
            {
                _broken[fact] = _broken.GetValueOrDefault(fact) + 1;
                Tell(fact);
            }
        }

        return false;
    }

    /// <summary>
    /// Asks the incremental solver first; what it does not settle in a few steps goes to one that sees the whole question at once
    /// and simplifies it before it searches.
    /// </summary>
    private bool HasModel(Bool? assumption)
    {
        Questions++;
        _model?.Dispose();
        _model = null;
        var status = assumption is null ? _solver.Check() : _solver.Check(Literal(assumption));
        if (status != Status.UNKNOWN) return Answer(_solver, status);
        using var whole = Limited(_terms.Context.MkSolver("QF_BV"), StepLimit);
        foreach (var fact in _told) whole.Assert(_terms.Translate(fact));
        if (assumption is not null) whole.Assert(_terms.Translate(assumption));
        return Answer(whole, whole.Check());
    }

    private bool Answer(Solver solver, Status status)
    {
        if (status == Status.UNKNOWN) throw new ProverException($"the solver does not know: {solver.ReasonUnknown}");
        if (status == Status.SATISFIABLE) _model = solver.Model;
        return status == Status.SATISFIABLE;
    }

    private Solver Limited(Solver solver, uint steps)
    {
        using var parameters = _terms.Context.MkParams();
        parameters.Add("random_seed", 1u);
        parameters.Add("rlimit", steps);
        solver.Parameters = parameters;
        return solver;
    }

    /// <summary>The facts that the solver was not told of and that its model breaks.</summary>
    /// <exception cref="ProverException">The model breaks what the solver was told.</exception>
    private List<Bool> Broken()
    {
        var evaluation = new Evaluation(variable => variable.ValueIn(_model!));
        var broken = _facts.Where(fact => !evaluation.Of(fact)).ToList();
        if (broken.Find(_told.Contains) is { } told) throw new ProverException($"the solver's model breaks what it was told: {told}");
        return broken;
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
        if (_scopes.Any(scope => scope.Named.Contains(condition))) return literal;
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
