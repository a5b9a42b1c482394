using Verified.Tests.Meaning;
using Xunit;

namespace Verified.Tests.Architecture;

/// <summary>The namespace of a type shows where its file is, and the name of a file occurs once.</summary>
public sealed class NamespaceTests
{
    private static readonly string[] Projects = ["spec", "kernel", "machine", "proofs", "tests"];

    [Fact]
    public void The_namespace_of_each_file_names_its_folder()
    {
        var files = Projects.SelectMany(FilesOf).ToList();
        Assert.True(files.Count > 500, "the sources are found");
        Assert.Empty(files.SelectMany(file => Namespaces.Offences(file, File.ReadAllText(Path.Combine(Root, file)))));
    }

    [Theory]
    [InlineData("spec/meaning/Time.cs", "Verified.Spec.Meaning")]
    [InlineData("spec/steps/Ipc.cs", "Verified.Spec")]
    [InlineData("kernel/code/ipc/FastPath.cs", "Verified.Kernel")]
    [InlineData("proofs/engine/checker/Search.cs", "Verified.Proofs.Checker")]
    [InlineData("proofs/commands/shards/Shard.cs", "Verified.Proofs.Commands.Shards")]
    public void A_folder_gives_a_namespace(string file, string expected) => Assert.Equal(expected, Namespaces.Of(file));

    [Theory]
    [InlineData("Verified.Proofs.Check")]
    [InlineData("Verified.Proofs")]
    [InlineData("Verified.Proofs.Checker.Search")]
    public void A_namespace_of_another_folder_is_found(string declared) =>
        Assert.Equal(
            [$"proofs/engine/checker/Search.cs: the namespace is {declared}, not Verified.Proofs.Checker"],
            Namespaces.Offences("proofs/engine/checker/Search.cs", $"using System;\n\nnamespace {declared};\n")
        );

    [Fact]
    public void No_two_files_have_the_same_name() => Assert.Empty(Twice(Projects.SelectMany(FilesOf)));

    [Fact]
    public void Two_files_with_the_same_name_are_found() =>
        Assert.Equal(["a/Op.cs, b/Op.cs"], Twice(["a/Op.cs", "a/Ip.cs", "b/Op.cs"]));

    private static IEnumerable<string> Twice(IEnumerable<string> files) =>
        files
            .GroupBy(file => file.Split('/')[^1])
            .Where(same => same.Count() > 1)
            .Select(same => string.Join(", ", same));

    private static string Root => Sources.Root;

    // The sources of a project, without what a build makes.
    private static IEnumerable<string> FilesOf(string project) =>
        Directory
            .EnumerateFiles(Path.Combine(Root, project), "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !file.Split('/').Any(folder => folder is "obj" or "bin"));
}
