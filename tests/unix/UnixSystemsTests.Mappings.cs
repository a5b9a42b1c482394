using Verified.Kernel;
using Verified.Proofs.Unix;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Unix;

/// <summary>
/// The kernel's page tables and map nodes are divided: processes of one system cannot use up what the other one needs.
/// They have mcp 0, so they get pages only from their server, which counts them.
/// </summary>
public partial class UnixSystemsTests
{
    private const string Taken = "taken: 0\r\n";

    [TheoryWith(OnMachine)]
    [InlineData('a')]
    [InlineData('b')]
    [InlineData('c')]
    [InlineData('d')]
    [InlineData('e')]
    [InlineData('f')]
    [InlineData('g')]
    public void Processes_cannot_use_up_the_tables_that_the_other_system_needs(char way)
    {
        var ended = Attack(WithMappings(), Taken, $"{way}\r");
        Assert.Equal(First.WithStatus(0) + End(1, 0), RealTime().Replace(ended.First, ""));
        Assert.Equal(0, ended.Status);
        CheckIntervals(ended);
    }

    // A process that takes a page of another process breaks the rules of both. The other ways break the receiver's.
    [TheoryWith(OnMachine)]
    [InlineData('a', true)]
    [InlineData('b', true)]
    [InlineData('c', false)]
    [InlineData('d', false)]
    [InlineData('e', false)]
    [InlineData('f', false)]
    public void A_kernel_without_the_rules_of_mcp_0_lets_them_use_up_the_tables(char way, bool ofSender)
    {
        const byte ofEsi = 0x7E,
            ofEbp = 0x7D;
        var boot = WithMappings();
        var damaged = WithoutRule(boot.Kernel, ofEbp);
        if (ofSender)
            damaged = WithoutRule(damaged, ofEsi);
        IsHarmed(Attack(boot with { Kernel = damaged }, Taken, $"{way}\r"));
    }

    // The kernel compares the mcp of the thread at a register with -1 in place of 0, so it finds no mcp 0.
    private static byte[] WithoutRule(byte[] kernel, byte register)
    {
        byte[] rule = [0x83, register, (byte)Layout.Mcp.Offset, 0];
        var damaged = kernel.ToArray();
        var count = 0;
        for (int at = 0, found; (found = damaged.AsSpan(at).IndexOf(rule)) >= 0; at += found + rule.Length, count++)
            damaged[at + found + 3] = 0xFF;
        Assert.InRange(count, 1, 2);
        return damaged;
    }

    [FactWith(OnMachine)]
    public void A_server_that_does_not_count_lets_them_use_up_the_map_nodes() =>
        IsHarmed(
            Attack(
                UnixSystems.WithServer(WithMappings(), UnixSystems.ChangedServer("mapped_pages > own.nodes", "0")),
                Taken,
                "g\r"
            )
        );

    private static void IsHarmed(UnixSystems.Ended ended)
    {
        Assert.EndsWith(Taken, ended.Second, StringComparison.Ordinal);
        Assert.Contains("unix: no room for pages of the process", ended.First, StringComparison.Ordinal);
    }

    private static UnixBoot WithMappings() =>
        UnixSystems.Boot(Files.Value, UnixSystem.ArchiveOf(UnixSystem.Program("mappings")));
}
