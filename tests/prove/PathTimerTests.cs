using Verified.Kernel;
using Verified.Proofs.Bench;
using Verified.Proofs.Paths;
using Verified.Proofs.Prove;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Prove;

/// <summary>The times of paths in theorems, compared with paths that are run.</summary>
public sealed class PathTimerTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);

    [Fact]
    public void No_fast_path_takes_longer_than_its_theorem_says()
    {
        var worst = Worst("image.ipc");
        var fast = KernelPaths
            .Measure(Image)
            .Where(path => path.Name.StartsWith("ipc fast", StringComparison.Ordinal))
            .ToList();
        Assert.NotEmpty(fast);
        Assert.Equal(fast.Max(path => path.Cycles), worst.Cycles);
        var cold = KernelPaths
            .Measure(Image, PathConditions.Cold)
            .Where(path => path.Name.StartsWith("ipc fast", StringComparison.Ordinal));
        Assert.All(cold, path => Assert.InRange(path.Cycles, 1, worst.Missing));
    }

    [Fact]
    public void A_whole_call_takes_no_longer_than_its_steps()
    {
        // id_nearest, and the way out.
        var (call, exit) = (Worst("image.id_nearest"), Worst("image.exit"));
        foreach (var conditions in (PathConditions[])[PathConditions.Ideal, PathConditions.Cold])
        {
            var run = KernelPaths.Measure(Image, conditions).Single(path => path.Name == "id_nearest");
            Assert.InRange(run.Instructions - 1, 1, call.Instructions + exit.Instructions);
            Assert.InRange(
                run.Cycles,
                1,
                conditions == PathConditions.Ideal ? call.Cycles + exit.Cycles : call.Missing + exit.Missing
            );
        }
    }

    [Fact]
    public void An_operation_on_sets_takes_as_long_by_its_contract_as_by_its_bytes()
    {
        // The times may differ by interlocks: at the operation's first address, and at the first address after it.
        var image = Booting.Boot(Image).Image;
        foreach (
            var operation in image
                .Operations.Where(operation =>
                    operation.Kind is SetOperationKind.AddReady or SetOperationKind.NextReady
                )
                .Take(4)
        )
        {
            var contract = new PathTimer(image).Time([operation.Start], operation.End, null, byContract: true);
            Assert.InRange(contract.Cycles - Worst($"image.sets.{operation.Name}").Cycles, 0, 2);
            Assert.Equal(contract.Instructions, Worst($"image.sets.{operation.Name}").Instructions);
        }
    }

    private static WorstCase Worst(string theorem) =>
        Theorems.Of(Image).Single(candidate => candidate.Name == theorem).Prove().Worst;
}
