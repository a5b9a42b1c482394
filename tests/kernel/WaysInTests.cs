using System.Text.RegularExpressions;
using Verified.Kernel;
using Verified.Proofs.Prove;
using Verified.Spec;
using Verified.Tests.Meaning;
using Xunit;

namespace Verified.Tests.Kernel;

/// <summary>
/// The table of vectors, against the numbers of the interface and of the manual (SDM vol. 3, table 6-1).
/// </summary>
public sealed partial class WaysInTests
{
    private const uint Ring3 = 3;

    [Fact]
    public void System_calls_have_the_names_and_vectors_of_the_interface()
    {
        var calls = InterfaceRow()
            .Matches(File.ReadAllText(Path.Combine(Sources.Root, "spec", "interface", "README.md")))
            .Select(row => (row.Groups["name"].Value, Convert.ToUInt32(row.Groups["vector"].Value, 16)))
            .ToList();
        Assert.Contains(("task_new", 0x36u), calls);
        Assert.Contains(("exchange_trap", 0x37u), calls);
        Assert.Equal(calls, WaysIn.SystemCalls.Select(call => (call.Symbol, call.Vector)));
        Assert.Equal(
            calls.Select(call => call.Item1.Replace("_", "", StringComparison.Ordinal)),
            WaysIn.SystemCalls.Select(call => $"{call.Entry}".ToLowerInvariant())
        );
    }

    [Fact]
    public void Users_may_raise_system_calls_INT3_and_INTO_and_nothing_else() =>
        Assert.Equal(
            [3u, 4, .. WaysIn.SystemCalls.Select(call => call.Vector)],
            WaysIn.All.Where(way => way.Ring == Ring3).Select(way => way.Vector)
        );

    [Fact]
    public void The_processor_pushes_an_error_code_for_the_vectors_of_the_manual() =>
        Assert.Equal(
            [8u, 10, 11, 12, 13, 14, 17],
            WaysIn.All.Where(way => way.PushesErrorCode).Select(way => way.Vector)
        );

    [Fact]
    public void Exceptions_without_a_pager_message_are_panics_or_have_no_gate()
    {
        Assert.Equal(
            [0u, 1, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 16, 17],
            WaysIn.Exceptions.Select(exception => exception.Vector)
        );
        Assert.Equal([2u, 8, 18], WaysIn.All.Where(way => way.Kind == WayInKind.Panic).Select(way => way.Vector));
        Assert.All(WaysIn.All, way => Assert.Equal(way.Entry is null, way.WhyNever is not null));
    }

    [Fact]
    public void Each_line_of_the_controllers_that_users_may_have_has_a_vector() =>
        Assert.Equal(
            [0x20u, 0x21, .. Enumerable.Range(0x23, 13).Select(vector => (uint)vector)],
            WaysIn.All.Where(way => way.Kind == WayInKind.Interrupt).Select(way => way.Vector)
        );

    [Fact]
    public void Each_vector_is_once_in_the_table_in_ascending_order() =>
        Assert.Equal(WaysIn.All.Select(way => way.Vector).Distinct().Order(), WaysIn.All.Select(way => way.Vector));

    [Fact]
    public void The_ways_of_the_theorems_are_one_for_each_vector_and_stage()
    {
        var expected = WaysIn
            .All.Where(row => row.Entry is not null)
            .SelectMany(row => row.Stages.Select(stage => ((int)row.Vector, stage)))
            .Order();
        Assert.Equal(
            expected,
            Way.All.Where(way => way.Vector >= 0 && way.Step is not (Entry.Outgrow or Entry.Trap))
                .Select(way => (way.Vector, way.Stage))
                .Order()
        );
    }

    [Fact]
    public void Exception_13_has_three_ways_and_each_case_is_in_one_of_them()
    {
        var ways = Way.All.Where(way => way.Vector == FaultMessage.Protection).ToList();
        foreach (var (traps, isSmall) in ((bool, bool)[])[(false, false), (false, true), (true, false), (true, true)])
            Assert.Single(ways, way => way.Traps == traps && (way.InSmallSpace is null || way.InSmallSpace == isSmall));
    }

    // A row of the table of system calls: "| ipc | 30h | ...".
    [GeneratedRegex(@"^\| (?<name>[a-z_]+) \| (?<vector>[0-9A-F]{2})h \|", RegexOptions.Multiline)]
    private static partial Regex InterfaceRow();
}
