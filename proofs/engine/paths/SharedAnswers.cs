using System.Collections.Concurrent;

namespace Verified.Proofs.Paths;

/// <summary>
/// The solver's answers, shared by theorems whose proofs are alike: the same code assembled for several places asks the
/// same questions. An answer is used again only for an equal question after an equal conversation
/// (<see cref="Conversation"/>), whichever theorem asks it. So a theorem about damaged bytes gets answers of its own.
/// </summary>
public sealed class SharedAnswers
{
    /// <summary>An answer.</summary>
    /// <param name="Model">
    /// The values of the variables by name, 0 for others; null if the question has no model.
    /// </param>
    internal sealed record Answer(IReadOnlyDictionary<string, uint>? Model);

    private readonly ConcurrentDictionary<string, Answer> _answers = new();
    private int _used;

    /// <summary>How many questions the solver answered.</summary>
    public int Count => _answers.Count;

    /// <summary>How often an answer was used again.</summary>
    public int Used => _used;

    internal Answer? Find(string question)
    {
        if (!_answers.TryGetValue(question, out var answer))
            return null;
        Interlocked.Increment(ref _used);
        return answer;
    }

    internal void Add(string question, Answer answer) => _answers.TryAdd(question, answer);
}
