using Verified.Tests.Check;
using Verified.Tests.Diff;
using Verified.Tests.Kernel;
using Verified.Tests.Prove;
using Verified.Tests.Unix;
using Verified.Tests.Watch;
using Xunit;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Verified.Tests.Host.LongestFirst", "Verified.Tests")]

namespace Verified.Tests.Host;

/// <summary>
/// The runner gives each processor one class at a time. The longest classes start first, so at the end no processor
/// waits for one of them.
/// </summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly Type[] Longest =
    [
        typeof(ModelCheckerTests),
        typeof(WatchTests),
        typeof(DiffTests),
        typeof(SeededDefectTests),
        typeof(ImageTheoremTests),
        typeof(UnixSessionTests),
        typeof(CheckpointTests),
        typeof(KillTests),
        typeof(PlantedKernelTests),
        typeof(StepTests),
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection =>
            Array.FindIndex(Longest, type =>
                collection.DisplayName.EndsWith($" {type.FullName}", StringComparison.Ordinal)
            )
                is >= 0
                    and var place
                ? place
                : Longest.Length
        );
}
