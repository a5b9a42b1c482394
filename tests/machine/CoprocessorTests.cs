using Verified.Machine.Computer;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>The control instructions of the x87, with which kernels detect it and switch its state.</summary>
public class CoprocessorTests
{
    private const uint First = TestPc.Data,
        Second = TestPc.Data + 0x100;

    [Fact]
    public void A_save_tells_the_initial_state_and_initialises()
    {
        var pc = TestPc
            .With(c =>
            {
                c.fninit();
                c.mov(__word_ptr[First], 0x27F);
                c.fldcw(__word_ptr[First]);
                c.fnsave(__[First]);
                c.fnstcw(__word_ptr[Second]);
                c.hlt();
            })
            .RunToHalt();
        Assert.Equal((0xFFFF027Fu, 0xFFFF0000u, 0xFFFFFFFFu), (pc.Peek(First), pc.Peek(First + 4), pc.Peek(First + 8)));
        Assert.Equal(0x37Fu, pc.Peek(Second) & 0xFFFF);
    }

    [Fact]
    public void Two_programs_keep_their_states_apart()
    {
        var pc = TestPc.With(c =>
        {
            c.frstor(__[First]);
            c.fnsave(__[First + 0x80]);
            c.frstor(__[Second]);
            c.fnsave(__[Second + 0x80]);
            c.hlt();
        });
        for (uint i = 0; i < 27; i++)
        {
            pc.Poke(First + 4 * i, 0x11111111 + i);
            pc.Poke(Second + 4 * i, 0x22222222 + i);
        }
        pc.RunToHalt();
        foreach (var at in (ReadOnlySpan<uint>)[First, Second])
        {
            for (uint i = 0; i < 27; i++)
                Assert.Equal(
                    i < 3 ? pc.Peek(at + 4 * i) | 0xFFFF0000 : pc.Peek(at + 4 * i),
                    pc.Peek(at + 0x80 + 4 * i)
                );
        }
    }

    [Fact]
    public void The_narrow_environment_is_seven_words()
    {
        var pc = TestPc.With(0xDB, 0xE3, 0x66, 0xD9, 0x35, 0, 0, 2, 0, 0xF4);
        pc.Poke(First + 12, 0x5A5A5A5A);
        pc.RunToHalt();
        Assert.Equal((0x037Fu, 0xFFFFu, 0x5A5A0000u), (pc.Peek(First), pc.Peek(First + 4), pc.Peek(First + 12)));
    }

    [Fact]
    public void An_environment_that_is_stored_masks_every_exception()
    {
        var pc = TestPc.With(c =>
        {
            c.fldcw(__word_ptr[First]);
            c.fnstenv(__[First + 0x80]);
            c.fnstcw(__word_ptr[Second]);
            c.hlt();
        });
        pc.Poke(First, 0x340);
        pc.RunToHalt();
        Assert.Equal((0xFFFF0340u, 0x37Fu), (pc.Peek(First + 0x80), pc.Peek(Second) & 0xFFFF));
    }

    [Fact]
    public void A_snapshot_keeps_it()
    {
        var pc = TestPc.With(c =>
        {
            c.fninit();
            c.hlt();
            c.fldcw(__word_ptr[First]);
            c.fnstcw(__word_ptr[Second]);
            c.hlt();
        });
        pc.Poke(First, 0x340);
        pc.RunToHalt();
        pc.Snapshot();
        for (var i = 0; i < 2; i++)
        {
            pc.Restore();
            pc.Cpu.Halted = false;
            Assert.Equal(StopReason.Halted, pc.Run(10));
            Assert.Equal(0x340u, pc.Peek(Second) & 0xFFFF);
        }
        pc.Restore();
        pc.Cpu.Halted = false;
        pc.Memory.Write(pc.Cpu.Eip, [0xD9, 0x3D, 0, 0, 2, 0, 0xF4]);
        Assert.Equal(StopReason.Halted, pc.Run(10));
        Assert.Equal(0x37Fu, pc.Peek(First) & 0xFFFF);
    }
}
