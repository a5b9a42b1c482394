using Verified.Proofs.Check;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Spec;

/// <summary>The order that theorems keep, in states where the positions are known: each mapping's is how far down its frame's list it is.</summary>
public class ListOrderTests
{
    [Fact]
    public void A_step_puts_what_it_derives_behind_what_it_follows()
    {
        var states = ModelChecker.Reachable(Model.Mappers);
        var walker = new Walker(Model.Mappers, null);
        var (s, kernel) = (walker.State, new Kernel<Concrete>(walker.State));
        var before = new State<Concrete>(s.Limits, new ConcreteTables(s.Limits));
        var (derived, removed) = (0, 0);
        for (var number = 0; number < states.Count; number++)
        {
            walker.Codec.Unpack(states[number]);
            if (s.Stage.Value != Stages.Map) continue;
            var positions = Positions(s);
            for (var node = 0u; node < s.Limits.Paging.Nodes; node++) before.Mappings.Space[node] = s.Mappings.Space[node];
            kernel.Step(Entry.Map);
            for (var node = 0u; node < s.Limits.Paging.Nodes; node++)
            {
                Assert.True(ListOrder<Concrete>.Holds(s, row => ListOrder<Concrete>.After(before, s, at => positions[at], row), node).Known, $"mapping {node} after state {number}");
                var (was, isNow) = (before.Mappings.Space[node].Value, s.Mappings.Space[node].Value);
                (derived, removed) = (derived + (was == 0 && isNow != 0 ? 1 : 0), removed + (was != 0 && isNow == 0 ? 1 : 0));
            }
        }

        Assert.True(derived > 1000 && removed > 1000, $"{derived} derived, {removed} removed");
    }

    [Fact]
    public void No_positions_make_an_order_of_a_cycle()
    {
        var s = new State<Concrete>(Limits.Shipping, new ConcreteTables(Limits.Shipping));
        foreach (var node in (uint[])[1, 2, 3]) (s.Mappings.Space[node], s.Mappings.Next[node]) = (2, node % 3 + 1);
        foreach (var order in (uint[][])[[0, 1, 2, 3], [0, 3, 1, 2], [0, 2, 3, 1], [0, 3, 2, 1], [0, 1, 1, 1]])
            Assert.Contains([1u, 2u, 3u], node => !ListOrder<Concrete>.Holds(s, row => order[row], node).Known);
    }

    private static uint[] Positions(State<Concrete> s)
    {
        var positions = new uint[s.Limits.Paging.Nodes];
        for (var root = 1u; root < s.Limits.Paging.Roots; root++)
            for (var (node, position) = (root, 0u); node != 0; node = s.Mappings.Next[node], position++)
                positions[node] = position;
        return positions;
    }
}
