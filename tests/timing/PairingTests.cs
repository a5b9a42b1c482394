using Verified.Tests.Machine;
using Xunit;
using static Iced.Intel.AssemblerRegisters;
using static Verified.Tests.Timing.Pipelines;

namespace Verified.Tests.Timing;

/// <summary>Which instructions share a cycle in the two pipelines.</summary>
public class PairingTests
{
    [Fact]
    public void Independent_simple_instructions_share_a_cycle()
    {
        Assert.Equal(
            1,
            Cycles(c =>
            {
                c.mov(eax, 1);
                c.mov(ecx, 2);
            })
        );
        Assert.Equal(
            2,
            Cycles(c =>
            {
                c.mov(eax, 1);
                c.mov(ecx, 2);
                c.inc(edx);
                c.lea(ebx, __[esi + 4]);
            })
        );
        Assert.Equal(
            2,
            Cycles(c =>
            {
                c.mov(eax, 1);
                c.mov(ecx, 2);
                c.inc(edx);
            })
        );
    }

    [Fact]
    public void A_register_written_by_the_first_keeps_the_second_out()
    {
        Assert.False(
            Pairs(c =>
            {
                c.mov(eax, 1);
                c.add(ecx, eax);
            })
        );
        Assert.False(
            Pairs(c =>
            {
                c.mov(eax, 1);
                c.mov(eax, 2);
            })
        );
        Assert.False(
            Pairs(c =>
            {
                c.mov(al, 1);
                c.mov(ah, 2);
            })
        );
        Assert.True(
            Pairs(c =>
            {
                c.mov(ecx, eax);
                c.mov(eax, 2);
            })
        );
    }

    [Fact]
    public void Flags_and_the_stack_pointer_are_the_exceptions()
    {
        Assert.True(
            Pairs(c =>
            {
                c.cmp(eax, ecx);
                c.je(TestPc.Code + 0x20);
            })
        );
        Assert.True(
            Pairs(c =>
            {
                c.add(eax, ecx);
                c.inc(edx);
            })
        );
        Assert.Equal(
            1,
            Cycles(c =>
            {
                c.push(eax);
                c.push(ecx);
            })
        );
        Assert.Equal(
            1,
            Cycles(c =>
            {
                c.pop(eax);
                c.pop(ecx);
            })
        );
        Assert.Equal(
            3,
            Cycles(c =>
            {
                c.pop(esp);
                c.pop(ecx);
            })
        );
    }

    [Fact]
    public void Some_go_first_some_second_some_alone()
    {
        Assert.True(
            Pairs(c =>
            {
                c.shr(eax, 5);
                c.inc(ecx);
            })
        );
        Assert.False(
            Pairs(c =>
            {
                c.inc(ecx);
                c.shr(eax, 5);
            })
        );
        Assert.False(
            Pairs(c =>
            {
                c.inc(ecx);
                c.adc(eax, edx);
            })
        );
        Assert.False(
            Pairs(c =>
            {
                c.jmp(TestPc.Code + 0x20);
                c.inc(ecx);
            })
        );
        Assert.False(
            Pairs(c =>
            {
                c.inc(ecx);
                c.neg(eax);
            })
        );
        Assert.False(
            Pairs(c =>
            {
                c.inc(ecx);
                c.shl(eax, cl);
            })
        );
    }

    [Fact]
    public void Displacement_with_immediate_and_prefixes_restrict()
    {
        Assert.False(
            Pairs(c =>
            {
                c.inc(ecx);
                c.mov(__dword_ptr[eax + 4], 1);
            })
        );
        Assert.True(
            Pairs(c =>
            {
                c.inc(ecx);
                c.mov(__dword_ptr[eax], 1);
            })
        );
        Assert.True(
            Pairs(c =>
            {
                c.inc(ecx);
                c.mov(__dword_ptr[eax + 4], edx);
            })
        );
        Assert.False(
            Pairs(c =>
            {
                c.inc(ecx);
                c.mov(ax, dx);
            })
        );
        Assert.Equal(
            2,
            Cycles(c =>
            {
                c.mov(ax, dx);
                c.inc(ecx);
            })
        );
    }
}
