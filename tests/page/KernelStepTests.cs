using System.Text.RegularExpressions;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;
using Verified.Tests.Meaning;
using Xunit;

namespace Verified.Tests.Page;

/// <summary>The kernel steps of an event, with the source lines of the spec.</summary>
public sealed class KernelStepTests
{
    private static readonly Limits Few = new(8, 2, 2);

    [Fact]
    public void The_kernel_steps_of_a_deletion_make_its_changes_together()
    {
        var step = Deletion();
        Assert.InRange(step.KernelSteps.Count, 20, 5_000);
        Assert.Equal(Enumerable.Range(1, step.KernelSteps.Count), step.KernelSteps.Select(each => each.Number));
        Dictionary<(string, uint), (uint Old, uint New)> together = [];
        foreach (var change in step.KernelSteps.SelectMany(each => each.Changes))
        {
            var key = (change.Column, change.Row);
            Assert.Equal(together.TryGetValue(key, out var earlier) ? earlier.New : change.Old, change.Old);
            together[key] = (together.TryGetValue(key, out earlier) ? earlier.Old : change.Old, change.New);
        }

        Assert.Equal(
            step.Made.Select(change => ((change.Column, change.Row), (change.Old, change.New))).Order(),
            together.Where(each => each.Value.Old != each.Value.New).Select(each => (each.Key, each.Value)).Order()
        );

        // A change that is taken back is seen in the steps alone.
        Assert.Contains(step.KernelSteps.SelectMany(each => each.Changes), change => change.Column == "Doomed");
        Assert.DoesNotContain(step.Made, change => change.Column == "Doomed");
    }

    [Fact]
    public void Similar_steps_are_one_line_with_a_count()
    {
        var step = Deletion();
        var folded = FoldedSteps.Of(step.KernelSteps);
        Assert.Equal(step.KernelSteps.Count, folded.Sum(each => each.Count));
        Assert.InRange(folded.Count, 5, step.KernelSteps.Count / 2);
        var clan = folded.First(each => each.Name == "delete, pass clan" && each.Count > 1);
        var cursor = Assert.Single(clan.Changes);
        Assert.Equal(("Cursor", (uint)clan.Count), (cursor.Column, cursor.New - cursor.Old));
        Assert.StartsWith($"{clan.First} to {clan.Last} delete, pass clan (DoomClan", clan.Tell(Start(), 4));

        var alone = FoldedSteps.Of(step.KernelSteps, clan.First + 1).Single(each => each.First == clan.First + 1);
        Assert.Equal(1, alone.Count);
    }

    [Fact]
    public void Without_names_no_kernel_steps_are_kept() =>
        Assert.All(new Narration(Trace()).Steps(), step => Assert.Empty(step.KernelSteps));

    [Fact]
    public void Each_method_that_makes_a_step_has_its_source_line()
    {
        string[] ofMap =
        [
            .. "Begin Flush Reduce MapPage UnmapPage DoomClan DeleteThread EndWait BeginTable".Split(' '),
            .. "FreeTable ReturnTask CreateTask EndOperation WakeNext".Split(' '),
        ];
        foreach (var method in Enum.GetNames<Entry>().Except(["Wake", "Map"]).Concat(ofMap))
        {
            var place = SpecSource.LineOf(method);
            Assert.True(place is not null, $"{method} has no line");
            var (file, line) = (place!.Split(':')[0], int.Parse(place.Split(':')[1]));
            var above = File.ReadLines(Path.Combine(Sources.Root, file)).Take(line);
            var declared = above
                .Select(text => Regex.Match(text, @"private void (\w+)\("))
                .Last(match => match.Success);
            Assert.Equal(method, declared.Groups[1].Value);
        }

        Assert.Null(SpecSource.LineOf("NoSuchMethod"));
    }

    [Fact]
    public void The_steps_of_an_event_name_the_methods_that_make_them()
    {
        var methods = Deletion().KernelSteps.Select(step => step.Method).Distinct().ToList();
        Assert.Equal(
            ["TaskNew", "DoomClan", "DeleteThread", "EndWait", "BeginTable", "ReturnTask", "CreateTask", "Leave"],
            methods
        );
    }

    private static NarratedStep Deletion() =>
        new Narration(Trace()) { NameOf = SpecStep.NameOf }
            .Steps()
            .Single(step => step.Entry == Entry.TaskNew);

    private static Trace Trace()
    {
        var s = Start();
        var registers = Registers.Of(s, s.Current.Value) with
        {
            Esi = ThreadId.Make<Concrete>(1, 5, 0, 1).Value,
            Ebx = 0,
            Eax = 0,
        };
        return new(Snapshot.Of(s), [new(Entry.TaskNew, registers)]);
    }

    // 1.0 runs. Task 5 is its own, and has a thread.
    private static State<Concrete> Start()
    {
        var s = Boot.Initial(Few, [Thread(1, 0, priority: 1), Thread(5, 1, priority: 0)]);
        new Kernel<Concrete>(s).Step(Entry.Pick);
        s.Mappings.Chief[5] = 1;
        return s;
    }

    private static BootThread Thread(uint task, uint chief, uint priority) =>
        new(ThreadId.Make<Concrete>(chief, task, 0, 1).Value, priority, 10, 0x1000, 0x2000);
}
