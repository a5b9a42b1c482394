using Verified.Kernel;
using Verified.Proofs.Values;
using Verified.Spec;

namespace Verified.Proofs.Prove;

/// <summary>
/// What the theorems about the sets have in common: bitmaps, and a membership of threads that they mean, of which nothing else is
/// known.
/// </summary>
public abstract class SetTheorem(string name, BootedImage image) : Theorem(name, image.Layout.Limits)
{
    private readonly Layout _layout = image.Layout;

    protected Layout Layout => _layout;

    public override int Weight => 2;

    public override uint? Constant(uint address) => image.Constant(address);

    protected override void Assume(Attempt attempt)
    {
        foreach (var sort in (Sort[])[Sort.ReadyWord, Sort.SenderWord, Sort.TimerWord])
            attempt.Range(sort, Representation<Symbolic>.Count(sort, _layout));
        var members = InitialMembers(attempt);
        var representation = Meaning(attempt, Machine(attempt, Memory(attempt, null, null)), members);
        var limits = _layout.Limits;
        attempt.Universe.ForAll(Sort.Thread, Sort.None, (thread, _) =>
            (members.Ready(thread) <= limits.Priorities) & (members.Sender(thread) <= limits.Threads)
            & (members.Timer(thread) <= Spec.Limits.ClockSlots));
        foreach (var invariant in Representation<Symbolic>.Sets)
            attempt.Universe.ForAll(invariant.I, invariant.J, (i, j) => invariant.Holds(representation, i, j));

        // Where a thread matters, so do the words that it is a bit of.
        attempt.Universe.Follow(Sort.Thread, thread =>
        {
            var (priority, receiver) = (members.Ready(thread) & (limits.Priorities - 1), members.Sender(thread) & (limits.Threads - 1));
            return
            [
                (Sort.Priority, priority),
                (Sort.ReadyWord, Representation<Symbolic>.WordOf(_layout, priority, thread)),
                (Sort.SenderWord, Representation<Symbolic>.WordOf(_layout, receiver, thread)),
                (Sort.TimerWord, Representation<Symbolic>.WordOf(_layout, members.Timer(thread) & (Spec.Limits.ClockSlots - 1), thread)),
            ];
        });
    }

    protected static Membership<Symbolic> InitialMembers(Attempt attempt)
    {
        var limits = attempt.Limits;
        var (priorities, threads, slots) = (Width(limits.Priorities), Width(limits.Threads), Width(Spec.Limits.ClockSlots));
        return new(thread => attempt.Initial("sets.ready", priorities, thread), thread => attempt.Initial("sets.sender", threads, thread),
            thread => attempt.Initial("sets.timer", slots, thread));
    }

    /// <summary>The kernel's memory; with <paramref name="senders"/>, without the bitmaps.</summary>
    protected KernelMemory Memory(Attempt attempt, Action<Area, Field, Symbolic>? touch, Func<Symbolic, Symbolic>? senders) =>
        new(_layout, attempt.Terms, attempt.Path,
            (area, field, row) => attempt.Initial($"{area.Name}.{field.Name}", (int)field.Bits, row),
            address => ConstantOf(attempt, address), touch ?? ((_, _, _) => { }), senders);

    /// <summary>The processor somewhere in the kernel.</summary>
    protected SymbolicMachine Machine(Attempt attempt, KernelMemory memory) =>
        new(image with { Constant = address => ConstantOf(attempt, address) }, attempt, memory, Stages.Pick);

    /// <summary>The sets of a machine as what they are to mean.</summary>
    protected Representation<Symbolic> Meaning(Attempt attempt, SymbolicMachine machine, Membership<Symbolic> members)
    {
        var view = new View<Symbolic>(_layout, machine);
        return new(view, new State<Symbolic>(Limits, new SymbolicTables(Limits, view.Column, attempt.Terms, null)), members);
    }

    /// <summary>What matters because bits of a row are looked for: the row or thread that the first of them stands for.</summary>
    protected void TouchFirst(Attempt attempt, View<Symbolic> before, Area area, Field field, Symbolic row)
    {
        var words = _layout.Words;
        if (area == _layout.PriorityMap)
        {
            var priority = row << 5 | Symbolic.HighestBit(before.Get(area, row, field)) & 31;
            TouchFirst(attempt, before, _layout.ReadySummary, _layout.ReadySummaryWord, priority & (Limits.Priorities - 1));
        }
        else if (area == _layout.ReadySummary)
        {
            attempt.Universe.Touch(Sort.Priority, row);
            var word = row * words | Symbolic.LowestBit(before.Get(area, row, field)) & (words - 1);
            TouchFirst(attempt, before, _layout.Ready, _layout.ReadyWord, word);
        }
        else if (field == _layout.Senders)
        {
            var word = row * words | Symbolic.LowestBit(before.Get(area, row, field)) & (words - 1);
            TouchFirst(attempt, before, _layout.SenderSets, _layout.SendersWord, word);
        }
        else if (area == _layout.TimerSummary)
        {
            var word = row * words | Symbolic.LowestBit(before.Get(area, row, field)) & (words - 1);
            TouchFirst(attempt, before, _layout.Timers, _layout.ReadyWord, word);
        }
        else if (area == _layout.Ready || area == _layout.SenderSets || area == _layout.Timers)
        {
            attempt.Universe.Touch(_layout.SortOf(area), row);
            var thread = (row & (words - 1)) << 5 | Symbolic.LowestBit(before.Get(area, row, field)) & 31;
            attempt.Universe.Touch(Sort.Thread, thread & (Limits.Threads - 1));
        }
        else if (area == _layout.Threads)
            attempt.Universe.Touch(Sort.Thread, row);
    }

    private uint? ConstantOf(Attempt attempt, uint address)
    {
        attempt.Constants.Add(address);
        return image.Constant(address);
    }

    // One more value than there are rows: in none.
    private static int Width(uint rows) => System.Numerics.BitOperations.Log2(rows) + 1;
}
