using Verified.Proofs.Values;
using Verified.Proofs.Z3;
using Verified.Spec.Values;

namespace Verified.Proofs.Paths;

/// <summary>
/// Holds the facts known about terms, in nested scopes, and answers questions under an assumption. Each theorem has one
/// incremental bit-vector solver, whose scopes follow the choices of the exploration.
/// </summary>
public sealed partial class Reasoner : IDisposable
{
    // The limit is in solver steps, so it is the same on every machine. The hardest question of the shipped theorems
    // needs a small part of it.
    private const uint StepLimit = 400_000_000;

    // Nearly all questions need fewer steps. For the rest, simplifying first is cheaper than a longer search.
    private const uint FewSteps = 4_000_000;

    private readonly Terms _terms;
    private readonly IQuestionRecord? _record;
    private readonly CancellationToken _stop;
    private readonly Solver _solver;
    private readonly SharedAnswers? _shared;
    private readonly Conversation? _conversation;

    // The facts that the solver does not know yet: none, unless earlier questions were answered without the solver.
    private readonly Queue<Action> _untold = new();
    private readonly List<Bool> _facts = [];
    private readonly HashSet<Bool> _isFact = [];
    private readonly HashSet<Bool> _told = [];

    // How many models each fact broke. A fact that broke two models is given to the solver before the next question. A
    // fact that broke one model may matter only for that question.
    private readonly Dictionary<Bool, int> _broken = [];
    private readonly Stack<Scope> _scopes = new();

    // Models of earlier questions, the most recently used first; and the model of the last question, if it had one.
    private readonly LinkedList<Witness> _witnesses = new();
    private Witness? _witness;

    private sealed class Scope(int outerFacts)
    {
        /// <summary>The number of facts in the enclosing scopes.</summary>
        public int OuterFacts { get; } = outerFacts;

        /// <summary>The facts that the solver got in this scope.</summary>
        public List<Bool> Told { get; } = [];

        public HashSet<Bool> Named { get; } = [];
    }

    /// <param name="terms">The instances of the facts.</param>
    /// <param name="record">Receives every question and its answer; may be null.</param>
    /// <param name="shared">
    /// Answers that other theorems have got, and that receives those of this one; may be null. With a record, every
    /// question is asked.
    /// </param>
    /// <param name="stop">
    /// If it is cancelled, no question is asked any more, and a running one ends without an answer.
    /// </param>
    public Reasoner(
        Terms terms,
        IQuestionRecord? record = null,
        SharedAnswers? shared = null,
        CancellationToken stop = default
    )
    {
        _stop = stop;
        _terms = terms;
        _record = record;
        if (shared is not null && record is null)
            (_shared, _conversation) = (shared, new());
        _solver = terms.Context.Incremental(FewSteps);
        _scopes.Push(new(0));
    }

    /// <summary>Questions asked of the solver, or answered by a shared answer.</summary>
    public int Questions { get; private set; }

    /// <summary>The path that is being explored, from 1; 0 outside of an exploration.</summary>
    public int Path { get; set; }

    /// <summary>Why the next questions are asked: a goal in words, or a choice of the path.</summary>
    public string Purpose { get; set; } = "";

    /// <summary>
    /// If true, the solver gets only a few steps for a question, and an unknown answer is likely. It is for questions
    /// on which no verdict depends.
    /// </summary>
    public bool IsBrief { get; set; }

    /// <summary>A goal held without a question: the simplifier made it true, or it is a known fact.</summary>
    public void Unasked() => _record?.Unasked(Path, Purpose);

    /// <summary>Opens a scope. Facts asserted from here on are forgotten when the scope closes.</summary>
    public void Push()
    {
        _conversation?.Push();
        Do(_solver.Push);
        _scopes.Push(new(_facts.Count));
    }

    public void Pop()
    {
        _conversation?.Pop();
        Do(_solver.Pop);
        var scope = _scopes.Pop();
        _isFact.ExceptWith(_facts.Skip(scope.OuterFacts));
        _facts.RemoveRange(scope.OuterFacts, _facts.Count - scope.OuterFacts);
        _told.ExceptWith(scope.Told);
    }

    /// <summary>
    /// Asserts a fact in the innermost scope. The solver gets the fact only when a model breaks it, because most
    /// instances of the invariants play no part in a question.
    /// </summary>
    public void Assert(Truth fact)
    {
        if (fact.Undecided is Bool { Op: TermOp.Both, A: Bool first, B: Bool second })
        {
            Assert(first.Truth);
            Assert(second.Truth);
        }
        else if (fact.Undecided is Bool condition)
        {
            if (_isFact.Add(condition))
                _facts.Add(condition);
        }
        else if (!fact.Known)
            throw new ProverException("a hypothesis is false: nothing may be proved from it");
    }

    /// <summary>True if a condition is literally one of the facts.</summary>
    public bool IsFact(Bool condition) => _isFact.Contains(condition);

    /// <summary>Asserts a fact and tells the solver at once.</summary>
    public void Tell(Bool fact)
    {
        Assert(new Truth(fact));
        if (!_told.Add(fact))
            return;
        _scopes.Peek().Told.Add(fact);
        _conversation?.Tell(fact);
        Do(() => _solver.Assert(_terms.Translate(fact)));
    }

    // The solver is told now, or together with the next question that it must answer.
    private void Do(Action tell)
    {
        if (_conversation is null)
            tell();
        else
            _untold.Enqueue(tell);
    }

    /// <summary>
    /// True if the facts and the assumption, if any, have a model. It may be a known model, or one that the solver
    /// finds.
    /// </summary>
    /// <exception cref="ProverException">The solver answers unknown.</exception>
    /// <exception cref="OperationCanceledException">The proof was asked to stop.</exception>
    public bool Satisfiable(Bool? assumption = null)
    {
        if (IsWitnessed(assumption))
        {
            _record?.Witnessed(Path, Purpose);
            return true;
        }

        if (_witnesses.Take(Starts).Any(near => IsRepaired(near, assumption)))
            return true;
        foreach (var fact in _facts)
            if (_broken.GetValueOrDefault(fact) > 1)
                Tell(fact);
        while (HasModel(assumption))
        {
            var broken = Broken();
            if (broken.Count == 0)
            {
                Keep(_witness!);
                return true;
            }

            using var spurious = _witness!;
            if (IsRepaired(spurious, assumption))
                return true;
            foreach (var fact in broken)
            {
                _broken[fact] = _broken.GetValueOrDefault(fact) + 1;
                Tell(fact);
            }
        }

        return false;
    }

    private bool Ask(Bool? assumption)
    {
        var answer = assumption is null ? _solver.Check(_stop) : _solver.Check(_stop, Literal(assumption));
        if (answer is { } quick)
            return Answer(_solver, quick, assumption);
        if (IsBrief)
            throw new UndecidedException("the solver does not know within a few steps");
        using var whole = _terms.Context.OneShot(StepLimit);
        foreach (var fact in _told)
            whole.Assert(_terms.Translate(fact));
        if (assumption is not null)
            whole.Assert(_terms.Translate(assumption));
        return Answer(whole, whole.Check(_stop), assumption);
    }

    private bool Answer(Solver solver, bool? answer, Bool? assumption)
    {
        if (answer is not { } satisfiable)
            throw new ProverException($"the solver does not know: {solver.ReasonUnknown}");
        _record?.Solved(new(Path, Purpose, [.. _told.OrderBy(fact => fact.Id)], assumption, satisfiable));
        if (satisfiable)
            _witness = new(solver.Model());
        return satisfiable;
    }

    /// <summary>The facts that the solver did not get and that its model breaks.</summary>
    /// <exception cref="ProverException">The model breaks a fact that the solver got.</exception>
    private List<Bool> Broken()
    {
        var broken = _facts.FindAll(fact => !_witness!.Values.Of(fact));
        if (broken.Find(_told.Contains) is { } told)
            throw new ProverException($"the solver's model breaks a fact that it has: {told}");
        return broken;
    }

    /// <summary>
    /// The value of a word in the model of the last satisfiable question; 0 if the model leaves it open.
    /// </summary>
    public uint ValueOf(Symbolic word) =>
        (_witness ?? throw new InvalidOperationException("the last question had no model")).Values.Of(word);

    /// <summary>True if a condition holds in the model of the last satisfiable question.</summary>
    public bool Holds(Bool condition) =>
        (_witness ?? throw new InvalidOperationException("the last question had no model")).Values.Of(condition);

    /// <summary>
    /// A Boolean constant that implies the condition: assumptions must be literals. If the constant is not assumed, the
    /// condition does not matter.
    /// </summary>
    private Expr Literal(Bool condition)
    {
        var z3 = _terms.Context;
        var literal = z3.Bool($"?{condition.Id}");
        if (_scopes.Any(scope => scope.Named.Contains(condition)))
            return literal;
        _scopes.Peek().Named.Add(condition);
        _solver.Assert(z3.Or(z3.Not(literal), _terms.Translate(condition)));
        return literal;
    }

    public void Dispose()
    {
        foreach (var witness in _witnesses)
            witness.Dispose();
        _solver.Dispose();
        _conversation?.Dispose();
    }
}
