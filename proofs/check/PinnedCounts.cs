namespace Verified.Proofs.Check;

/// <summary>The size of a model. A wrong spec often changes only these counts.</summary>
/// <param name="States">Reachable states.</param>
/// <param name="Transitions">Steps made from them.</param>
/// <param name="Levels">The largest distance of a state from boot, in steps.</param>
public sealed record ModelCounts(int States, long Transitions, int Levels)
{
    public override string ToString() => $"{States:N0} states, {Transitions:N0} transitions, {Levels} steps deep";
}

/// <summary>The expected counts of every model: the only place that has these numbers.</summary>
public sealed partial record Model
{
    // After an intended change of the spec, 'verified check MODEL' prints the counts that it sees.
    private static readonly Dictionary<string, ModelCounts> Pins = new()
    {
        ["pair"] = new(117_617, 233_257, 30),
        ["ranked"] = new(78_875, 158_605, 37),
        ["trio"] = new(5_598_866, 10_798_451, 42),
        ["sleepers"] = new(81_614, 151_116, 38),
        ["siblings"] = new(396_579, 981_659, 35),
        ["drivers"] = new(791_941, 1_690_765, 44),
        ["schedulers"] = new(1_086_461, 2_447_935, 44),
        ["traps"] = new(8_914, 17_421, 22),
        ["mappers"] = new(457_075, 628_685, 86),
        ["ports"] = new(120_646, 158_024, 104),
        ["interrupted"] = new(178_047, 279_330, 61),
        ["family"] = new(420_544, 643_016, 158),
    };

    /// <summary>
    /// The expected counts; null for a model that is not in <see cref="All"/>, such as a changed copy of a model.
    /// </summary>
    public ModelCounts? Pinned => All.Any(model => ReferenceEquals(model, this)) ? Pins[Name] : null;
}
