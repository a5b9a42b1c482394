using FsCheck;
using FsCheck.Experimental;
using FsCheck.Xunit;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;
using Xunit.Abstractions;

namespace Verified.Tests.Models;

/// <summary>The mapping database is the paper's model of address spaces, after any commands.</summary>
public sealed class SpacesTests(ITestOutputHelper output)
{
    private const int FewCommands = 6;

    // The least percentage of commands of each kind.
    private static readonly Dictionary<string, double> Least = new()
    {
        ["map: map"] = 5,
        ["map: grant"] = 3,
        ["map: no page"] = 5,
        ["map: nothing is taken"] = 1,
        ["map: fails at once"] = 0.1,
        ["map: fails after some pages"] = 0.1,
        ["answer: map"] = 0.5,
        ["answer: grant"] = 0.2,
        ["answer: no page"] = 0.2,
        ["unmap: pages go"] = 2,
        ["unmap: pages become read-only"] = 0.5,
        ["unmap: no page"] = 5,
        ["unmap: invalid fpage"] = 0.5,
        ["renew: a task"] = 0.5,
        ["renew: a clan"] = 0.1,
        ["renew: an inactive task"] = 0.1,
        ["renew: another's task"] = 0.5,
    };

    [Property(MaxTest = 300)]
    public Property Every_command_changes_spaces_as_the_paper_says() => SpacesSuite.Make().ToProperty();

    [Fact]
    public void No_kind_of_case_is_starved()
    {
        var shares = SpacesSuite.Make().Sample(200);
        output.WriteLine($"{shares}");
        Assert.Empty(shares.Starved(Least));
    }

    [Fact]
    public void A_starved_generator_is_noticed() =>
        Assert.NotEmpty(new Shares(new Dictionary<string, int> { ["map: map"] = 100 }).Starved(Least));

    private static readonly Dictionary<string, Action<State<Concrete>, Entry>> Wrong = new()
    {
        ["a mapping can be written, whatever w says"] = (s, _) =>
        {
            if (s.Mappings.Operation.Value == Operations.Map)
                s.Mappings.Item |= Fpage.Writable;
        },
        ["fpage_unmap keeps the caller's own page"] = (s, entry) =>
        {
            if (s.Mappings.Operation.Value == Operations.Unmap)
                s.Mappings.Item &= ~(Concrete)Fpage.Own;
        },
        ["a grant maps"] = (s, entry) =>
        {
            if (s.Mappings.Operation.Value == Operations.Map)
                s.Mappings.Item &= ~(Concrete)Fpage.Grant;
        },
        ["the hot spot is ignored"] = (s, entry) =>
        {
            if (entry == Entry.Ipc && s.Current.Value != 0)
                s.Edx[s.Current] = 0;
        },
        ["a failed item is reported to the taker alone"] = (s, entry) =>
        {
            if (entry == Entry.Map)
                foreach (var task in SpacesModel.Mappers)
                    if (s.Eax[task].Value == Code.SendMapFailed)
                        s.Eax[task] = Code.Done;
        },
    };

    public static TheoryData<string> Names => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_wrong_spec_fails_in_few_commands(string name)
    {
        var found = SpacesSuite.Make().With(Wrong[name]).Find();
        Assert.NotNull(found);
        output.WriteLine(found.Text);
        Assert.Contains("Label of failing property", found.Text, StringComparison.Ordinal);
        Assert.Contains("20260101", found.Text, StringComparison.Ordinal);
        Assert.InRange(
            found.Commands.Count,
            1,
            name.Contains("failed item", StringComparison.Ordinal) ? 4 * FewCommands : FewCommands
        );
    }
}
