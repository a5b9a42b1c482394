using Verified.Machine.Processor;
using Verified.Proofs.Oracle;
using Xunit;

namespace Verified.Tests.Oracle;

/// <summary>The comparison accepts the results in which real processors differ, and no others.</summary>
public class ProcessorDifferencesTests
{
    private const uint Checked = 0x40202;

    [Theory]
    [InlineData("1F", Vectors.PageFault, null, 0x202)] // POP DS of a word before a page that is absent.
    [InlineData("17", Vectors.PageFault, Vectors.GeneralProtection, 0x202)] // POP SS, of a selector that does not do.
    [InlineData("CB", Vectors.StackFault, null, 0x202)] // RETF with its selector at the end of the stack's segment.
    [InlineData("625000", Vectors.PageFault, Vectors.BoundRange, 0x202)] // BOUND below the lower bound.
    [InlineData("0103", Vectors.GeneralProtection, Vectors.AlignmentCheck, Checked)] // ADD [FFFFFFFFh], EAX
    [InlineData("6303", Vectors.PageFault, null, 0x202)] // ARPL that changes nothing.
    public void A_fault_that_only_some_processors_meet_is_let_through(string code, int own, int? host, int eflags)
    {
        var c = Make(code, (uint)eflags);
        Assert.Null(OutcomeComparison.Of(c, After(own, c.Eflags), After(host, c.Eflags)));
        // The processor that completes may do so only where ours faults, not the other way round.
        if (host is null)
            Assert.NotNull(OutcomeComparison.Of(c, After(null, c.Eflags), After(own, c.Eflags)));
    }

    [Theory]
    [InlineData("58", Vectors.PageFault, null, 0x202)] // POP EAX
    [InlineData("661F", Vectors.PageFault, null, 0x202)] // POP DS as a word.
    [InlineData("625000", Vectors.PageFault, null, 0x202)] // BOUND that finds no fault.
    [InlineData("0103", Vectors.GeneralProtection, Vectors.AlignmentCheck, 0x202)] // ADD without alignment checks.
    [InlineData("0103", Vectors.AlignmentCheck, Vectors.GeneralProtection, Checked)] // The other way round.
    [InlineData("0103", Vectors.GeneralProtection, Vectors.PageFault, Checked)]
    [InlineData("1F", Vectors.PageFault, Vectors.Debug, 0x202)]
    public void Any_other_fault_is_a_difference(string code, int own, int? host, int eflags)
    {
        var c = Make(code, (uint)eflags);
        Assert.NotNull(OutcomeComparison.Of(c, After(own, c.Eflags), After(host, c.Eflags)));
    }

    [Theory]
    [InlineData("F2AF", true)] // REPNE SCASD
    [InlineData("F3A6", true)] // REPE CMPSB
    [InlineData("AF", false)]
    [InlineData("F3A4", false)] // REP MOVSB
    public void Flags_are_open_at_the_fault_of_a_repeated_comparison_only(string code, bool open)
    {
        var c = Make(code, 0x202);
        var (one, other) = (After(Vectors.PageFault, 0x202), After(Vectors.PageFault, 0x202 | Flag.Zero));
        Assert.Equal(open, OutcomeComparison.Of(c, one, other) is null);
        // A direction flag that changes is a difference in any case.
        Assert.NotNull(OutcomeComparison.Of(c, one, After(Vectors.PageFault, 0x202 | Flag.Direction)));
    }

    [Theory]
    [InlineData("61", true)] // POPAD
    [InlineData("58", false)] // POP EAX
    public void Registers_are_open_at_the_fault_of_popa_only(string code, bool open)
    {
        var c = Make(code, 0x202);
        var (one, other) = (After(Vectors.PageFault, 0x202), After(Vectors.PageFault, 0x202));
        other.Registers[7] = 5;
        Assert.Equal(open, OutcomeComparison.Of(c, one, other) is null);
        Assert.NotNull(OutcomeComparison.Of(c, After(null, 0x202), other with { Vector = null }));
    }

    private static Case Make(string code, uint eflags)
    {
        const uint eip = Arena.Code + 0x400;
        var bytes = Convert.FromHexString(code);
        Assert.True(CaseGenerator.TryDecode(bytes, true, eip, out var instruction));
        return new()
        {
            Instruction = instruction,
            Bytes = bytes,
            Registers = new uint[8],
            Segments = [Arena.FlatData, Arena.FlatCode, Arena.FlatData, Arena.FlatData, Arena.FlatData, Arena.FlatData],
            Eip = eip,
            Eflags = eflags,
            Pokes = [],
        };
    }

    private static Outcome After(int? vector, uint eflags) =>
        new()
        {
            Vector = vector,
            Registers = new uint[8],
            Eip = Arena.Code + 0x400,
            Eflags = eflags,
            Segments = new ushort[6],
            Changes = [],
        };
}
