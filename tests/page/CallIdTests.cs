using Verified.Proofs.Events;
using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Page;

/// <summary>An id in a register of a call is named as the chart names threads.</summary>
public sealed class CallIdTests
{
    private static readonly Limits Few = new(8, 2, 2);

    private static readonly State<Concrete> State = Boot.Initial(
        Few,
        [new(Id(2, 1, version: 3), 1, 10, 0x1000, 0x2000)]
    );

    [Theory]
    [InlineData(0u, "nil")]
    [InlineData(0xFFFFFFFFu, "keeps the value")]
    [InlineData(2u, "interrupt 1")]
    public void An_id_of_no_thread_is_named(uint id, string name) => Assert.Equal(name, CallIds.Named(State, id));

    [Fact]
    public void An_id_of_a_thread_is_named_with_what_became_of_the_thread()
    {
        Assert.Equal("the id of 2.1", CallIds.Named(State, Id(2, 1, version: 3)));
        Assert.Equal("a stale id of 2.1", CallIds.Named(State, Id(2, 1, version: 2)));
        Assert.Equal("an id of 3.1, which does not exist", CallIds.Named(State, Id(3, 1, version: 2)));
        Assert.Equal("the id of no thread", CallIds.Named(State, Id(9, 1, version: 2)));
        Assert.Equal("task 3", CallIds.Named(State, Id(3, 1, version: 2), isOfTask: true));
        Assert.Equal("no task", CallIds.Named(State, Id(9, 1, version: 2), isOfTask: true));
    }

    [Fact]
    public void Only_the_registers_that_the_call_uses_as_ids_are_named()
    {
        var (id, row) = (Id(2, 1, version: 3), State.Row(Id(2, 1, version: 3)).Value);
        Assert.EndsWith("h, task 2", Loaded(Entry.TaskNew, "Esi"));
        Assert.EndsWith("h, the id of 2.1", Loaded(Entry.TaskNew, "Ebx"));
        Assert.EndsWith("h, the id of 2.1", Loaded(Entry.ThreadSwitch, "Esi"));
        Assert.EndsWith("h, the id of 2.1", Loaded(Entry.LthreadExRegs, "Ebx"));
        Assert.Equal($"{id:X}h", Loaded(Entry.ThreadSwitch, "Ebx"));
        Assert.Equal($"{id:X}h", Loaded(Entry.Ipc, "Edx"));

        string Loaded(Entry entry, string column)
        {
            var step = new NarratedStep(0, row, entry, "", "", "", []);
            return CallIds.Values(State, State, step, new Change(column, row, 1, id), isLoaded: true).New;
        }
    }

    [Fact]
    public void Every_value_is_named_in_the_state_in_which_it_stands()
    {
        var (id, row) = (Id(2, 1, version: 3), State.Row(Id(2, 1, version: 3)).Value);
        var gone = Boot.Initial(Few, []);
        var step = new NarratedStep(0, row, Entry.Ipc, "", "", "", []);
        var (old, present) = CallIds.Values(State, gone, step, new Change("Esi", row, id, id), isLoaded: false);
        Assert.EndsWith("the id of 2.1", old);
        Assert.EndsWith("an id of 2.1, which does not exist", present);
    }

    private static uint Id(uint task, uint lthread, uint version) =>
        ThreadId.Make<Concrete>(0, task, lthread, version).Value;
}
