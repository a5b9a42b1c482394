namespace Verified.Proofs.Check;

/// <summary>What a run of a step comes to.</summary>
public enum OutcomeKind : byte
{
    /// <summary>The step is not possible.</summary>
    Disabled,

    /// <summary>It leads to a state, and all that is to be judged by the run holds.</summary>
    State,

    /// <summary>It leads beyond the model's bounds.</summary>
    Beyond,

    /// <summary>It violates a property.</summary>
    Violation,
}

/// <summary>
/// What a run of a step does to the packed state: the same for all states in which it reads the same.
/// </summary>
/// <param name="Kind">Whether it leads to a state.</param>
/// <param name="IsOwn">Whether it is the system's own step, which no environment causes.</param>
/// <param name="Clear">The bits that it writes.</param>
/// <param name="Set">Their values.</param>
/// <param name="Outside">Of a step beyond the bounds: which value of which cell is beyond them, by number.</param>
/// <param name="Marks">What has happened of the things that must happen sometimes.</param>
public readonly record struct Outcome(
    OutcomeKind Kind,
    bool IsOwn = false,
    ulong Clear = 0,
    ulong Set = 0,
    int Outside = -1,
    Marks Marks = default
)
{
    /// <summary>The state after the step.</summary>
    public ulong Of(ulong state) => (state & ~Clear) | Set;
}

/// <summary>
/// A transition system as the search sees it: states of at most 64 bits, and steps that record what they read. An
/// object of one worker.
/// </summary>
public interface IStepSource
{
    /// <summary>How many different steps there are; each is a root of the tree.</summary>
    int Roots { get; }

    /// <summary>The state that the search begins with.</summary>
    ulong Initial { get; }

    /// <summary>The steps to try in a state, in order.</summary>
    ReadOnlySpan<int> RootsOf(ulong state);

    /// <summary>
    /// Runs a step, with the choices that the recording gives, and records what the outcome depends on.
    /// </summary>
    /// <param name="root">The step.</param>
    /// <param name="from">The state before it.</param>
    /// <param name="run">Records.</param>
    /// <param name="judgements">
    /// Gets what is to be judged by more than the recording has, in groups that read about the same. What reads no more
    /// is judged at once.
    /// </param>
    Outcome Learn(int root, ulong from, Recording run, List<object> judgements);

    /// <summary>Whether a group of judgements holds for a run.</summary>
    /// <param name="root">The step.</param>
    /// <param name="from">The state before it.</param>
    /// <param name="picks">The run's choices.</param>
    /// <param name="judgement">One of those that <see cref="Learn"/> has given for this run.</param>
    /// <param name="run">Records what the group reads beyond the run.</param>
    bool LearnJudgement(int root, ulong from, ReadOnlySpan<int> picks, object judgement, Recording run);

    /// <summary>What a run violates whose outcome is a violation.</summary>
    (string Property, string Why) Explain(int root, ulong from, ReadOnlySpan<int> picks);

    /// <summary>What a new state violates, or null.</summary>
    /// <param name="from">The state before it; of the first state, its complement.</param>
    /// <param name="state">The new state.</param>
    /// <param name="isOwn">Whether an own step has led to it.</param>
    /// <param name="tree">The steps that are known.</param>
    (string Property, string Why)? Judge(ulong from, ulong state, bool isOwn, StepTree tree);

    /// <summary>What a state beyond the bounds violates, or null.</summary>
    (string Property, string Why)? JudgeBeyond(ulong from, in Outcome outcome);

    /// <summary>
    /// Changes if <see cref="Learn"/> has come to judge more than before: then all trees are learned anew, and steps of
    /// the present batch are judged again.
    /// </summary>
    int Judged { get; }
}
