namespace Verified.Proofs.Checker;

/// <summary>The outcome of a run of a step.</summary>
public enum OutcomeKind : byte
{
    /// <summary>The step is not possible.</summary>
    Disabled,

    /// <summary>It leads to a state, and everything that the run judges holds.</summary>
    State,

    /// <summary>It leads beyond the model's bounds.</summary>
    Beyond,

    /// <summary>It violates a property.</summary>
    Violation,
}

/// <summary>
/// The effect of a run of a step on the packed state. It is the same for all states in which the run reads the same
/// values.
/// </summary>
/// <param name="Kind">Whether it leads to a state.</param>
/// <param name="IsOwn">True if it is the system's own step, which no environment causes.</param>
/// <param name="Clear">The bits that it writes.</param>
/// <param name="Set">Their values.</param>
/// <param name="Outside">For a step beyond the bounds: the number of the cell and value that are beyond them.</param>
/// <param name="Marks">The events that happened, of those that must happen sometimes.</param>
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
/// The search's view of a transition system: states of at most 64 bits, and steps that record what they read. Each
/// worker has its own object.
/// </summary>
public interface IStepSource
{
    /// <summary>How many different steps there are; each is a root of the tree.</summary>
    int Roots { get; }

    /// <summary>The state that the search begins with.</summary>
    ulong Initial { get; }

    /// <summary>Whether one state stands for several.</summary>
    bool IsReduced => false;

    /// <summary>The state that stands for all those with the same behaviour.</summary>
    ulong Representative(ulong state) => state;

    /// <summary>The steps to try in a state, in order.</summary>
    ReadOnlySpan<int> RootsOf(ulong state);

    /// <summary>Runs a step with the recorded choices, and records the reads that the outcome depends on.</summary>
    /// <param name="root">The step.</param>
    /// <param name="from">The state before it.</param>
    /// <param name="run">Records.</param>
    /// <param name="judgements">
    /// Receives the judgements that need more reads than the recording has, in groups with similar reads. Judgements
    /// that read no more are evaluated at once.
    /// </param>
    Outcome Learn(int root, ulong from, Recording run, List<object> judgements);

    /// <summary>Evaluates a group of judgements for a run; true if all hold.</summary>
    /// <param name="root">The step.</param>
    /// <param name="from">The state before it.</param>
    /// <param name="picks">The run's choices.</param>
    /// <param name="judgement">A judgement that <see cref="Learn"/> gave for this run.</param>
    /// <param name="run">Records the group's reads beyond those of the run.</param>
    bool LearnJudgement(int root, ulong from, ReadOnlySpan<int> picks, object judgement, Recording run);

    /// <summary>The violation of a run whose outcome is a violation.</summary>
    (string Property, string Why) Explain(int root, ulong from, ReadOnlySpan<int> picks);

    /// <summary>The violation of a new state, or null.</summary>
    /// <param name="from">The state before it; for the first state, the state's own complement.</param>
    /// <param name="state">The new state.</param>
    /// <param name="isOwn">True if an own step has led to it.</param>
    /// <param name="tree">The steps that are known.</param>
    (string Property, string Why)? Judge(ulong from, ulong state, bool isOwn, StepTree tree);

    /// <summary>The violation of a state beyond the bounds, or null.</summary>
    (string Property, string Why)? JudgeBeyond(ulong from, in Outcome outcome);

    /// <summary>
    /// Changes if <see cref="Learn"/> now judges more than before. Then all trees are learned again, and steps of the
    /// present batch are judged again.
    /// </summary>
    int Judged { get; }

    /// <summary>
    /// The text for a checkpoint that has what the judgements have learned from states and must not forget. The workers
    /// share it.
    /// </summary>
    string Learned => "";

    /// <summary>Learns again what an earlier run of the same search learned.</summary>
    /// <param name="learned">The text of <see cref="Learned"/>.</param>
    void Recall(string learned) { }
}
