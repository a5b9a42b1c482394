using System.Reflection;
using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Paths;
using Verified.Spec;
using Verified.Tests.Meaning;
using Xunit;

namespace Verified.Tests.Architecture;

/// <summary>Inside each project, folders are layers and dependencies run one way.</summary>
public sealed class ArchitectureTests
{
    private const int Users = 14;

    private static readonly Layering SampleLayers = new(
        "tests/architecture/samples/low",
        "tests/architecture/samples/high"
    );

    private static readonly Dictionary<Assembly, Layering> Layers = new()
    {
        [typeof(Kernel<>).Assembly] = new(
            "spec/values",
            "spec/tables",
            "spec/interface",
            "spec/state",
            "spec/steps",
            "spec/properties",
            "spec/meaning"
        ),
        [typeof(Layout).Assembly] = new(
            "kernel/elf",
            "kernel/layout",
            "kernel/view",
            "kernel/user",
            "kernel/assembler",
            "kernel/code",
            "kernel/image"
        ),
        [typeof(Decode).Assembly] = new(
            "machine/processor",
            "machine/memory",
            "machine/chips",
            "machine/compiler",
            "machine/computer",
            "machine/debugger",
            "machine/boot",
            "machine/timing"
        ),
        [typeof(Theorem).Assembly] = new(
            "proofs/engine/z3",
            "proofs/engine/values",
            "proofs/engine/paths",
            "proofs/engine/execution",
            "proofs/engine/checker",
            "proofs/engine/programs",
            "proofs/engine/traces",
            "proofs/engine/subjects",
            "proofs/engine/host",
            "proofs/engine/smt",
            "proofs/engine/certify",
            "proofs/tutorial",
            "proofs/oracle",
            "proofs/unix",
            "proofs/events",
            "proofs/check",
            "proofs/fuzz",
            "proofs/prove",
            "proofs/diff",
            "proofs/first",
            "proofs/page",
            "proofs/explore",
            "proofs/bench",
            "proofs/watch",
            "proofs/mutation",
            "proofs/commands"
        ),
    };

    public static TheoryData<string> Projects => [.. Layers.Keys.Select(assembly => assembly.GetName().Name!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_type_refers_only_to_its_own_and_lower_layers(string project)
    {
        var (layers, files, references) = Read(project);
        Assert.True(references.Count > 50, "references are found");
        Assert.Empty(layers.Offences(files, references));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Two_layers_in_the_wrong_order_are_found(string project)
    {
        var (layers, files, references) = Read(project);
        var reversed = new Layering([.. layers.Folders.Reverse()]);
        Assert.Contains(reversed.Offences(files, references), line =>
            line.Contains("in the higher layer", StringComparison.Ordinal)
        );
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_folder_outside_the_list_is_found(string project)
    {
        var (layers, files, references) = Read(project);
        for (var left = 0; left < layers.Folders.Length; left++)
        {
            var fewer = new Layering([.. layers.Folders.Where((_, layer) => layer != left)]);
            Assert.Contains(fewer.Offences(files, references), line =>
                line.Contains("not in exactly one layer", StringComparison.Ordinal)
            );
        }
    }

    [Fact]
    public void A_layer_without_a_type_is_found() =>
        Assert.Equal(
            ["nowhere: the layer has no type"],
            new Layering("nowhere").Offences(new Dictionary<string, IReadOnlySet<string>>(), [])
        );

    [Fact]
    public void A_circle_is_found_in_either_order()
    {
        var files = new Dictionary<string, IReadOnlySet<string>>
        {
            ["A"] = new HashSet<string> { "a/A.cs" },
            ["B"] = new HashSet<string> { "b/B.cs" },
        };
        TypeReference[] circle = [new("a/A.cs", "A", "B"), new("b/B.cs", "B", "A")];
        Assert.Equal(["a/A.cs: A refers to B in the higher layer b"], new Layering("a", "b").Offences(files, circle));
        Assert.Equal(["b/B.cs: B refers to A in the higher layer a"], new Layering("b", "a").Offences(files, circle));
    }

    [Fact]
    public void A_type_in_two_layers_is_found()
    {
        var files = new Dictionary<string, IReadOnlySet<string>>
        {
            ["A"] = new HashSet<string> { "a/A.cs", "b/A.cs" },
        };
        Assert.Equal(["a/A.cs, b/A.cs: A is not in exactly one layer"], new Layering("a", "b").Offences(files, []));
    }

    [Fact]
    public void Every_kind_of_reference_is_seen()
    {
        var (files, references) = ReadSamples();
        Assert.Equal(Users, references.Select(each => each.From).Distinct().Count());
        Assert.Equal(files.Count - Users, files.Values.Count(of => SampleLayers.Of(of.Single()) == 0));
    }

    [Fact]
    public void The_samples_are_layers_in_one_order_only()
    {
        var (files, references) = ReadSamples();
        Assert.Empty(SampleLayers.Offences(files, references));
        var reversed = new Layering([.. SampleLayers.Folders.Reverse()]);
        Assert.Equal(references.Count, reversed.Offences(files, references).Count);
    }

    private static (
        Layering Layers,
        IReadOnlyDictionary<string, IReadOnlySet<string>> Files,
        IReadOnlySet<TypeReference> References
    ) Read(string project)
    {
        var (assembly, layers) = Layers.Single(pair => pair.Key.GetName().Name == project);
        var (files, references) = AssemblyReferences.Of(assembly, Sources.Root);
        return (layers, files, references);
    }

    // The samples' references from one layer to the other.
    private static (
        IReadOnlyDictionary<string, IReadOnlySet<string>> Files,
        IReadOnlySet<TypeReference> References
    ) ReadSamples()
    {
        var (all, references) = AssemblyReferences.Of(typeof(Samples.Low.Sample).Assembly, Sources.Root);
        var files = all.Where(type => type.Value.All(file => SampleLayers.Of(file) is not null)).ToDictionary();
        return (
            files,
            references
                .Where(each => files.ContainsKey(each.From) && files.ContainsKey(each.To))
                .Where(each => SampleLayers.Of(each.File) != SampleLayers.Of(files[each.To].Single()))
                .ToHashSet()
        );
    }
}
