using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Meaning;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Fuzz;

/// <summary>The address spaces that are kept step by step are those that the tables mean.</summary>
public sealed class PresentSpacesTests
{
    private static readonly Limits Small = new(4, 4, 4);

    [Fact]
    public void The_spaces_that_steps_change_are_those_of_the_whole_tables() => Assert.Equal(0, Differences(_ => { }));

    [Fact]
    public void A_right_that_changes_unseen_is_a_difference() =>
        Assert.NotEqual(
            0,
            Differences(s =>
            {
                // The writes come after a step's were noted.
                for (var node = s.Limits.Paging.Roots; node < s.Limits.Paging.Nodes; node++)
                    if (s.Mappings.Space[node].Value != 0)
                        s.Mappings.Level[node] =
                            s.Mappings.Depth[node].Value + (s.Mappings.IsWritable(node).Known ? 0u : 1u);
            })
        );

    // The number of steps of random programs that leave other spaces than a new reading of all tables finds.
    private static int Differences(Action<State<Concrete>> unseen)
    {
        var (generator, tables) = (new Generator(2, Small), new FlatTables(Small));
        var (s, kernel, present) = (tables.State, new Kernel<Concrete>(tables.State), new PresentSpaces(tables));
        var (differences, links) = (0, 0);
        uint[] threads = [];
        for (var step = 0; step < 6_000; step++)
        {
            if (step % 300 == 0)
            {
                tables.Fill(generator.Population());
                present.Forget();
                threads =
                [
                    .. Enumerable
                        .Range((int)Small.Lthreads, (int)(Small.Threads - Small.Lthreads))
                        .Select(row => (uint)row)
                        .Where(row => s.Status[row].Value != ThreadStatus.Inactive),
                ];
            }

            if (Kernel<Concrete>.OwnStep(s.Stage.Value) is { } own)
                kernel.Step(own);
            else
            {
                var e = generator.Give(s, threads);
                if (e.Registers is { } registers && s.Stage.Value == Stages.User)
                    registers.Set(s, s.Current.Value);
                if (e.Fits(s))
                    e.Apply(kernel, s);
            }

            present.Note();
            unseen(s);
            tables.Commit();
            var all = Spaces.Of(s, Frames(s));
            links = Math.Max(links, all.Links.Count);
            if (present.DifferenceFrom(all) is not null || all.Difference(present.Copy()) is not null)
                differences++;
        }

        Assert.True(links > 2, "no program maps");
        return differences;
    }

    private static IEnumerable<uint> Frames(State<Concrete> s) =>
        Enumerable
            .Range(0, (int)State<Concrete>.Rows(Table.Page, s.Limits))
            .Select(page => s.Mappings.NodeAt[(uint)page])
            .Where(node => s.Mappings.Depth[node].Value != 0)
            .Select(node => s.Mappings.Frame[node].Value)
            .Distinct();
}
