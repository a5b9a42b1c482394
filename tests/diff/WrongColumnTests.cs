using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Fuzz;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Diff;

/// <summary>
/// A wrong bit in a thread that the event itself writes: only the comparison of that column can see it. A wrong bit
/// anywhere else is a stray write (<see cref="StrayWriteTests"/>).
/// </summary>
public class WrongColumnTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping);
    private static readonly Layout Layout = Image.Layout;

    public static TheoryData<string> Fields => [.. Layout.Threads.Fields.Select(of => of.Name)];

    public static TheoryData<int, string> Registers =>
        new()
        {
            { 0, "Eax" },
            { 1, "Ecx" },
            { 2, "Edx" },
            { 3, "Ebx" },
            { 5, "Ebp" },
            { 6, "Esi" },
            { 7, "Edi" },
        };

    /// <summary>Bits that no instruction of the kernel or the processor reads.</summary>
    private static readonly IReadOnlyDictionary<string, uint> Unread = new Dictionary<string, uint>
    {
        // POPA passes over it.
        ["pushed_esp"] = uint.MaxValue,
        // Two selectors are right, because the exit replaces them (representation: saved-selectors).
        ["ss"] = UserSegmentsDiffer,
    };

    // IRET does not load these (SDM 1, 3.4.3).
    private const uint FixedFlags = 0xFFC0802A;

    private const uint UserSegmentsDiffer = Layout.UserData ^ Layout.FlatData;

    [Theory]
    [MemberData(nameof(Fields))]
    public void Each_bit_of_the_row_of_a_thread_that_leaves_the_processor_is_compared(string name)
    {
        var field = Layout.Threads.Fields.Single(of => of.Name == name);
        var (duel, leaves, before) = Switch();
        var address = Layout.Threads.Address<Concrete>(before, field).Value;
        for (var bit = 0; bit < 32; bit++)
        {
            var isRead = (Unread.GetValueOrDefault(name) >> bit & 1) == 0;
            var difference = Flip(duel, leaves, pc => FlipBit(pc, address, bit));
            Assert.True(difference is not null == isRead, $"bit {bit} of {name}");
            Assert.Null(duel.Return());
        }
    }

    [Theory]
    [MemberData(nameof(Registers))]
    public void Each_bit_of_a_register_of_the_thread_that_gets_the_processor_is_compared(int number, string name)
    {
        var (duel, leaves, _) = Switch();
        for (var bit = 0; bit < 32; bit++)
        {
            var difference = Flip(duel, leaves, pc => pc.Cpu.R[number] ^= 1u << bit);
            Assert.True(difference is not null, $"bit {bit} of {name}");
            Assert.Equal(name, difference.Column);
            Assert.Null(duel.Return());
        }
    }

    [Theory]
    [InlineData("eip")]
    [InlineData("esp")]
    [InlineData("eflags")]
    public void Each_bit_that_the_last_instruction_pops_is_compared(string name)
    {
        var popped = Layout.Threads.Fields.Single(of => of.Name == name);
        var (duel, leaves, _) = Switch();
        for (var bit = 0; bit < 32; bit++)
        {
            if (name == "eflags" && (FixedFlags >> bit & 1) != 0)
                continue;
            var difference = Flip(duel, leaves, pc =>
            {
                var row = duel.Machine.View.Current.Value;
                FlipBit(pc, Layout.Threads.Address<Concrete>(row, popped).Value, bit);
            });
            Assert.True(difference is not null, $"bit {bit} of {name}");
            Assert.Null(duel.Return());
        }
    }

    public static TheoryData<string> Areas =>
        [.. Layout.Areas.Where(area => area != Layout.Threads).Select(area => area.Name)];

    [Theory]
    [MemberData(nameof(Areas))]
    public void Each_bit_of_a_row_of_each_other_table_is_compared(string name)
    {
        var area = Layout.Areas.Single(area => area.Name == name);
        var (duel, leaves, _) = Switch();
        foreach (var field in area.Fields)
        foreach (var row in (uint[])[0, 1, 2, 5, area.Rows / 2, area.Rows - 1])
            for (var bit = 0; bit < 32 && row < area.Rows; bit++)
            {
                var address = area.Address<Concrete>(row, field).Value;
                if (Flip(duel, leaves, pc => FlipBit(pc, address, bit)) is null)
                    Assert.True((Free(area, field) >> bit & 1) != 0, $"bit {bit} of row {row} of {field.Name}");
                Assert.Null(duel.Return());
            }
    }

    /// <summary>The threads above the top priority are not those that the event writes.</summary>
    [Fact]
    public void A_top_priority_that_falls_below_a_competing_thread_is_seen()
    {
        var (duel, seen) = (new Duel(new ImageMachine(Image)), 0);
        for (var seed = 1; seed <= 20; seed++)
        {
            Assert.Null(duel.Place(new Generator(seed, Image.Limits).Population()));
            var difference = Flip(duel, new(Entry.Tick), pc => pc.Memory.Store(Layout.Physical(Layout.Top.Base), 4, 0));
            if (!duel.Threads.Any(row => duel.State.Competes(row).Known && duel.State.Priority[row].Value > 0))
                continue;
            Assert.NotNull(difference);
            seen++;
        }

        Assert.True(seen > 0);
    }

    /// <summary>The bits that need not have one value.</summary>
    private static uint Free(Area area, Field field) =>
        area == Layout.Top ? 0xFF // The top priority is an upper bound.
        : area == Layout.Mappings.PageTables
        || area == Layout.Mappings.SmallTables
        || area == Layout.Mappings.Directories
            ? MappingLayout.AccessedAndDirty
        // The processor sets the accessed bit when it loads the descriptor (SDM 3A, 3.4.5.1).
        : field == Layout.DescriptorHigh ? Verified.Machine.Processor.Descriptor.Accessed
        : 0;

    /// <summary>
    /// A state, and an event after which another thread has the processor. The first thread has no small space: if it
    /// had one, it might have run there or not, and a bit of its row would have two right values.
    /// </summary>
    private static (Duel Duel, Event Leaves, uint Before) Switch()
    {
        var duel = new Duel(new ImageMachine(Image));
        for (var seed = 1; seed < 100; seed++)
        {
            var generator = new Generator(seed, Image.Limits);
            Assert.Null(duel.Place(generator.Population()));
            for (var tries = 0; tries < 200; tries++)
            {
                var e = generator.Next(duel.State, duel.Threads);
                var before = duel.State.Current.Value;
                Assert.Null(duel.Step(e));
                if (
                    before != State<Concrete>.Nobody
                    && duel.State.Stage.Value == Stages.User
                    && duel.State.Current.Value is var after
                    && after != before
                    && after != State<Concrete>.Nobody
                    && duel.State.Mappings.Small[duel.State.Task(before)].Value == 0
                )
                {
                    Assert.Null(duel.Return());
                    return (duel, e, before);
                }

                Assert.Null(duel.Return());
            }
        }

        throw new InvalidOperationException("no event gives the processor to another thread");
    }

    /// <summary>Runs the event, and changes the machine before the last instruction of the event.</summary>
    private static Difference? Flip(Duel duel, Event e, Action<Pc> change)
    {
        var (last, count) = (0, 0);
        var pc = duel.Machine.Pc;
        pc.Trace = _ => last++;
        Assert.Null(duel.Step(e));
        pc.Trace = null;
        Assert.Null(duel.Return());
        pc.Trace = pc =>
        {
            if (++count == last)
                change(pc);
        };
        var difference = duel.Step(e);
        pc.Trace = null;
        Assert.True(count >= last);
        return difference;
    }

    private static void FlipBit(Pc pc, uint linear, int bit)
    {
        var physical = Layout.Physical(linear);
        pc.Memory.Store(physical, 4, pc.Memory.Load(physical, 4) ^ 1u << bit);
    }
}
