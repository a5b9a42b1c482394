using System.Text.Json.Serialization;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>What comes when the kernel has made so many steps on mappings since an event, if it makes more, and if it may come then.</summary>
/// <param name="Steps">So many steps.</param>
/// <param name="Id">The interrupt's id; 0 for the timer's tick.</param>
public sealed record Between(uint Steps, uint Id = 0)
{
    [JsonIgnore]
    public Entry Entry => Id == 0 ? Entry.Tick : Entry.Interrupt;

    /// <summary>The line of the interrupt controllers that is raised.</summary>
    [JsonIgnore]
    public int Line => Id == 0 ? 0 : (int)Id - 1;

    public bool MayCome(State<Concrete> s) => new Event(Entry, null, Id).ComesBetween(s);

    public override string ToString() => $"{(Id == 0 ? "a tick" : $"interrupt {Line}")} after {Steps} steps on mappings";
}
