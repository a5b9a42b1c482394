using System.Diagnostics;
using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Tests.Host;
using Xunit;
using static Verified.Tests.Commands.InProcess;

namespace Verified.Tests.Commands;

/// <summary>A command that cannot be carried out says why in one line, and how to mend it.</summary>
public sealed class RefusalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-refused").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("frobnicate", "there is no verb 'frobnicate': 'verified --help' lists them")]
    [InlineData("prov", "there is no verb 'prov'; did you mean 'prove'?")]
    [InlineData("diff --frobnicate", "there is no option '--frobnicate': 'verified diff --help' lists them")]
    [InlineData("diff --evnets 5", "there is no option '--evnets'; did you mean '--events'?")]
    [InlineData("prove --quite", "there is no option '--quite'; did you mean '--quiet'?")]
    [InlineData("prove ipc-slwo", "there is no theorem 'ipc-slwo'; did you mean 'ipc-slow'?")]
    [InlineData("prove --only image.ipc_slow", "there is no theorem 'image.ipc_slow'; did you mean 'image.ipc-slow'?")]
    [InlineData("prove ipc --only image.ipc-slow", "exclude each other")]
    [InlineData("prove --jobs 0", "--jobs 0 is out of range")]
    [InlineData("check triö", "there is no model 'triö'; did you mean 'trio'?")]
    [InlineData("explore pari", "there is no model 'pari'; did you mean 'pair'?")]
    [InlineData("bench ipv", "there is no area 'ipv'; did you mean 'ipc'?")]
    [InlineData("mutate --region bot", "there is no region 'bot'; did you mean 'boot'?")]
    [InlineData("mutate ipc_solw", "there is no symbol 'ipc_solw'; did you mean 'ipc_slow'?")]
    [InlineData("run --cpu Pentum", "there is no processor 'Pentum'; did you mean 'Pentium'?")]
    [InlineData("run --root memroy", "there is no root task 'memroy'; did you mean 'memory'?")]
    [InlineData("mutate spec --meaning --sample 3", "--sample chooses random changes, and --meaning tries a table")]
    [InlineData("mutate spec --meaning --seed 3", "--seed chooses random changes, and --meaning tries a table")]
    [InlineData("prove frobnicate", "no theorem 'frobnicate'")]
    [InlineData("check frobnicate", "no model 'frobnicate'")]
    [InlineData("list frobnicate", "no code at a symbol 'frobnicate'")]
    [InlineData("bench frobnicate", "no area 'frobnicate'")]
    [InlineData("bench ipc --html page.html", "only the paper's tables are drawn; give bench papers")]
    [InlineData("bench papers --html no-folder/page.html", "there is no folder")]
    [InlineData("image", "--output")]
    [InlineData("image -o", "-o")]
    [InlineData("image -o /nowhere/at/all", "/nowhere/at/all")]
    [InlineData("fuzz --programs 0", "--programs 0 is out of range")]
    [InlineData("fuzz --programs many", "--programs many: it does not take this value")]
    [InlineData("run --rom /dev/null", "/dev/null is empty")]
    [InlineData("run --kernel /dev/null", "/dev/null is empty")]
    [InlineData("run --flat /dev/null,100000", "/dev/null is empty")]
    [InlineData("run --flat /dev/null,zzz", "address zzz")]
    [InlineData("run --rom /nowhere", "/nowhere cannot be read")]
    [InlineData("run --input /nowhere", "/nowhere cannot be read")]
    [InlineData("run --rom /dev/null --kernel /dev/null", "exclude each other")]
    [InlineData("run --gdb 65536", "--gdb 65536 is out of range")]
    [InlineData("run --memory 0", "--memory 0 is out of range")]
    [InlineData("run --cpu Z80", "--cpu Z80: there is no processor 'Z80': give 386, 486, Pentium")]
    [InlineData("oracle --cases 0", "--cases 0 is out of range")]
    [InlineData("oracle --opcode frobnicate", "no integer instruction of the Pentium")]
    [InlineData("oracle --opcode cpuid", "not compared with the host")]
    [InlineData("run --cpu Pentium-tagged", "this is a timing model only; give 386, 486, Pentium, PentiumII")]
    [InlineData("list --cycles 386", "the cycles of this processor are not known; give 486, Pentium, Pentium-tagged")]
    [InlineData("list --cold", "give a path with it")]
    [InlineData("list --path frobnicate", "there is no path 'frobnicate'")]
    [InlineData("diff --events 99999999999999999999", "--events 99999999999999999999 is out of range")]
    [InlineData("diff --seed -1", "--seed -1 is out of range")]
    [InlineData("fuzz --size 63x16x256", "Tasks must be a power of two")]
    [InlineData("fuzz --size 64x16x512", "Priorities must be a power of two")]
    [InlineData("fuzz --size 64x64x256", "Threads must be a power of two")]
    [InlineData("fuzz --size 64x16", "--size 64x16: give tasks x lthreads x priorities")]
    [InlineData("run --image /nowhere", "/nowhere")]
    [InlineData("replay /nowhere", "/nowhere")]
    [InlineData("check pair --states 1", "check pair: 2 states, not complete: the limit of 1 states was reached")]
    [InlineData("check pair --time 0.001", "not complete: the time limit of 0.001 s was reached")]
    [InlineData("check pair --memory 0", "--memory 0 is out of range: give 0.1 to 4096")]
    [InlineData("check pair --time soon", "--time soon is out of range")]
    [InlineData("check pair --depth 0", "--depth 0 is out of range")]
    [InlineData("check pair --runs 3", "--runs has a meaning only with --simulate")]
    [InlineData("check pair --seed 3", "--seed has a meaning only with --simulate")]
    [InlineData("mutate frobnicate", "no symbol 'frobnicate'")]
    [InlineData("mutate ipc frobnicate", "no symbol 'frobnicate'")]
    [InlineData("mutate ipc_slow ipc", "'ipc' is not after 'ipc_slow'")]
    [InlineData("mutate ipc threads", "'threads' is not in the code")]
    [InlineData("mutate --region frobnicate", "no region 'frobnicate'")]
    [InlineData("mutate ipc ipc_slow --region boot", "exclude each other")]
    [InlineData("mutate --sample 0", "--sample 0 is out of range")]
    [InlineData("mutate --sample some", "--sample some: it does not take this value")]
    [InlineData("mutate --seed -1", "--seed -1 is out of range")]
    [InlineData("mutate spec --sample -1", "--sample -1 is out of range")]
    [InlineData("mutate spec --source /nowhere", "no sources in '/nowhere'")]
    public void What_cannot_be_carried_out_is_told_in_one_line(string arguments, string says) =>
        AssertUnusable(says, arguments.Split(' '));

    [Theory]
    [InlineData("no ELF at all", "not an ELF file")]
    [InlineData("\u007fELF and then nothing", "truncated")]
    public void A_file_that_is_no_image_is_told_in_one_line(string content, string says)
    {
        var file = Write("image.elf", content);
        foreach (var verb in (string[])["run", "diff", "prove", "list", "bench", "ways", "claims"])
            AssertUnusable(says, verb, "--image", file);
        AssertUnusable(says, "--image", file);
    }

    [Fact]
    public void An_image_and_a_size_exclude_each_other()
    {
        var file = Path.Combine(_folder, "image.elf");
        KernelImage.Build(new(4, 1, 2)).Save(file);
        AssertUnusable("exclude each other", "diff", "--image", file, "--size", "4x1x2");
    }

    [Theory]
    [InlineData("{}", "not a trace file")]
    [InlineData("not JSON", "not a trace file")]
    [InlineData("""{"version": 99}""", "newer")]
    [InlineData("""{"version": 6, "tasks": 4}""", "older than 7")]
    public void A_file_that_is_no_trace_is_told_in_one_line(string content, string says) =>
        AssertUnusable(says, "replay", Write("trace.json", content));

    // Every write to this file fails as on a full disk.
    [TheoryWith(Tool.Linux)]
    [InlineData("--junit")]
    [InlineData("--sarif")]
    public void A_full_disk_is_told_in_one_line_and_the_result_is_printed(string option)
    {
        var (exit, output, error) = Run("fuzz", "--programs", "20", option, "/dev/full");
        Assert.Equal(CommandLine.Unusable, exit);
        Assert.Contains("fuzz: 20 programs", output);
        Assert.Contains("/dev/full is not written: ", error);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_trace_of_another_size_than_the_image_is_refused()
    {
        var image = Path.Combine(_folder, "image.elf");
        KernelImage.Build(new(4, 1, 2)).Save(image);
        var trace = Write("trace.json", TraceFile.Write(new(Snapshot.Of(Boot.Initial(new(8, 1, 2), [])), [])));
        AssertUnusable("of size 8x1x2", "replay", trace, "--image", image);
    }

    [Fact]
    public void A_missing_solver_is_told_in_one_line()
    {
        var (exit, error) = Elsewhere("/nowhere", "prove", "id_nearest");
        Assert.Equal(CommandLine.Unusable, exit);
        Assert.Equal(
            "verified: VERIFIED_LIBZ3 names /nowhere, which cannot be loaded: name a libz3 of this processor, or "
                + "unset it",
            error.Trim()
        );
    }

    // Any other library will do: it lacks Z3_get_version, like an old Z3.
    [FactWith(Tool.Linux)]
    public void A_library_too_old_is_told_in_one_line()
    {
        var (exit, error) = Elsewhere("libc.so.6", "prove", "id_nearest");
        Assert.Equal(CommandLine.Unusable, exit);
        Assert.Equal(
            "verified: libc.so.6 is Z3 0.0, and 4.8.8 or later is needed: install a newer libz3, or name one in "
                + "VERIFIED_LIBZ3",
            error.Trim()
        );
    }

    private string Write(string name, string content)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, content);
        return file;
    }

    // A limit on the size of files makes writes fail as a full disk does. The runtime's own mapping of code counts as a
    // file, so it is turned off.
    [FactWith(Tool.Linux)]
    public void A_full_disk_is_told_in_one_line_and_leaves_no_part_of_a_file()
    {
        var (exit, error) = OnFullDisk("image -o k.elf");
        Assert.Equal(CommandLine.Unusable, exit);
        Assert.StartsWith("verified: k.elf is not written: ", error);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));

        // The old image stays as it is.
        var old = Path.Combine(_folder, "k.elf");
        File.WriteAllText(old, "old");
        Assert.Equal(CommandLine.Unusable, OnFullDisk("image -o k.elf").Exit);
        Assert.Equal("old", File.ReadAllText(old));
        Assert.Equal([old], Directory.GetFileSystemEntries(_folder));
    }

    private (int Exit, string Error) OnFullDisk(string arguments)
    {
        var assembly = typeof(CommandLine).Assembly.Location;
        var shell = $"trap '' XFSZ; ulimit -f 8; exec dotnet '{assembly}' {arguments}";
        var start = new ProcessStartInfo("sh", ["-c", shell])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        using var process = Process.Start(start)!;
        _ = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, error);
    }

    private static (int Exit, string Error) Elsewhere(string libz3, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet",
            [typeof(CommandLine).Assembly.Location, .. arguments]
        )
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            Environment = { ["VERIFIED_LIBZ3"] = libz3 },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        _ = output.Result;
        return (process.ExitCode, error);
    }
}
