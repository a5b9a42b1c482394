using Verified.Proofs.Paths;

namespace Verified.Proofs.Commands;

/// <summary>
/// Prints a line for each theorem that a run proves or refutes. Theorems from the cache have none. The estimate of the
/// remaining time rests on the times of earlier runs.
/// </summary>
/// <param name="display">The display of the lines.</param>
/// <param name="say">Receives the progress.</param>
/// <param name="theorems">The theorems of the run.</param>
/// <param name="cache">Has the times of earlier runs; may be null.</param>
internal sealed class ProofProgress(Display display, Say say, IReadOnlyList<Theorem> theorems, ProofCache? cache)
    : IProofProgress
{
    private readonly HashSet<string> _running = [];
    private readonly Dictionary<string, double> _seconds = display.IsTerminal
        ? theorems.ToDictionary(
            theorem => theorem.Name,
            theorem => cache?.TimeOf(theorem)?.TotalSeconds ?? 1 + 3 * theorem.Weight
        )
        : [];

    private int _ended;
    private double _done,
        _saved;

    public void Started(string theorem)
    {
        _running.Add(theorem);
        Tell();
    }

    public void Ended(ProofResult result)
    {
        _running.Remove(result.Theorem);
        _ended++;
        var seconds = _seconds.GetValueOrDefault(result.Theorem);
        if (result.Cached)
            _saved += seconds;
        else
            _done += seconds;
        if (!result.Cached && !(result.Proved && display.Options.Quiet))
            display.Line($"prove {result.Theorem}: {ProveVerb.Describe(result)}");
        Tell();
    }

    private void Tell() =>
        say(
            $"{_ended} of {theorems.Count}, now {string.Join(", ", _running)}",
            _done / Math.Max(1, _seconds.Values.Sum() - _saved)
        );
}
