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
                [typeof(CommandLine).Assembly.Location, "watch", "image.id_nearest", "--cache", "cache", "--jobs", "2"]
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
        await Until("watch: FAILED, ");

        _sources.Edit(FastPath, Wrong, "nothing");
        await Until($"  {FastPath}:");
        await Until("watch: FAILED, ");

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

        async Task Until(string text)
        {
            using var limit = new CancellationTokenSource(Patience);
            List<string> seen = [];
            while (await watch.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                seen.Add(line);
                if (line.Contains(text, StringComparison.Ordinal))
                    return;
            }

            Assert.Fail($"'{text}' was not printed, but: {string.Join('\n', seen)}");
        }
    }
}
