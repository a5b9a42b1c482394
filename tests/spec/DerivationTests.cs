using Verified.Proofs.Check;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Spec;

/// <summary>
/// The statements of theorems about steps on mappings, checked in every state of a small model. A small model has known
/// positions: the position of each mapping is its distance from the head of its frame's list.
/// </summary>
public class DerivationTests
{
    [Fact]
    public void Steps_on_mappings_do_what_theorems_say()
    {
        var states = ModelChecker.Reachable(Model.Mappers);
        var (walker, earlier) = (new Walker(Model.Mappers, null), new Walker(Model.Mappers, null));
        var (s, before, kernel) = (walker.State, earlier.State, new Kernel<Concrete>(walker.State));
        var (derived, moved, flushed) = (0, 0, 0);
        for (var number = 0; number < states.Count; number++)
        {
            walker.Codec.Unpack(states[number]);
            if (s.Stage.Value != Stages.Map)
                continue;
            earlier.Codec.Unpack(states[number]);
            var (positions, tables) = (Forest.Positions(before), Forest.TablePositions(before));
            kernel.Step(Entry.Map);
            for (var node = 0u; node < s.Limits.Paging.Nodes; node++)
            {
                Assert.True(
                    ListOrder<Concrete>
                        .Holds(s, row => ListOrder<Concrete>.After(before, s, at => positions[at], row), node)
                        .Known,
                    $"mapping {node} after state {number}"
                );
                foreach (var property in Derivation<Concrete>.All)
                    Assert.True(
                        property.Holds(before, s, node).Known,
                        $"{property.Name}: mapping {node} after state {number}"
                    );
                var (was, isNow) = (before.Mappings.Space[node].Value, s.Mappings.Space[node].Value);
                derived += was == 0 && isNow != 0 ? 1 : 0;
                moved += was != 0 && isNow != 0 && was != isNow ? 1 : 0;
            }

            for (var table = 0u; table < s.Limits.Paging.Tables; table++)
                Assert.True(
                    ListOrder<Concrete>
                        .HoldsOfTable(
                            s,
                            row => ListOrder<Concrete>.AfterOfTable(before, s, at => tables[at], row),
                            table
                        )
                        .Known,
                    $"page table {table} after state {number}"
                );
            flushed += before.Mappings.Phase.Value == Phases.Flush && s.Mappings.Phase.Value == Phases.Page ? 1 : 0;
        }

        Assert.True(
            derived > 100 && moved > 100 && flushed > 100,
            $"{derived} derived, {moved} granted, {flushed} flushes ended"
        );
    }

    [Fact]
    public void Along_lists_holds_what_theorems_say()
    {
        var states = ModelChecker.Reachable(Model.Mappers);
        var walker = new Walker(Model.Mappers, null);
        var (s, m, derived) = (walker.State, walker.State.Mappings, 0);
        for (var number = 0; number < states.Count; number += 7)
        {
            walker.Codec.Unpack(states[number]);
            var positions = Forest.Positions(s);
            for (var node = 1u; node < s.Limits.Paging.Nodes; node++)
                Assert.True(
                    AlongLists<Concrete>.IsReached(s, row => positions[row], node).Known,
                    $"mapping {node} in state {number}"
                );
            for (var frame = 1u; frame < s.Limits.Paging.Roots; frame++)
            for (var from = 1u; from < s.Limits.Paging.Nodes; from++)
                derived += DerivedFrom(s, from, frame, number);
        }

        Assert.True(derived > 1000, $"{derived} mappings derived from others");
    }

    // The rule of neighbours along a frame's list must agree with a walk back to the source of each mapping.
    private static int DerivedFrom(State<Concrete> s, uint from, uint frame, int number)
    {
        var (m, count, isDerived) = (s.Mappings, 0, (Truth)false);
        for (Concrete node = frame; m.Space[node] != 0 && m.Space[from] != 0 && m.Next[node] != 0; node = m.Next[node])
        {
            isDerived = AlongLists<Concrete>.IsNextDerived(s, from, isDerived, node);
            Assert.Equal(Forest.IsDerived(s, m.Next[node], from), isDerived.Known);
            Assert.True(
                AlongLists<Concrete>.RightsShrink(s, from, isDerived, m.Next[node]).Known,
                $"mapping {m.Next[node]} of {from} in state {number}"
            );
            count += isDerived ? 1 : 0;
        }

        return count;
    }

    [Fact]
    public void Chiefs_stay_in_order()
    {
        var states = ModelChecker.Reachable(Model.Family);
        var (walker, earlier) = (new Walker(Model.Family, null), new Walker(Model.Family, null));
        var (s, before, kernel) = (walker.State, earlier.State, new Kernel<Concrete>(walker.State));
        var (returned, given) = (0, 0);
        for (var number = 0; number < states.Count; number++)
        {
            walker.Codec.Unpack(states[number]);
            if (s.Stage.Value != Stages.Map)
                continue;
            earlier.Codec.Unpack(states[number]);
            kernel.Step(Entry.Map);
            for (var task = 0u; task < s.Limits.Tasks; task++)
            {
                Assert.True(
                    ChiefOrder<Concrete>
                        .Holds(
                            s,
                            row => ChiefOrder<Concrete>.After(before, s, at => Forest.Height(before, at), row),
                            task
                        )
                        .Known
                );
                if (before.Mappings.Chief[task] == s.Mappings.Chief[task])
                    continue;
                if (s.Mappings.Operation == Operations.None)
                    given++;
                else
                    returned++;
            }
        }

        Assert.True(returned > 10 && given > 10, $"{returned} returned, {given} given to another chief");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public void No_positions_make_an_order_of_a_cycle(uint space)
    {
        var s = new State<Concrete>(Limits.Shipping, new ConcreteTables());
        foreach (var node in (uint[])[1, 2, 3])
            (s.Mappings.Space[node], s.Mappings.Next[node], s.Mappings.NextTable[node]) = (
                space,
                node % 3 + 1,
                node % 3 + 1
            );
        foreach (
            var order in (uint[][])
                [
                    [0, 1, 2, 3],
                    [0, 3, 1, 2],
                    [0, 2, 3, 1],
                    [0, 3, 2, 1],
                    [0, 1, 1, 1],
                ]
        )
        {
            Assert.Contains([1u, 2u, 3u], node => !ListOrder<Concrete>.Holds(s, row => order[row], node).Known);
            Assert.Contains([1u, 2u, 3u], table =>
                !ListOrder<Concrete>.HoldsOfTable(s, row => order[row], table).Known
            );
        }
    }
}
