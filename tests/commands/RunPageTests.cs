using System.Text.Json;
using System.Text.RegularExpressions;
using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Tests.Host;
using Verified.Tests.Unix;
using Xunit;

namespace Verified.Tests.Commands;

/// <summary><c>run --html</c>: the entries into the kernel, recorded from the machine and run on the spec.</summary>
public sealed partial class RunPageTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-run").FullName;

    // A saved run of Unix with 500 entries has about 3 MB.
    private const long MostBytes = 4_000_000;

    private string Page => Path.Combine(_folder, "run.html");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Roots => [.. ServerPrograms.Roots.Select(root => root.Name)];

    [Theory]
    [MemberData(nameof(Roots))]
    public void The_spec_reaches_the_states_of_the_image_whatever_the_root_task(string root)
    {
        var input = Path.Combine(_folder, "input");
        File.WriteAllText(input, "hello\n");
        var (exit, output, error) = Run("--root", root, "--input", input, "--html", Page);
        Assert.True(exit == CommandLine.Holds, output + error);
        Assert.DoesNotContain("warning", error);
        Assert.Contains($"page: {Page}", output);
        Assert.NotEqual(0, Data().GetProperty("steps").GetArrayLength());
    }

    [Fact]
    public void Only_the_last_entries_are_kept_and_the_page_says_so()
    {
        var (_, output, _) = Run("--round-trips", "50", "--html", Page, "--last", "20");
        Assert.Contains("success", output);
        Assert.Matches("^The last 20 of [0-9,]+ entries into the kernel$", Title());
        var last = TraceFile.Load(Saved(output));
        Assert.Equal(("run", 20), (last.Origin!.Verb, last.Events.Count));
        (_, output, _) = Run("--round-trips", "50", "--html", Page, "--last", "10000");
        Assert.Matches("^All [0-9,]+ entries into the kernel$", Title());
        Assert.Equal(TraceFile.Load(Saved(output)).Events.TakeLast(20), last.Events);
    }

    [FactWith(Tool.Gcc | Tool.Klibc)]
    public void A_trap_of_a_Unix_program_is_an_entry()
    {
        var input = Path.Combine(_folder, "input");
        File.WriteAllText(input, string.Concat(Enumerable.Repeat("ls /bin\n", 40)));
        string[] unix = ["--unix", "--trap", "--initrd", UnixSystem.Klibc, "--input", input];
        var (_, output, error) = Run([.. unix, "--html", Page, "--last", "500", "--instructions", "5000000"]);
        Assert.DoesNotContain("differ", error);
        var trace = TraceFile.Load(Saved(output));
        Assert.Equal(500, trace.Events.Count);
        Assert.Contains(trace.Events, e => e.Entry == Entry.Trap);
        Assert.InRange(new FileInfo(Saved(output)).Length, 1, MostBytes);
    }

    [Fact]
    public void A_saved_run_is_replayed_on_the_image()
    {
        var (_, output, _) = Run("--root", "memory", "--html", Page);
        using var replayed = new StringWriter();
        Assert.Equal(CommandLine.Holds, CommandLine.Run(["replay", Saved(output)], replayed, replayed));
        Assert.Contains("image and spec agree", replayed.ToString());
    }

    [Fact]
    public void An_image_that_deviates_from_the_spec_is_noticed_and_not_drawn()
    {
        // The planted kernel does not count its ticks: INC dword [clock] is missing behind the gate.
        var image = KernelImage.Build(Limits.Shipping);
        var (bad, tick) = (Path.Combine(_folder, "bad.elf"), image.Symbols["tick"]);
        var code = image.Text.Bytes.AsSpan((int)(tick - image.Text.Linear));
        image
            .WithBytes(tick + (uint)code.IndexOf((byte[])[0xFF, 0x05]), [0x90, 0x90, 0x90, 0x90, 0x90, 0x90])
            .Save(bad);
        // Only the entries that are kept are compared, and a tick must be among them.
        var (exit, _, error) = Run("--image", bad, "--html", Page, "--last", "10000", "--instructions", "1000000");
        Assert.NotEqual(CommandLine.Holds, exit);
        Assert.Contains("spec and image differ: ", error);
        Assert.False(File.Exists(Page));
    }

    [Fact]
    public void Other_software_and_a_page_that_cannot_be_written_get_one_line()
    {
        var program = Path.Combine(_folder, "program");
        File.WriteAllBytes(program, [0xF4]);
        var (exit, _, error) = Run("--flat", program, "--html", Page);
        Assert.Equal(CommandLine.Unusable, exit);
        Assert.Contains("this run boots other software", error);
        Assert.Single(error.TrimEnd().Split('\n'));
        (exit, _, error) = Run("--round-trips", "10", "--html", _folder);
        Assert.NotEqual(CommandLine.Holds, exit);
        Assert.Contains($"{_folder} is not written", error);
        (exit, _, error) = Run("--html", Page, "--last", "0");
        Assert.Equal(CommandLine.Unusable, exit);
        Assert.Contains("--last 0 is out of range", error);
    }

    private string Title() => Data().GetProperty("title").GetString()!;

    private JsonElement Data() =>
        JsonDocument.Parse(DataOfPage().Match(File.ReadAllText(Page)).Groups["data"].Value).RootElement;

    // The command saves the trace in a folder below the present one.
    private static string Saved(string output) => SavedAs().Match(output).Groups["file"].Value;

    private static (int Exit, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = CommandLine.Run(["run", .. arguments], output, error);
        return (exit, output.ToString(), error.ToString());
    }

    [GeneratedRegex("<script id=\"data\" type=\"application/json\">(?<data>.*?)</script>")]
    private static partial Regex DataOfPage();

    [GeneratedRegex("verified replay (?<file>.*)")]
    private static partial Regex SavedAs();
}
