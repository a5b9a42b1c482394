using System.Diagnostics;
using Verified.Proofs.Commands;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Watch;

/// <summary>The verb <c>watch</c> in a process of its own, while files are edited.</summary>
public sealed class WatchTests : IDisposable
{
    private const string FastPath = "kernel/code/ipc/FastPath.cs",
        Calls = "kernel/code/entry/Entries.cs",
        IdNearest = "c.mov(eax, Current(Layout.Id));",
        Guard = "c.cmp(eax, esi);\n        c.ja(otherwise);",
        Wrong = "c.cmp(eax, ebp);\n        c.ja(otherwise);";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly SourceCopy _sources = new();

    public void Dispose() => _sources.Dispose();

    [FactWith(Tool.Linux)]
    public async Task Each_edit_gets_an_answer_and_the_exit_code_is_that_of_the_last()
    {
        using var watch = Process.Start(
            new ProcessStartInfo(
                "dotnet",
                [
                    typeof(CommandLine).Assembly.Location,
                    "watch",
                    "image.id_nearest",
                    "--cache",
                    "cache",
                    "--jobs",
                    "2",
                    "--html",
                    "page.html",
                ]
            )
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = _sources.Folder,
            }
        )!;
        var errors = watch.StandardError.ReadToEndAsync();
        await Until("watch: ready after");

        _sources.Edit(FastPath, Guard, Wrong);
        await Until("what differs: ");
        await Until($"{FastPath}:");
        var command = (await Until("saved: verified ")).Split("verified ")[1];
        await Until("watch: FAILED, ");
        await Until("page: page.html");
        Assert.Contains(FastPath, await File.ReadAllTextAsync(Page));
        AssertRepeats(command);

        _sources.Edit(FastPath, Wrong, "nothing");
        await Until($"  {FastPath}:");
        await Until("watch: FAILED, ");
        await Until("page: page.html is removed");
        Assert.False(File.Exists(Page));

        _sources.Edit(FastPath, "nothing", Wrong);
        await Until("page: page.html");
        _sources.Edit(FastPath, Wrong, "nothing");
        await Until("page: page.html is removed");

        _sources.Edit(FastPath, "nothing", Guard);
        await Until("watch: no difference, ");

        // The image does the same with one more instruction, but its bytes differ, so its theorem is proved again.
        _sources.Edit(Calls, IdNearest, $"c.nop();{IdNearest}");
        await Until("watch: the code differs at id_nearest");
        await Until("watch: no difference, ");
        await Until("prove image.id_nearest: proved, ");

        using (var kill = Process.Start("kill", ["-INT", $"{watch.Id}"]))
            await kill.WaitForExitAsync();
        using var patience = new CancellationTokenSource(Patience);
        await watch.WaitForExitAsync(patience.Token);
        Assert.Equal(CommandLine.Holds, watch.ExitCode);
        Assert.Empty(await errors);

        async Task<string> Until(string text)
        {
            using var limit = new CancellationTokenSource(Patience);
            List<string> seen = [];
            while (await watch.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                seen.Add(line);
                if (line.Contains(text, StringComparison.Ordinal))
                    return line;
            }

            throw new InvalidOperationException($"'{text}' was not printed, but: {string.Join('\n', seen)}");
        }
    }

    private string Page => Path.Combine(_sources.Folder, "page.html");

    // The printed command repeats the failure, although the edited image is not the one that this program builds.
    private void AssertRepeats(string command)
    {
        using var replay = Process.Start(
            new ProcessStartInfo("dotnet", [typeof(CommandLine).Assembly.Location, .. command.Split(' ')])
            {
                RedirectStandardOutput = true,
                WorkingDirectory = _sources.Folder,
            }
        )!;
        Assert.Contains("what differs: ", replay.StandardOutput.ReadToEnd());
        replay.WaitForExit();
        Assert.Equal(CommandLine.Refuted, replay.ExitCode);
    }
}
