using Verified.Kernel;
using Verified.Proofs.Paths;
using Verified.Spec;

namespace Verified.Proofs.Prove;

/// <summary>The index of theorems: one line each.</summary>
public static class Theorems
{
    /// <summary>Every step of the spec, with the stage in which the kernel makes it.</summary>
    private static readonly (Entry Entry, uint Stage, string Name, StepCase? Only)[] Steps =
    [
        .. Way
            .All.Where(way => way.Step is not null)
            .Select(way => (way.Step!.Value, way.Stage, way.StepName!, way.Only))
            .Distinct(),
    ];

    /// <summary>
    /// The name of the spec's step that a way takes, as in the names of its theorems; null if it takes none.
    /// </summary>
    public static string? StepOf(Way way) => way.StepName;

    /// <summary>The names of the steps that entries make, as in the names of their theorems.</summary>
    public static IReadOnlyList<string> StepsOf(IReadOnlyCollection<Entry> entries) =>
        [.. Steps.Where(step => entries.Contains(step.Entry)).Select(step => step.Name)];

    // The order of lists and chiefs has a separate theorem. But a walk along a list ends because of the list's order.
    private static bool IsOfMappings(StepCase? only) => only is not null && only.Name != StepCase.Reduces;

    /// <summary>Every theorem about an image and its spec, at the image's size.</summary>
    /// <exception cref="ImageException">The image does not boot.</exception>
    public static IReadOnlyList<Theorem> Of(KernelImage file) => WithContracts(file, points => points);

    /// <summary>
    /// The same theorems with other contracts of cut points, to show that each part of a contract is needed.
    /// </summary>
    public static IReadOnlyList<Theorem> WithContracts(KernelImage file, Func<CutPoints, CutPoints> change)
    {
        var (pc, image) = Booting.Boot(file);
        image = image with { Points = change(image.Points) };
        var (limits, ofSets) = (image.Layout.Limits, new SharedAnswers());
        return
        [
            .. Steps.Select(step => new SpecTheorem(
                $"spec.{step.Name}",
                limits,
                step.Entry,
                step.Stage,
                step.Only,
                IsOfMappings(step.Only) ? Goals.Invariants : Goals.Invariants | Goals.Orders
            )),
            .. Steps
                .Where(step => IsOfMappings(step.Only))
                .Select(step => new SpecTheorem(
                    $"orders.{step.Name}",
                    limits,
                    step.Entry,
                    step.Stage,
                    step.Only,
                    Goals.Orders
                )),
            new ListTheorem(limits),
            .. Steps.Select(step => new IsolationTheorem(
                $"isolation.{step.Name}",
                limits,
                step.Entry,
                step.Stage,
                step.Only
            )),
            .. Steps.Select(step => new MeaningTheorem(
                $"meaning.{step.Name}",
                limits,
                step.Entry,
                step.Stage,
                step.Only
            )),
            .. Steps
                .Where(step => TurnsTheorem.IsAbout(step.Entry))
                .Select(step => new TurnsTheorem($"latency.{step.Name}", limits, step.Entry, step.Stage)),
            .. Way
                .All.Where(way => way.Step == Entry.Interrupt)
                .DistinctBy(way => way.Stage)
                .Select(way => new DeliveryTheorem($"latency.delivery-{Stages.Names[way.Stage]}", limits, way.Stage)),
            .. Way.All.Select(way => new ImageTheorem($"image.{way.Name}", image, way)),
            .. image.Operations.Select(operation => new SetOperationTheorem(image, operation, ofSets)),
            new SendersTheorem(image),
            new ReachTheorem(image.Layout),
            new VectorsTheorem(image, Booting.Vectors(pc)),
            new BootTheorem("image.boot", file, image, []),
            .. Booting.Servers(file) is { Count: > 0 } servers
                ? (Theorem[])[new BootTheorem("image.boot-servers", file, image, servers)]
                : [],
        ];
    }

    /// <summary>
    /// The theorems that <paramref name="name"/> selects. It may be one of these:
    /// <list>
    /// <item>A full name (<c>image.leave</c>) or its beginning (<c>spec.map</c>).</item>
    /// <item>A way (<c>ipc</c>, <c>exception-13</c>) or a kind (<c>spec</c>, <c>image</c>).</item>
    /// <item>The common part of several names (<c>exception</c>, <c>sets</c>).</item>
    /// </list>
    /// The theorems of the sets are added to those of a way that uses them, because the effect of a way on the sets is
    /// proved separately.
    /// </summary>
    public static IReadOnlyList<Theorem> Named(IReadOnlyList<Theorem> all, string name)
    {
        var named = all.Where(theorem =>
                theorem
                    .Name.Split('.')
                    .Append(theorem.Name)
                    .Any(part =>
                        part == name
                        || part.StartsWith(name + "-", StringComparison.Ordinal)
                        || part.StartsWith(name + "_", StringComparison.Ordinal)
                    )
            )
            .ToHashSet();
        if (named.OfType<ImageTheorem>().Any(theorem => theorem.UsesSets))
            named.UnionWith(all.OfType<SetTheorem>());
        return [.. all.Where(named.Contains)];
    }
}
