namespace Verified.Proofs.Prove;

/// <summary>A part of a chain: the longest path from one place to the next cut point.</summary>
/// <param name="From">The way in, or the cut point.</param>
/// <param name="To">The next cut point.</param>
/// <param name="Instructions">The most instructions of any path between the two.</param>
public sealed record Leg(string From, string To, int Instructions);

/// <summary>A path through several cut points, which runs with interrupts off.</summary>
/// <param name="Legs">Its parts, in order.</param>
public sealed record LatencyChain(IReadOnlyList<Leg> Legs)
{
    public int Instructions => Legs.Sum(leg => leg.Instructions);

    /// <summary>The way in, or the cut point, where it starts.</summary>
    public string Start => Legs[0].From;

    public static LatencyChain operator +(LatencyChain a, LatencyChain b) => new([.. a.Legs, .. b.Legs]);

    public override string ToString() =>
        Start + string.Concat(Legs.Select(leg => $" -> {leg.To} ({leg.Instructions})"));
}
