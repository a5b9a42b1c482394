using Verified.Proofs.Values;
using Verified.Spec.Values;

namespace Verified.Proofs.Paths;

/// <summary>The goals of a path: each is proved or refuted.</summary>
public sealed partial class Exploration
{
    /// <summary>
    /// The condition under which the refuted goal fails; null if it fails in every state that takes the path.
    /// </summary>
    public Bool? Failing { get; private set; }

    /// <summary>The conditions of the running path, in the order of its choices.</summary>
    public IReadOnlyList<Bool> Choices =>
        [.. _answers.Where(answer => answer.Decided).Select(answer => (Bool)answer.About)];

    /// <summary>
    /// True if <paramref name="goal"/> holds on this path for all values. If not, the reasoner holds a model.
    /// </summary>
    public bool Shows(Truth goal) => Shows(goal, "a fact that helps");

    private bool Shows(Truth goal, string what)
    {
        reasoner.Purpose = what;
        if (goal.Undecided is not Bool condition)
        {
            if (goal.Known)
                reasoner.Unasked();
            return goal.Known || !reasoner.Satisfiable();
        }

        if (Known(condition) == true)
        {
            reasoner.Unasked();
            return true;
        }

        if (Next(condition, Prove).Value == 0)
            return false;
        _known[Positive(condition, out var value)] = value;
        return true;
    }

    /// <summary>Shows <paramref name="goal"/> on this path.</summary>
    /// <exception cref="RefutedException">The goal does not hold, and the reasoner holds the model.</exception>
    public void Require(Truth goal, string what)
    {
        if (Shows(goal, what))
            return;
        Failing = goal.Undecided is Bool condition ? Not(condition) : null;
        throw new RefutedException(what);
    }

    /// <summary>Shows goals about the processor's own state.</summary>
    public void RequireOfProcessor(IReadOnlyList<(Truth Goal, string What)> goals)
    {
        try
        {
            RequireAll(goals);
        }
        catch (RefutedException refuted)
        {
            throw new RefutedException(refuted.Message) { IsOfProcessor = true };
        }
    }

    /// <summary>Shows a goal, and uses it for later goals.</summary>
    public void RequireLemma(Truth goal, string what)
    {
        Require(goal, what);
        reasoner.Assert(goal);
    }

    /// <summary>
    /// Shows all goals in one question. If it fails, they are shown separately, to name the failing goal.
    /// </summary>
    public void RequireAll(IReadOnlyList<(Truth Goal, string What)> goals)
    {
        Truth all = true;
        foreach (var (goal, _) in goals)
            all &= goal;
        if (Shows(all, string.Join("; ", goals.Select(goal => goal.What).Distinct())))
            return;
        foreach (var (goal, what) in goals)
            Require(goal, what);
        throw new ProverException("goals that hold one by one do not hold together");
    }

    /// <summary>The failure of this path; if no state takes the path, the path ends silently instead.</summary>
    public Exception Refuted(string what)
    {
        reasoner.Purpose = what;
        if (!reasoner.Satisfiable())
            return new ImpossiblePath();
        Failing = null;
        return new RefutedException(what);
    }

    private Answer Prove(Bool condition)
    {
        var open = Open(condition);
        if (open is null)
            reasoner.Unasked();
        var fails =
            open is not null && (open.Op == TermOp.False ? reasoner.Satisfiable() : reasoner.Satisfiable(Not(open)));
        return new Answer(condition, fails ? 0 : 1, false, false);
    }

    /// <summary>
    /// The parts of a goal that are not known facts; null if there are none, false if a part is known to be false.
    /// </summary>
    private Bool? Open(Bool goal)
    {
        if (Known(goal) == true || reasoner.IsFact(goal))
            return null;
        if (goal is not { Op: TermOp.Both or TermOp.Either, A: Bool a, B: Bool b })
            return goal;
        var (first, second) = (Open(a), Open(b));
        if (goal.Op == TermOp.Either)
            return first is null || second is null ? null : goal;
        return first is null ? second
            : second is null ? first
            : terms.Of(first.Truth & second.Truth);
    }
}
