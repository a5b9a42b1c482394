using Verified.Proofs.Events;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Diff;

public class StepInWordsTests
{
    [Theory]
    [InlineData(0x00000000u, "timeouts never")]
    [InlineData(0x00000011u, "timeouts 0")]
    [InlineData(0x02010 | 0x02000000u, "timeouts send 0 receive never")]
    [InlineData(0x020300EEu, "timeouts send 12 us receive 8 us")]
    [InlineData(0x010100AAu, "timeouts 1.024 ms")]
    [InlineData(0xFF000001u, "timeouts send never receive 68451.041 s")]
    public void A_timeout_is_told_as_a_time(uint timeouts, string text) =>
        Assert.Contains(text, Call(Descriptor.None ^ Descriptor.None, 0, timeouts));

    [Fact]
    public void Only_the_phases_of_the_ipc_have_timeouts()
    {
        Assert.Contains("timeout 12 us", Call(0, Descriptor.None, 0x020300EE));
        Assert.Contains("timeout 8 us", Call(Descriptor.None, 0, 0x020300EE));
        Assert.DoesNotContain("timeout", Call(Descriptor.None, Descriptor.None, 0x020300EE));
    }

    private static string Call(uint send, uint receive, uint timeouts)
    {
        var state = BootedState.AtUser(new(Limits.Shipping));
        var registers = Registers.Of(state, state.Current.Value) with { Eax = send, Ebp = receive, Ecx = timeouts };
        return Transcript.Of(new(BootedState.Snapshot(Limits.Shipping), [new(Entry.Ipc, registers)], Booted: true))[0];
    }
}
