using Iced.Intel;
using Verified.Kernel;
using Verified.Machine.Timing;
using Verified.Proofs.Bench;
using Verified.Spec;
using Verified.Tests.Machine;
using Xunit;
using static Iced.Intel.AssemblerRegisters;
using Code = Iced.Intel.Code;

namespace Verified.Tests.Timing;

/// <summary>Caches, translations, branch targets, and the second set of numbers.</summary>
public class BuffersTests
{
    private static readonly MemoryTimings P5 = Timings.P5.Memory;

    [Fact]
    public void A_line_is_waited_for_once_and_the_least_recently_used_goes()
    {
        var buffers = new Buffers(Timings.P5);
        int Read(uint address) => buffers.Reach(new(address, address, 4, false));
        Assert.Equal(P5.TableWalk + P5.LineFill, Read(0x1000));
        Assert.Equal(0, Read(0x101C));
        Assert.Equal(P5.LineFill, Read(0x1020));
        // Two ways of 4 KB: the third line of a set throws the first out.
        Assert.Equal(P5.TableWalk + P5.LineFill, Read(0x2000));
        Assert.Equal(0, Read(0x1000));
        Assert.Equal(P5.TableWalk + P5.LineFill, Read(0x3000));
        Assert.Equal(0, Read(0x1000));
        Assert.Equal(P5.LineFill, Read(0x2000));
    }

    [Fact]
    public void A_store_that_misses_neither_waits_nor_takes_a_line()
    {
        var buffers = new Buffers(Timings.P5);
        Assert.Equal(P5.TableWalk, buffers.Reach(new(0x1000, 0x1000, 4, true)));
        Assert.Equal(P5.LineFill, buffers.Reach(new(0x1000, 0x1000, 4, false)));
    }

    [Fact]
    public void Code_and_data_are_apart_on_the_Pentium_and_one_on_the_486()
    {
        foreach (var (timings, again) in new[] { (Timings.P5, P5.TableWalk + P5.LineFill), (Timings.I486, 0) })
        {
            var buffers = new Buffers(timings);
            buffers.Fetch(0x1000, 0x1000, 4);
            Assert.Equal(again, buffers.Reach(new(0x1000, 0x1000, 4, false)));
        }
    }

    [Fact]
    public void Loading_the_directory_forgets_translations_alone()
    {
        var buffers = new Buffers(Timings.P5);
        buffers.Fetch(0x1000, 0x1000, 4);
        buffers.EnterSpace(0x5000);
        Assert.Equal(P5.TableWalk, buffers.Fetch(0x1000, 0x1000, 4));
    }

    [Fact]
    public void Tagged_translations_stay_but_serve_their_own_space_alone()
    {
        var buffers = new Buffers(Timings.TaggedP5);
        buffers.Fetch(0x1000, 0x1000, 4);
        buffers.EnterSpace(0x5000);
        Assert.Equal(P5.TableWalk, buffers.Fetch(0x1000, 0x1000, 4));
        buffers.EnterSpace(0);
        Assert.Equal(0, buffers.Fetch(0x1000, 0x1000, 4));
    }

    [Fact]
    public void Misaligned_data_costs_more() =>
        Assert.Equal(
            P5.TableWalk + P5.LineFill + P5.Misaligned,
            new Buffers(Timings.P5).Reach(new(0x1001, 0x1001, 4, false))
        );

    [Fact]
    public void The_second_level_has_misses_only_if_it_is_there()
    {
        var second = Timings.P5WithSecondLevel.Memory.Second!;
        Assert.Null(P5.Second);
        var buffers = new Buffers(Timings.P5WithSecondLevel);
        // All are in one page of translations but in the frames that are given.
        int Access(uint frame, bool writes = false) => buffers.Reach(new(0x1000, frame, 4, writes));
        Assert.Equal(P5.TableWalk + second.MemoryFill, Access(0x1000));
        // Two more frames with the same first-level set, and other lines of the second level.
        Assert.Equal(second.MemoryFill, Access(0x2000));
        Assert.Equal(second.MemoryFill, Access(0x3000));
        Assert.Equal(P5.LineFill, Access(0x1000));
        // The same line of the second level: what was there goes, and is written back if it was written.
        var other = 0x1000 + (uint)second.Size;
        Assert.Equal(0, Access(0x1000, writes: true));
        Assert.Equal(second.MemoryFill + second.WriteBack, Access(other));
        Access(0x2000);
        Access(0x3000);
        Assert.Equal(second.MemoryFill, Access(0x1000));
        Assert.Equal(second.MemoryFill, buffers.Fetch(0x1000, 0x5000, 4) - P5.TableWalk);
    }

    [Theory]
    [InlineData(false, 0x2FF8, 2)]
    [InlineData(false, 0x2FE0, 2)]
    [InlineData(false, 0x3008, 1)]
    [InlineData(true, 0x3020, 2)]
    public void A_repeated_string_instruction_waits_for_each_line_and_page(bool backward, int from, int pages)
    {
        // 16 dwords are two lines or three, in one page or two.
        var lines = from % 32 == 0 && !backward ? 2 : 3;
        var pc = TestPc.With(c =>
        {
            if (backward)
                c.std();
            c.mov(esi, from);
            c.mov(ecx, 16);
            c.rep.lodsd();
            c.hlt();
        });
        List<Timed> path = [];
        using (new CycleCounter(pc, timed: path.Add, buffers: new Buffers(Timings.P5)))
            pc.RunToHalt();
        var waited = path.Single(timed => timed.Step.Instruction.Mnemonic == Mnemonic.Lodsd).Waited;
        Assert.Equal(pages * P5.TableWalk + lines * P5.LineFill, waited);
    }

    [Fact]
    public void A_branch_is_expected_where_it_went_before()
    {
        var buffers = new Buffers(Timings.P5);
        Assert.True(buffers.Predicts(0x100, taken: false, 0x102));
        Assert.False(buffers.Predicts(0x100, taken: true, 0x200));
        Assert.True(buffers.Predicts(0x100, taken: true, 0x200));
        Assert.False(buffers.Predicts(0x100, taken: true, 0x300));
        // Two fall-throughs are mispredicted, and then the prediction has changed.
        Assert.False(buffers.Predicts(0x100, taken: false, 0x102));
        Assert.False(buffers.Predicts(0x100, taken: false, 0x102));
        Assert.True(buffers.Predicts(0x100, taken: false, 0x102));
    }

    [Fact]
    public void Entering_and_leaving_takes_107_cycles_of_a_486()
    {
        var gate = Instruction.Create(Code.Int_imm8, 0x30);
        var path = Pipeline.Time(
            [
                new(gate, Taken: true, Ring: 3, NextRing: 0),
                new(Instruction.Create(Code.Iretd), Taken: true, Ring: 0, NextRing: 3),
            ],
            timings: Timings.I486
        );
        Assert.Equal([71, 36], path.Select(timed => timed.Cycles));
    }

    [Fact]
    public void Each_condition_of_the_kernels_paths_only_adds()
    {
        var image = KernelImage.Build(Limits.Shipping, new(Programs: []));
        var (ideal, repeated, cold) = (
            KernelPaths.Measure(image),
            KernelPaths.Measure(image, PathConditions.Repeated),
            KernelPaths.Measure(image, PathConditions.Cold)
        );
        for (var i = 0; i < ideal.Count; i++)
        {
            Assert.True(ideal[i].Cycles <= repeated[i].Cycles && repeated[i].Cycles < cold[i].Cycles, ideal[i].Name);
            Assert.Equal(cold[i].Cycles, cold[i].Shares.Sum(share => share.Cycles));
        }

        // Ipc between spaces loses the translations; ipc within a space keeps them.
        long Waits(string name) =>
            repeated.Single(path => path.Name == name).Shares.FirstOrDefault(share => share.What == "memory").Cycles;
        Assert.True(
            Waits("ipc fast, call, between spaces") >= Waits("ipc fast, call, within a space") + 5 * P5.TableWalk
        );
    }

    [Fact]
    public void Every_instruction_of_the_kernel_has_its_486_clocks()
    {
        var image = KernelImage.Build(Limits.Shipping, new(Programs: []));
        Assert.All(KernelPaths.Measure(image, new(Timings.I486)), path => Assert.True(path.Cycles > path.Instructions));
        var (start, end) = image.Code;
        var code = image.Text.Bytes[(int)(start - image.Text.Linear)..(int)(end - image.Text.Linear)];
        Assert.Equal(end, Pipeline.Straight(code, start, Timings.I486)[^1].Step.Instruction.NextIP32);
    }
}
