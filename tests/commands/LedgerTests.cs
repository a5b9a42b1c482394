using System.Text.Json;
using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Proofs.Paths;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Commands;

/// <summary>The ledger shows the theorems that the run itself proved.</summary>
public class LedgerTests
{
    private static readonly KernelImage Image = KernelImage.Build(new Limits(4, 1, 2));

    [Fact]
    public void Each_theorem_from_the_cache_is_marked_also_among_others_of_its_claim()
    {
        var claims = Ledger
            .Of(
                [
                    Proof("spec.exception-1", false),
                    Proof("spec.exception-2", true),
                    Proof("spec.exception-3", true),
                    Proof("spec.ipc", true),
                    Proof("spec.wake", false),
                ],
                Image,
                new(new HashSet<string>(), new Dictionary<string, IReadOnlySet<string>>())
            )
            .ToList();

        Assert.Equal(["spec.exception-2", "spec.exception-3"], claims[0].Cached);
        Assert.Equal("3 theorems, 3 paths, 2 from the cache", claims[0].Detail);
        Assert.Equal(["spec.ipc"], claims[1].Cached);
        Assert.Equal("1 paths, from the cache", claims[1].Detail);
        Assert.Empty(claims[2].Cached);
        Assert.Equal("1 paths", claims[2].Detail);
        Assert.Contains(
            "\"Cached\":[\"spec.exception-2\",\"spec.exception-3\"]",
            JsonSerializer.Serialize(claims[0]),
            StringComparison.Ordinal
        );
        Assert.Equal(claims[0].Cached, JsonSerializer.Deserialize<Claim>(JsonSerializer.Serialize(claims[0]))!.Cached);
    }

    private static ProofResult Proof(string theorem, bool cached) =>
        new(
            theorem,
            new Verdict(theorem, null, 1, 1, default, new HashSet<uint>(), new HashSet<uint>()),
            null,
            TimeSpan.Zero,
            cached
        );
}
