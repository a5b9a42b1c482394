using Verified.Proofs.Check;
using Verified.Proofs.Commands;
using Verified.Proofs.Mutation;
using Xunit;

namespace Verified.Tests.Mutation;

/// <summary>The branches of the spec that models reach.</summary>
public sealed class SpecCoverageTests
{
    [Fact]
    public void Each_branch_of_a_text_gets_a_counter()
    {
        const string text = """
            class C
            {
                int M(int x)
                {
                    if (x > 1)
                        return 1;
                    for (var n = 0; n < x; n++)
                        if (n == 3)
                            x++;
                        else
                            x--;
                    switch (x)
                    {
                        case 1:
                            return 2;
                        default:
                            return 3;
                    }
                }
            }
            """;
        var (counted, branches) = SpecBranches.Of("steps/C.cs", text, 10);
        Assert.Equal(
            [
                "spec/steps/C.cs:3 M: the method",
                "spec/steps/C.cs:5 M: if x > 1",
                "spec/steps/C.cs:5 M: not x > 1",
                "spec/steps/C.cs:8 M: if n == 3",
                "spec/steps/C.cs:8 M: not n == 3",
                "spec/steps/C.cs:7 M: the body of the loop",
                "spec/steps/C.cs:14 M: case 1:",
                "spec/steps/C.cs:16 M: default:",
            ],
            branches.Select(branch => $"{branch}")
        );
        for (var n = 0; n < branches.Count; n++)
            Assert.Contains($"Reached.At({10 + n});", counted);
    }

    [Fact]
    public void A_model_reaches_the_branches_of_its_calls_and_no_others()
    {
        var coverage = SpecCoverage.Of(new(SpecFolder), [Model.Pair.Name]);
        Assert.True(coverage.Branches.Count > 150);
        var counts = coverage.Counts[Model.Pair.Name];
        long Runs(string what) =>
            coverage.Branches.Select((branch, n) => (branch, n)).Single(each => each.branch.What == what) is var (_, at)
                ? counts[at]
                : 0;
        Assert.True(Runs("case Entry.Ipc:") > 10);
        Assert.True(Runs("case Entry.Tick:") > 10);
        foreach (var entry in (string[])["TaskNew", "FpageUnmap", "ThreadSchedule", "LthreadExRegs", "Map"])
            Assert.Equal(0, Runs($"case Entry.{entry}:"));
        Assert.Contains(coverage.Never, branch => branch.What == "case Entry.TaskNew:");
        Assert.InRange(coverage.ReachedBy(Model.Pair.Name), 50, coverage.Branches.Count - 50);
    }

    [Fact]
    public void Without_sources_there_is_one_line()
    {
        var error = new StringWriter();
        Assert.Equal(
            CommandLine.Unusable,
            CommandLine.Run(["check", "pair", "--coverage", "--source", "/nowhere"], TextWriter.Null, error)
        );
        Assert.Contains("there are no sources in '/nowhere'", error.ToString());
    }

    private static string SpecFolder
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Verified.sln")))
                folder = folder.Parent;
            return Path.Combine(folder!.FullName, "spec");
        }
    }
}
