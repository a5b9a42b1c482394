using Verified.Proofs.Paths;
using Verified.Spec;

namespace Verified.Proofs.Prove;

/// <summary>Facts about a step of the spec, for the choice and the order of theorems. No proof depends on it.</summary>
/// <param name="UsesSets">
/// True if the code may reach operations on the sets of threads; a path that does so although it is false is refuted.
/// </param>
/// <param name="Spec">The weight of theorems about the spec's step (<see cref="Theorem.Weight"/>).</param>
/// <param name="Image">The weight of theorems about the code.</param>
/// <param name="Meaning">The weight of theorems about the step's meaning.</param>
internal readonly record struct StepFacts(bool UsesSets, int Spec = 0, int Image = 0, int Meaning = 0)
{
    /// <summary>The facts of an entry; null is the way out, which makes no step.</summary>
    public static StepFacts Of(Entry? entry) =>
        entry switch
        {
            Entry.Ipc => new(UsesSets: true, Spec: 1, Image: 3, Meaning: 1),
            Entry.Receive or Entry.Accept => new(UsesSets: true, Spec: 2, Image: 4, Meaning: 1),
            Entry.Map => new(UsesSets: true, Spec: 2, Image: 3, Meaning: 1),
            Entry.ThreadSchedule => new(UsesSets: true, Image: 3),
            Entry.Pick => new(UsesSets: true, Image: 1),
            null
            or Entry.IdNearest
            or Entry.ExchangeTrap
            or Entry.FpageUnmap
            or Entry.Tick
            or Entry.Outgrow
            or Entry.Trap => new(UsesSets: false),
            _ => new(UsesSets: true),
        };
}
