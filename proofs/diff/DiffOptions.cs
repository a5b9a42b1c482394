namespace Verified.Proofs.Diff;

/// <summary>The size of the comparison.</summary>
/// <param name="Seed">
/// The seed of the first population; later populations have the next seeds. Each seed gives the same programs in every
/// run.
/// </param>
/// <param name="Events">The least number of events to compare.</param>
/// <param name="Workers">The number of machines that run at once.</param>
/// <param name="Progress">Called now and then with the number of events so far, by any worker.</param>
/// <param name="Shrink">
/// True to shorten the program of a disagreement. If false, the whole program is reported and not run again.
/// </param>
/// <param name="Time">The time to compare, in place of a number of events; null to count events.</param>
/// <param name="PlaceOf">
/// Gives the distance of a population's seed from <paramref name="Seed"/> by its number from 0 on. Null for the number
/// itself; other machines have the seeds that are left out.
/// </param>
/// <param name="Covered">
/// The number of populations whose coverage of the kernel's code is measured, from the first on. They all run unless
/// something differs.
/// </param>
/// <param name="Stop">If it is cancelled, the comparison ends after the running programs.</param>
public sealed record DiffOptions(
    int Seed = 1,
    long Events = 1_000_000,
    int Workers = 2,
    Action<long>? Progress = null,
    bool Shrink = true,
    TimeSpan? Time = null,
    Func<int, int>? PlaceOf = null,
    int Covered = 0,
    CancellationToken Stop = default
);

/// <summary>The extent of the comparison, and the first disagreement.</summary>
/// <param name="Events">Events compared.</param>
/// <param name="Programs">Programs they belonged to.</param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="Disagreement">Null if image and spec agree throughout.</param>
/// <param name="Seed">The program that led to the disagreement.</param>
/// <param name="Injected">The number of events that the processor was made to raise without an instruction.</param>
/// <param name="Booted">The number of programs that started from the state after boot.</param>
/// <param name="Coverage">The coverage of the first populations; null if that was not asked.</param>
public sealed record DiffResult(
    long Events,
    long Programs,
    double Seconds,
    Disagreement? Disagreement,
    int? Seed,
    long Injected = 0,
    long Booted = 0,
    FlowCoverage? Coverage = null
)
{
    public bool Holds => Disagreement is null;
}
