using Verified.Proofs.Commands;
using Xunit;

namespace Verified.Tests.Commands;

/// <summary>The parts of the main job: whatever ends first, the output is that of one part after the other.</summary>
public sealed class PartsTests : IDisposable
{
    private readonly StringWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public void Lines_and_claims_are_in_the_order_of_the_parts_if_a_later_part_ends_first()
    {
        using var ended = new ManualResetEventSlim();
        var parts = new Parts(new(_output));
        parts.Add("slow", 2, display =>
        {
            display.Line("slow begins");
            Assert.True(ended.Wait(TimeSpan.FromMinutes(1)));
            display.Line("slow ends");
            return [Claimed("slow")];
        });
        parts.Add("quick", 1, display =>
        {
            display.Line("quick");
            ended.Set();
            return [Claimed("quick")];
        });
        var claims = parts.Run(2);
        Assert.Equal(["slow", "quick"], claims.Select(claim => claim.What));
        Assert.Equal(["slow begins", "slow ends", "quick"], Lines.Take(3));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void The_number_of_workers_changes_no_line_of_a_part_and_no_claim(int workers)
    {
        var parts = new Parts(new(_output));
        for (var n = 0; n < 20; n++)
        {
            var number = n;
            parts.Add($"part {n}", n % 3, display =>
            {
                display.Line($"line {number}");
                return [Claimed($"claim {number}")];
            });
        }

        var claims = parts.Run(workers);
        Assert.Equal(Enumerable.Range(0, 20).Select(n => $"claim {n}"), claims.Select(claim => claim.What));
        Assert.Equal(Enumerable.Range(0, 20).Select(n => $"line {n}"), Lines.Take(20));
    }

    [Fact]
    public void A_part_of_several_jobs_ends_once_after_its_last_job()
    {
        var (done, ends) = (0, 0);
        var parts = new Parts(new(_output));
        parts.Add(
            _ => Enumerable.Range(0, 50).Select(n => ($"job {n}", 0, (Action)(() => Interlocked.Increment(ref done)))),
            _ =>
            {
                ends++;
                return [Claimed($"{done} jobs")];
            }
        );
        Assert.Equal("50 jobs", Assert.Single(parts.Run(4)).What);
        Assert.Equal(1, ends);
    }

    [Fact]
    public void The_exception_of_a_job_ends_the_run()
    {
        var parts = new Parts(new(_output));
        parts.Add("good", 1, _ => [Claimed("good")]);
        parts.Add("bad", 0, _ => throw new CommandException("no such thing"));
        Assert.Equal("no such thing", Assert.Throws<CommandException>(() => parts.Run(2)).Message);
    }

    private string[] Lines => _output.ToString().Split(Environment.NewLine);

    private static Claim Claimed(string what) => new(what, Standing.Tested, "");
}
