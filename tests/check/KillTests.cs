using System.Diagnostics;
using System.Text.Json;
using Verified.Proofs.Check;
using Verified.Proofs.Commands;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Check;

/// <summary>
/// Processes that are killed, are interrupted, or cannot write, while they search with a checkpoint.
/// </summary>
public sealed class KillTests : IDisposable
{
    private const string Name = "schedulers";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("verified-kill").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Kept => Path.Combine(_folder, "kept");

    private string Progress => Path.Combine(Kept, Name, "progress.json");

    [Fact]
    public async Task A_search_that_is_killed_at_random_moments_ends_with_the_same_counts()
    {
        var random = new Random(7);
        var killed = 0;
        for (var n = 0; n < 4; n++)
        {
            using var child = Start();
            if (await Kill(child, n == 0 ? 0 : random.Next(1, 4), random.Next(0, 200)))
                killed++;
        }

        Assert.True(killed > 1, "the search ended before it was killed");
        await EndsAsPinned();
    }

    [FactWith(Tool.Linux)]
    public async Task An_interrupted_search_reports_its_states_and_keeps_them()
    {
        using (var child = Start("--json"))
        {
            await Appears(child, 1);
            using (var kill = Process.Start("kill", ["-INT", $"{child.Id}"]))
                await kill.WaitForExitAsync();
            var error = child.StandardError.ReadToEndAsync();
            var output = await child.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
            await child.WaitForExitAsync().WaitAsync(Patience);
            Assert.Equal(CommandLine.Unusable, child.ExitCode);
            var result = JsonDocument.Parse(output).RootElement[0];
            Assert.Equal("interrupted", result.GetProperty("notComplete").GetString());
            var states = result.GetProperty("states").GetInt32();
            Assert.Equal($"verified: check {Name}: {states:N0} states, not complete: interrupted\n", await error);
            Assert.Contains($"\"States\":{states},", await File.ReadAllTextAsync(Progress));
        }

        await EndsAsPinned();
    }

    [FactWith(Tool.Linux)]
    public async Task A_full_disk_is_told_in_one_line_and_nothing_is_lost()
    {
        // A limit on the size of files makes writes fail as a full disk does, without a disk to fill. The runtime's
        // own mapping of code counts as a file, so it is turned off.
        var shell = $"trap '' XFSZ; ulimit -f 4000; exec dotnet '{Assembly}' check {Name} --checkpoint '{Kept}'";
        using var child = Start("sh", ["-c", shell], ("DOTNET_EnableWriteXorExecute", "0"));
        var error = await child.StandardError.ReadToEndAsync().WaitAsync(Patience);
        await child.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal(CommandLine.Unusable, child.ExitCode);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Contains("nothing that it has is lost", error);
        Assert.InRange(new FileInfo(Path.Combine(Kept, Name, "states")).Length, 100_000, 4000 * 1024);
        await EndsAsPinned();
    }

    [Fact]
    public async Task A_search_that_continues_says_so()
    {
        using (var child = Start())
            await Kill(child, 2, 0);
        using var last = Start("--depth", "1");
        Assert.Equal("check invariants: ", (await last.StandardOutput.ReadLineAsync())?[..18]);
        Assert.Matches(
            $"^check {Name}: continues the search of its checkpoint, from [1-9][0-9,]* states$",
            await last.StandardOutput.ReadLineAsync()
        );
        last.Kill();
        await last.WaitForExitAsync();
    }

    [Fact]
    public async Task A_second_process_with_the_same_checkpoint_is_refused()
    {
        using var first = Start();
        await Appears(first, 1);
        using var second = Start();
        var error = await second.StandardError.ReadToEndAsync().WaitAsync(Patience);
        await second.WaitForExitAsync().WaitAsync(Patience);
        first.Kill();
        Assert.Equal(CommandLine.Unusable, second.ExitCode);
        Assert.Contains("used by another process", error);
    }

    private async Task EndsAsPinned()
    {
        using var last = Start("--json");
        var output = await last.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
        await last.WaitForExitAsync().WaitAsync(Patience);
        Assert.Equal(CommandLine.Holds, last.ExitCode);
        var result = JsonDocument.Parse(output).RootElement[0];
        var pinned = Model.All.Single(model => model.Name == Name).Pinned!;
        Assert.Equal(
            (pinned.States, pinned.Transitions, pinned.Levels),
            (
                result.GetProperty("states").GetInt32(),
                result.GetProperty("transitions").GetInt64(),
                result.GetProperty("levels").GetInt32()
            )
        );
        Assert.True(result.GetProperty("complete").GetBoolean());
    }

    // Kills a search after its progress was kept a number of times, and some time later: whether it was running.
    private async Task<bool> Kill(Process child, int times, int milliseconds)
    {
        await Appears(child, times);
        await Task.Delay(milliseconds);
        var ran = !child.HasExited;
        child.Kill();
        await child.WaitForExitAsync();
        return ran;
    }

    private async Task Appears(Process child, int times)
    {
        var (clock, seen) = (Stopwatch.StartNew(), Read());
        while (times > 0 && !child.HasExited && clock.Elapsed < Patience)
        {
            await Task.Delay(5);
            if (Read() is var now && now == seen)
                continue;
            seen = now;
            times--;
        }

        string Read()
        {
            try
            {
                return File.Exists(Progress) ? File.ReadAllText(Progress) : "";
            }
            catch (IOException)
            {
                return "";
            }
        }
    }

    private static string Assembly => typeof(CommandLine).Assembly.Location;

    private Process Start(params string[] more) =>
        Start("dotnet", [Assembly, "check", Name, "--checkpoint", Kept, .. more]);

    private Process Start(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
