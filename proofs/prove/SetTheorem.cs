using Verified.Kernel;
using Verified.Proofs.Paths;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Tables;

namespace Verified.Proofs.Prove;

/// <summary>
/// Common to the theorems about the sets: bitmaps, and the membership of threads that they mean. Nothing else is known
/// about them.
/// </summary>
public abstract class SetTheorem(string name, BootedImage image) : CodeTheorem(name, image)
{
    public override int Weight => 2;

    protected override void Assume(ProofContext proof)
    {
        foreach (var table in (Table[])[Table.ReadyWord, Table.SenderWord, Table.TimerWord])
            proof.Range(table, Representation<Symbolic>.Count(table, Layout));
        var members = InitialMembers(proof);
        var representation = Meaning(proof, Machine(proof, Memory(proof, null, null)), members);
        var limits = Layout.Limits;
        proof.Instances.ForAll(Table.Thread, Table.Processor, (thread, _) =>
            (members.Ready(thread) <= limits.Priorities)
            & (members.Sender(thread) <= limits.Threads)
            & (members.Timer(thread) <= Spec.Limits.ClockSlots)
        );
        foreach (var invariant in Representation<Symbolic>.Sets)
            proof.Instances.ForAll(invariant.I, invariant.J, (i, j) => invariant.Holds(representation, i, j));

        // If a thread matters, the words that contain a bit of it matter, too.
        proof.Instances.Follow(Table.Thread, thread =>
        {
            var (priority, receiver) = (
                members.Ready(thread) & (limits.Priorities - 1),
                members.Sender(thread) & (limits.Threads - 1)
            );
            return
            [
                (Table.Priority, priority),
                (Table.ReadyWord, Representation<Symbolic>.WordOf(Layout, priority, thread)),
                (Table.SenderWord, Representation<Symbolic>.WordOf(Layout, receiver, thread)),
                (
                    Table.TimerWord,
                    Representation<Symbolic>.WordOf(
                        Layout,
                        members.Timer(thread) & (Spec.Limits.ClockSlots - 1),
                        thread
                    )
                ),
            ];
        });
    }

    protected Membership<Symbolic> InitialMembers(ProofContext proof)
    {
        var limits = Limits;
        var (priorities, threads, slots) = (
            Width(limits.Priorities),
            Width(limits.Threads),
            Width(Spec.Limits.ClockSlots)
        );
        return new(
            thread => proof.Initial("sets.ready", priorities, thread),
            thread => proof.Initial("sets.sender", threads, thread),
            thread => proof.Initial("sets.timer", slots, thread)
        );
    }

    /// <summary>The processor at an arbitrary point in the kernel.</summary>
    protected SymbolicMachine Machine(ProofContext proof, KernelMemory memory) =>
        Machine(proof, memory, Image.Points.Pick);

    /// <summary>The sets of a machine, and their meaning.</summary>
    protected Representation<Symbolic> Meaning(
        ProofContext proof,
        SymbolicMachine machine,
        Membership<Symbolic> members
    )
    {
        var view = new View<Symbolic>(Layout, machine);
        return new(view, Before(proof, view), members);
    }

    /// <summary>
    /// Touches the row or thread that the first set bit of a row represents, because the bits are searched.
    /// </summary>
    protected void TouchFirst(ProofContext proof, View<Symbolic> before, Area area, Field field, Symbolic row)
    {
        var words = Layout.Words;
        if (area == Layout.PriorityMap)
        {
            var priority = row << 5 | Symbolic.HighestBit(before.Get(area, row, field)) & 31;
            TouchFirst(proof, before, Layout.ReadySummary, Layout.ReadySummaryWord, priority & (Limits.Priorities - 1));
        }
        else if (area == Layout.ReadySummary)
        {
            proof.Instances.Touch(Table.Priority, row);
            var word = row * words | Symbolic.LowestBit(before.Get(area, row, field)) & (words - 1);
            TouchFirst(proof, before, Layout.Ready, Layout.ReadyWord, word);
        }
        else if (field == Layout.Senders)
        {
            var word = row * words | Symbolic.LowestBit(before.Get(area, row, field)) & (words - 1);
            TouchFirst(proof, before, Layout.SenderSets, Layout.SendersWord, word);
        }
        else if (area == Layout.TimerSummary)
        {
            var word = row * words | Symbolic.LowestBit(before.Get(area, row, field)) & (words - 1);
            TouchFirst(proof, before, Layout.Timers, Layout.ReadyWord, word);
        }
        else if (area == Layout.Ready || area == Layout.SenderSets || area == Layout.Timers)
        {
            proof.Instances.Touch(Layout.TableOf(area), row);
            var thread = (row & (words - 1)) << 5 | Symbolic.LowestBit(before.Get(area, row, field)) & 31;
            proof.Instances.Touch(Table.Thread, thread & (Limits.Threads - 1));
        }
        else if (area == Layout.Threads)
            proof.Instances.Touch(Table.Thread, row);
    }

    // There is one more value than rows, for "in none".
    private static int Width(uint rows) => System.Numerics.BitOperations.Log2(rows) + 1;
}
