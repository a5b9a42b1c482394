using Verified.Proofs.Check;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Fuzz;

/// <summary>The size of the test.</summary>
/// <param name="Seed">The seed of the first program; later programs have the next seeds.</param>
/// <param name="Count">The number of programs.</param>
/// <param name="Events">The most events in a program; a program ends at idle.</param>
/// <param name="Limits">Sizes of the tables; null for the shipping size.</param>
/// <param name="Invariants">Checked after every step; null for the spec's invariants.</param>
/// <param name="Damage">Changes the state after each step, to plant a defect.</param>
/// <param name="Progress">Called with the number of programs so far.</param>
/// <param name="Properties">The properties of each step; null for all properties of the spec.</param>
/// <param name="Shrinks">True to make a failing program small.</param>
/// <param name="LooksEverywhere">True to check each property at all rows, not only at rows that the step wrote.</param>
/// <param name="Remembers">
/// Whether a statement is evaluated only if something that it read has changed. The result does not depend on it.
/// </param>
/// <param name="Workers">Threads that run programs. The findings do not depend on this number.</param>
/// <param name="PlaceOf">
/// Gives the distance of a program's seed from <paramref name="Seed"/> by its number from 0 on. It grows with the
/// number. Null for the number itself; other machines have the seeds that are left out.
/// </param>
/// <param name="Stop">If it is cancelled, the test ends after the running programs.</param>
public sealed record FuzzOptions(
    int Seed = 1,
    int Count = 2_000,
    int Events = 64,
    Limits? Limits = null,
    IReadOnlyList<Invariant<State<Concrete>, Concrete>>? Invariants = null,
    Action<State<Concrete>, Entry>? Damage = null,
    Action<int>? Progress = null,
    IReadOnlyList<Property<Concrete>>? Properties = null,
    bool Shrinks = true,
    bool LooksEverywhere = false,
    bool Remembers = true,
    int Workers = 1,
    Func<int, int>? PlaceOf = null,
    CancellationToken Stop = default
)
{
    /// <summary>The seed of a program.</summary>
    public int SeedOf(int n) => Seed + (PlaceOf?.Invoke(n) ?? n);
}

/// <summary>The programs and events that a run has tried.</summary>
/// <param name="Programs">Programs run.</param>
/// <param name="Steps">Steps after which every invariant was checked, of all workers.</param>
/// <param name="Seconds">Wall-clock time.</param>
/// <param name="Failure">The violation with a shrunk trace; null if all hold.</param>
/// <param name="Seed">The failing program's.</param>
public sealed record FuzzResult(long Programs, long Steps, double Seconds, Violation? Failure, int? Seed)
{
    public bool Holds => Failure is null;
}
