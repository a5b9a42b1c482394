using Verified.Proofs.Values;
using Verified.Proofs.Z3;

namespace Verified.Proofs.Paths;

/// <summary>Models of earlier questions, which answer many questions without the solver.</summary>
public sealed partial class Reasoner
{
    // The kept models are mostly from neighbouring paths. To keep more models would cost more than to ask the solver.
    private const int KeptWitnesses = 16;

    // How many of them a search begins at, before the solver is asked.
    private const int Starts = 2;

    private readonly Repair _repair = new();

    /// <summary>A model, and the values of terms in it.</summary>
    private sealed class Witness(Evaluation values, Model? model = null) : IDisposable
    {
        public Witness(Model model)
            : this(new(variable => variable.ValueIn(model)), model) { }

        public Evaluation Values { get; } = values;

        public void Dispose() => model?.Dispose();
    }

    private bool IsWitnessed(Bool? assumption)
    {
        // The search starts at the last fact, because it is the least likely to hold.
        bool Satisfies(Evaluation values) =>
            (assumption is null || values.Of(assumption)) && _facts.FindLastIndex(fact => !values.Of(fact)) < 0;

        if (_witnesses.FirstOrDefault(witness => Satisfies(witness.Values)) is not { } found)
            return false;
        _witnesses.Remove(found);
        _witnesses.AddFirst(found);
        _witness = found;
        return true;
    }

    // A model near one of those used last, or near a model that breaks facts which the solver did not get.
    private bool IsRepaired(Witness near, Bool? assumption)
    {
        if (_repair.Find(near.Values, _facts, assumption) is not { } values)
            return false;
        Keep(_witness = new(values));
        _record?.Witnessed(Path, Purpose);
        return true;
    }

    private void Keep(Witness witness)
    {
        _witnesses.AddFirst(witness);
        if (_witnesses.Count <= KeptWitnesses)
            return;
        _witnesses.Last!.Value.Dispose();
        _witnesses.RemoveLast();
    }

    /// <summary>
    /// Asks the incremental solver first. If it has no answer after a few steps, a second solver gets the whole
    /// question at once, and simplifies it before it searches.
    /// </summary>
    private bool HasModel(Bool? assumption)
    {
        _stop.ThrowIfCancellationRequested();
        Questions++;
        _witness = null;
        if (_conversation?.Ask(assumption) is not { } question)
            return Ask(assumption);
        if (_shared!.Find(question) is { } earlier)
        {
            if (earlier.Model is { } values)
                _witness = new(new Evaluation(variable => values.GetValueOrDefault(variable.Name!)));
            return earlier.Model is not null;
        }

        while (_untold.TryDequeue(out var tell))
            tell();
        var satisfiable = Ask(assumption);
        _shared.Add(
            question,
            new(
                _witness is { } witness
                    ? _conversation.Variables.ToDictionary(variable => variable.Name!, witness.Values.Of)
                    : null
            )
        );
        return satisfiable;
    }
}
