using Verified.Proofs.Checker;
using Xunit;

namespace Verified.Tests.Check;

/// <summary>The trees of results that are known from the cells that a text read.</summary>
public sealed class CellTreeTests
{
    [Fact]
    public void A_result_is_known_in_all_states_that_agree_in_the_cells_that_were_read()
    {
        var tree = new CellTree<string>(1);
        uint[] learned = [7, 1, 0xFFFFFFFF],
            unread = [7, 2, 0xFFFFFFFF],
            other = [8, 1, 0xFFFFFFFF];
        tree.Add(0, [Cell(0), Cell(2)], [], "found", learned);
        Assert.True(tree.TryGet(tree.Follow(0, unread), out var result));
        Assert.Equal("found", result);
        Assert.False(tree.TryGet(tree.Follow(0, other), out _));
        tree.Add(0, [Cell(0), Cell(1)], [], "other", other);
        Assert.True(tree.TryGet(tree.Follow(0, other), out result));
        Assert.Equal("other", result);
    }

    [Fact]
    public void A_choice_leads_to_each_of_its_alternatives()
    {
        var tree = new CellTree<int>(1);
        RecordedItem[] items = [Cell(0), new(IsChoice: true, 0, 3), Cell(1)];
        uint[] cells = [5, 6];
        for (var pick = 0; pick < 3; pick++)
            tree.Add(0, items, [pick], pick, cells);
        var (first, count) = tree.ChoiceAt(tree.Follow(0, cells));
        Assert.Equal(3, count);
        for (var pick = 0; pick < 3; pick++)
        {
            Assert.True(tree.TryGet(tree.Follow(first + pick, cells), out var result));
            Assert.Equal(pick, result);
        }
    }

    [Fact]
    public void A_text_about_two_states_reads_both()
    {
        var tree = new CellTree<bool>(1);
        tree.Add(0, [Cell(0), Cell(2)], [], true, [1, 0], [2, 0]);
        Assert.True(tree.TryGet(tree.Follow(0, [1, 9], [2, 9]), out _));
        Assert.False(tree.TryGet(tree.Follow(0, [1, 0], [3, 0]), out _));
    }

    [Fact]
    public void A_text_that_depends_on_something_that_it_has_not_read_is_refused()
    {
        var tree = new CellTree<bool>(1);
        tree.Add(0, [Cell(0), Cell(1)], [], true, [1, 1]);
        var error = Record.Exception(() => tree.Add(0, [Cell(0), Cell(2)], [], true, [1, 1, 1]));
        Assert.Contains("has not read", Assert.IsType<InvalidOperationException>(error).Message);
        Assert.IsType<InvalidOperationException>(Record.Exception(() => tree.Add(0, [Cell(0)], [], true, [1, 1])));
    }

    [Fact]
    public void Workers_share_a_tree_while_it_grows()
    {
        const int texts = 8;
        var tree = new CellTree<uint>(texts);
        Parallel.For(0, 4, worker =>
        {
            var random = new Random(worker);
            for (var n = 0; n < 50_000; n++)
            {
                var text = random.Next(texts);
                uint[] cells = [(uint)random.Next(64), (uint)random.Next(64), (uint)random.Next(4)];
                var expected = cells[0] << 16 | cells[1] << 8 | cells[2] << 4 | (uint)text;
                if (!tree.TryGet(tree.Follow(text, cells), out var result))
                    result = tree.Add(text, [Cell(2), Cell(0), Cell(1)], [], expected, cells);
                Assert.Equal(expected, result);
            }
        });
        Assert.True(tree.Count <= texts * 64 * 64 * 4);
    }

    private static RecordedItem Cell(int cell) => new(IsChoice: false, cell, 0);
}
