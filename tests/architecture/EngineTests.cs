using Verified.Proofs.Paths;
using Verified.Spec.Tables;
using Verified.Tests.Meaning;
using Xunit;

namespace Verified.Tests.Architecture;

/// <summary>
/// The engines know no L4: they refer to nothing of the kernel, to the spec's values and tables only, and to no other
/// folder of proofs.
/// </summary>
public sealed class EngineTests
{
    private const string Engine = "proofs/engine/",
        Kernel = "Verified.Kernel",
        Spec = "Verified.Spec";

    private static readonly string[] Generic = ["spec/values/", "spec/tables/"];

    private static readonly (
        IReadOnlyDictionary<string, IReadOnlySet<string>> Files,
        IReadOnlySet<TypeReference> References
    ) Proofs = AssemblyReferences.Of(typeof(Theorem).Assembly, Sources.Root);

    private static readonly IReadOnlySet<OutsideReference> Outside = AssemblyReferences.ToOthers(
        typeof(Theorem).Assembly,
        Sources.Root
    );

    private static readonly IReadOnlyDictionary<string, IReadOnlySet<string>> SpecFiles = AssemblyReferences
        .Of(typeof(Table).Assembly, Sources.Root)
        .Files;

    [Fact]
    public void The_engines_refer_to_nothing_of_L4()
    {
        Assert.True(Proofs.Files.Count(type => type.Value.All(IsEngine)) > 60, "the engines have types");
        Assert.Empty(Offences(Engine, Generic));
    }

    [Theory]
    [InlineData("proofs/prove/", "Verified.Kernel.Layout")]
    [InlineData("proofs/prove/", "Verified.Spec.State`1")]
    [InlineData("proofs/tutorial/", "Verified.Proofs.Subjects.Subject")]
    public void A_folder_that_is_no_engine_is_found(string folder, string reference) =>
        Assert.Contains(Offences(folder, Generic), line => line.Contains(reference, StringComparison.Ordinal));

    [Fact]
    public void A_part_of_the_spec_that_is_not_in_the_list_is_found() =>
        Assert.Contains(Offences(Engine, ["spec/values/"]), line =>
            line.Contains("Verified.Spec.Tables.Table", StringComparison.Ordinal)
        );

    private static bool IsEngine(string file) => file.StartsWith(Engine, StringComparison.Ordinal);

    private static List<string> Offences(string folder, string[] generic)
    {
        bool IsIn(string file) => file.StartsWith(folder, StringComparison.Ordinal);
        bool IsGeneric(string type) =>
            SpecFiles.TryGetValue(type, out var files)
            && files.All(file => generic.Any(part => file.StartsWith(part, StringComparison.Ordinal)));
        var others =
            from reference in Outside
            where IsIn(reference.File)
            where reference.Assembly == Kernel || (reference.Assembly == Spec && !IsGeneric(reference.To))
            select $"{reference.File}: {reference.From} refers to {reference.To}";
        var own =
            from reference in Proofs.References
            where IsIn(reference.File) && !Proofs.Files[reference.To].All(IsIn)
            select $"{reference.File}: {reference.From} refers to {reference.To}";
        return [.. others.Concat(own).Distinct().Order(StringComparer.Ordinal)];
    }
}
