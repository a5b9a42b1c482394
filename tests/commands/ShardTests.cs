using System.Text.Json;
using System.Text.RegularExpressions;
using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Commands;
using Verified.Proofs.Commands.Shards;
using Verified.Proofs.Host;
using Verified.Spec;
using Verified.Tests.Documents;
using Verified.Tests.Host;
using Verified.Tests.Meaning;
using Xunit;

namespace Verified.Tests.Commands;

/// <summary>The shards of a command, and the union of their results.</summary>
public sealed partial class ShardTests : IDisposable
{
    private const string Guide = "proofs/README.md";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("verified-shards").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(20)]
    public void Every_part_of_the_work_is_in_one_shard(int of)
    {
        var shards = Enumerable.Range(1, of).Select(number => new Shard(number, of)).ToList();
        Assert.Equal(
            Enumerable.Range(0, 11),
            shards.SelectMany(shard => Enumerable.Range(0, shard.CountOf(11)).Select(shard.PlaceOf)).Order()
        );
        string[] names = ["a", "b", "c", "d", "e", "f", "g"];
        Assert.Equal(names, shards.SelectMany(shard => shard.PartOf(names, name => name[0])).Order());
        Assert.True(shards.Sum(shard => shard.ShareOf(1_000)) >= 1_000);
    }

    // The kind of a random program depends on these remainders of its seed. A shard with every second or tenth seed
    // would have one kind.
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(10)]
    public void Each_shard_has_as_many_programs_of_every_kind(int of)
    {
        foreach (var remainders in (int[])[2, 4, 10])
            Assert.All(Enumerable.Range(1, of).Select(number => new Shard(number, of)), shard =>
            {
                var places = Enumerable.Range(0, 400).Select(shard.PlaceOf).ToList();
                Assert.Equal(places.Order(), places);
                var kinds = places.CountBy(place => place % remainders).ToDictionary();
                Assert.Equal(remainders, kinds.Count);
                Assert.All(kinds.Values, count => Assert.Equal(400 / remainders, count));
            });
    }

    [Fact]
    public void Two_shards_of_the_models_have_about_the_same_weight()
    {
        static double Weight(Model model) => model.Pinned!.States;
        var loads = Enumerable.Range(1, 2).Select(n => new Shard(n, 2).PartOf(Model.All, Weight).Sum(Weight));
        Assert.All(loads, load => Assert.InRange(load / Model.All.Sum(Weight), 0.35, 0.65));
    }

    [Theory]
    [InlineData("0/2")]
    [InlineData("3/2")]
    [InlineData("2")]
    [InlineData("1/2/3")]
    [InlineData("a/b")]
    [InlineData("-1/2")]
    [InlineData("1/10001")]
    public void What_is_no_shard_is_told(string text) =>
        Refused($"--shard {text}: give i/n", $"fuzz --shard {text} --result x.json");

    [Fact]
    public void A_shard_without_a_file_is_refused()
    {
        Refused("--shard needs --result FILE", "fuzz --shard 1/2");
        Refused("--shard and --exhaustive exclude each other", "diff --exhaustive --shard 1/2 --result x.json");
        Refused("--shard and --names exclude each other", "prove --names --shard 1/2 --result x.json");
        Refused("--shard and --list exclude each other", "mutate spec --list --shard 1/2 --result x.json");
    }

    [Fact]
    public void An_option_of_one_shard_alone_is_named()
    {
        var (plain, other) = (In("plain.json"), In("other.json"));
        Run($"check pair --depth 3 --shard 1/2 --result {plain}");
        Run($"check pair --depth 3 --witnesses --shard 2/2 --result {other}");
        Refused("differ in --witnesses", $"merge {plain} {other}");
    }

    [Fact]
    public void Shards_that_did_nothing_are_no_verdict()
    {
        string[] files = [Fuzz(1), Fuzz(2)];
        foreach (var file in files)
            File.WriteAllText(file, Done().Replace(File.ReadAllText(file), "$1 0"));
        var (exit, output, _) = Run($"merge {files[0]} {files[1]} --size 4x2x2");
        Assert.Equal(CommandLine.Unusable, exit);
        Assert.Contains("not complete: 0 of 0 programs", output);
    }

    [GeneratedRegex("(\"(done|total)\":) \\d+")]
    private static partial Regex Done();

    [Fact]
    public void Shards_of_random_programs_are_united()
    {
        var (one, two) = (Fuzz(1), Fuzz(2));
        var (exit, output, _) = Run($"merge {two} {one} --size 4x2x2 --json");
        Assert.Equal(CommandLine.Holds, exit);
        var merged = JsonDocument.Parse(output).RootElement;
        Assert.Equal(9, merged.GetProperty("counts").GetProperty("programs").GetInt64());
        Assert.True(merged.GetProperty("holds").GetBoolean());

        // The same programs as without shards.
        var whole = JsonDocument.Parse(Run("fuzz --programs 9 --size 4x2x2 --seed 5 --json").Output).RootElement;
        Assert.Equal(
            whole.GetProperty("steps").GetInt64(),
            merged.GetProperty("counts").GetProperty("steps").GetInt64()
        );
        Assert.Contains("seed 5", merged.GetProperty("claims")[0].GetProperty("detail").GetString());
    }

    [Fact]
    public void A_missing_or_repeated_or_foreign_shard_is_named()
    {
        var (one, two) = (Fuzz(1), Fuzz(2));
        Refused("shard 2 of 2 is missing", $"merge {one} --size 4x2x2");
        Refused("shard 1 of 2 is there twice", $"merge {one} {two} {one} --size 4x2x2");
        Refused("differ in --seed: 6 and 5", $"merge {one} {Fuzz(2, seed: 6)} --size 4x2x2");
        Refused("differ in the number of shards", $"merge {one} {Fuzz(2, of: 3)} --size 4x2x2");
        Refused("differ in the image", $"merge {one} {Fuzz(2, size: "8x1x2")} --size 4x2x2");
        Refused("give theirs by --image", $"merge {one} {two}");
        var check = In("check.json");
        Run($"check pair --depth 3 --shard 2/2 --result {check}");
        Refused("differ in the verb", $"merge {one} {check} --size 4x2x2");
        File.WriteAllText(In("none.json"), "{}");
        Refused("is not the result of a shard", $"merge {In("none.json")}");
        Refused("/nowhere", "merge /nowhere");
    }

    // The advice of a merge without the second shard is carried out as it is printed.
    [Fact]
    public void The_command_of_a_missing_shard_makes_it()
    {
        var first = In("first.json");
        Run($"check pair --depth 3 --shard 1/2 --result {first}");
        var command = Advised().Match(Run($"merge {first}").Error).Groups["command"].Value;
        var second = In("check-2-of-2.json");
        Assert.Equal($"check pair --depth 3 --shard 2/2 --result {second}", command);
        var (exit, output, _) = Run(command);
        Assert.Equal(CommandLine.Holds, exit);
        Assert.Equal($"check, shard 2 of 2: 0 of 1 models: nothing to do in this shard; result: {second}\n", output);
        Assert.Contains("merge: check, 2 shards, 1 models: ", Run($"merge {first} {second}").Output);
    }

    [GeneratedRegex("shard 2 of 2 is missing: run it, for example 'verified (?<command>.*)', and merge again")]
    private static partial Regex Advised();

    [Fact]
    public void A_failure_in_one_shard_is_the_verdict()
    {
        var (one, two) = (Fuzz(1), Fuzz(2));
        var failed = File.ReadAllText(two)
            .Replace("\"exit\": 0", "\"exit\": 1", StringComparison.Ordinal)
            .Replace("\"holds\": true", "\"holds\": false", StringComparison.Ordinal);
        File.WriteAllText(two, failed);
        var (exit, output, _) = Run($"merge {one} {two} --size 4x2x2");
        Assert.Equal(CommandLine.Refuted, exit);
        Assert.Contains("FAILED", output);
    }

    [Fact]
    public void Work_that_no_shard_did_is_noticed()
    {
        var (one, two) = (Fuzz(1), Fuzz(2));
        File.WriteAllText(one, File.ReadAllText(one).Replace("\"done\": 5", "\"done\": 4", StringComparison.Ordinal));
        var (exit, output, _) = Run($"merge {one} {two} --size 4x2x2");
        Assert.Equal(CommandLine.Unusable, exit);
        Assert.Contains("not complete: 8 of 9 programs", output);
    }

    [Fact]
    public void Shards_of_an_image_that_differs_are_refuted()
    {
        var image = KernelImage.Build(Limits.Shipping);
        var elf = image.ToElf();
        const byte nop = 0x90;
        var text = elf.AsSpan().IndexOf(image.Text.Bytes.AsSpan(0, 512));
        elf[text + (int)(image.Symbols["id_nearest"] - image.Text.Linear)] = nop;
        var file = In("damaged.elf");
        File.WriteAllBytes(file, elf);
        string[] results = [In("d-1.json"), In("d-2.json")];
        for (var n = 0; n < 2; n++)
            Run($"diff --image {file} --events 4000 --shard {n + 1}/2 --result {results[n]}");
        Assert.Equal(CommandLine.Refuted, Run($"merge {results[0]} {results[1]} --image {file}").Exit);
    }

    [Fact]
    public void Theorems_of_two_shards_make_one_ledger_of_their_kind()
    {
        string[] results = [In("p-1.json"), In("p-2.json")];
        for (var n = 0; n < 2; n++)
            Assert.Equal(
                CommandLine.Holds,
                Run($"prove orders --size 4x2x2 --shard {n + 1}/2 --result {results[n]}").Exit
            );
        var (exit, output, _) = Run($"merge {results[0]} {results[1]} --size 4x2x2");
        Assert.Equal(CommandLine.Holds, exit);
        Assert.Matches(@"merge: prove, 2 shards, [2-9]\d* theorems: holds", output);
    }

    // One change, in the first of two shards. To try it takes minutes, so the first file is made from the second.
    [Fact]
    public void A_change_of_the_spec_is_in_one_shard()
    {
        var (one, two) = (In("spec-1.json"), In("spec-2.json"));
        var command = $"mutate spec --sample 1 --invariants 0 --source {Sources.Root}";
        Assert.Equal(CommandLine.Holds, Run($"{command} --shard 2/2 --result {two}").Exit);
        var advised = command.Replace($" --source {Sources.Root}", "", StringComparison.Ordinal);
        Refused($"run it, for example 'verified {advised} --shard 1/2 ", $"merge {two}");
        var first = File.ReadAllText(two).Replace("\"shard\": 2", "\"shard\": 1", StringComparison.Ordinal);
        File.WriteAllText(one, first);
        Assert.Contains("not complete: 0 of 1 changes", Run($"merge {one} {two}").Output);
        File.WriteAllText(one, first.Replace("\"done\": 0", "\"done\": 1", StringComparison.Ordinal));
        var (exit, output, _) = Run($"merge {one} {two}");
        Assert.Equal(CommandLine.Holds, exit);
        Assert.Contains("merge: mutate spec, 2 shards, 1 changes: holds", output);
    }

    [FactWith(Tool.Parallel)]
    public void Gnu_parallel_runs_the_recipe()
    {
        var recipe = Recipes()
            .Single(text => text.Contains("parallel -j", StringComparison.Ordinal))
            .Replace("verified diff", $"{Command} diff --size 4x2x2 --events 4000", StringComparison.Ordinal)
            .Replace("verified merge", $"{Command} merge --size 4x2x2", StringComparison.Ordinal);
        var ended = OtherProgram.Run("sh", ["-ec", $"cd '{_folder}'; {recipe}"], Patience);
        Assert.True(ended.Exit == 0, ended.Why);
        Assert.Contains("merge: diff, 4 shards", ended.Output);
    }

    // Slurm needs a cluster. Here the script runs with the variables that Slurm sets for each task of an array.
    [FactWith(Tool.Linux)]
    public void The_script_for_slurm_runs_each_task_of_its_array()
    {
        var script = Recipes().Single(text => text.Contains("#SBATCH", StringComparison.Ordinal));
        Assert.Contains("#SBATCH --array=1-4\n", script);
        script = script.Replace("verified fuzz", $"{Command} fuzz --size 4x2x2 --programs 8", StringComparison.Ordinal);
        for (var task = 1; task <= 2; task++)
        {
            var variables = $"export SLURM_ARRAY_TASK_ID={task} SLURM_ARRAY_TASK_COUNT=2";
            var ended = OtherProgram.Run("sh", ["-ec", $"cd '{_folder}'; {variables}\n{script}"], Patience);
            Assert.True(ended.Exit == 0, ended.Why);
        }

        Assert.Equal(CommandLine.Holds, Run($"merge {In("fuzz-1.json")} {In("fuzz-2.json")} --size 4x2x2").Exit);
    }

    // The fields are those of the documented API batch/v1. No schema of Kubernetes is read.
    [Fact]
    public void The_manifest_for_kubernetes_has_documented_fields_alone()
    {
        Dictionary<string, string[]> fields = new()
        {
            [""] = ["apiVersion", "kind", "metadata", "spec"],
            ["metadata"] = ["name"],
            ["spec"] = ["completionMode", "completions", "parallelism", "backoffLimit", "template"],
            ["template"] = ["spec"],
            ["template.spec"] = ["restartPolicy", "containers", "volumes"],
            ["containers"] = ["name", "image", "workingDir", "command", "args", "resources", "volumeMounts"],
            ["resources"] = ["requests"],
            ["requests"] = ["cpu", "memory"],
            ["volumeMounts"] = ["name", "mountPath"],
            ["volumes"] = ["name", "persistentVolumeClaim"],
            ["persistentVolumeClaim"] = ["claimName"],
        };
        var job = JsonDocument
            .Parse(Recipes().Single(text => text.Contains("batch/v1", StringComparison.Ordinal)))
            .RootElement;
        Check("", job);
        var spec = job.GetProperty("spec");
        Assert.Equal(("Job", "Indexed"), (Text(job, "kind"), Text(spec, "completionMode")));
        var container = spec.GetProperty("template").GetProperty("spec").GetProperty("containers")[0];
        Assert.Contains(
            $"--shard $i/{spec.GetProperty("completions").GetInt32()} ",
            container.GetProperty("args")[0].GetString()
        );
        Assert.Equal("Never", Text(spec.GetProperty("template").GetProperty("spec"), "restartPolicy"));

        void Check(string name, JsonElement element)
        {
            if (element.ValueKind == JsonValueKind.Array)
                foreach (var item in element.EnumerateArray())
                    Check(name, item);
            if (element.ValueKind != JsonValueKind.Object)
                return;
            foreach (var property in element.EnumerateObject())
            {
                Assert.Contains(property.Name, fields[name]);
                Check(name == "template" ? "template.spec" : property.Name, property.Value);
            }
        }

        static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
    }

    private static string Command => $"dotnet {typeof(CommandLine).Assembly.Location}";

    private static IEnumerable<string> Recipes() =>
        Fence().Matches(DocumentFiles.Read(Guide)).Select(match => match.Groups["text"].Value);

    [GeneratedRegex("^```(sh|json)\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    private string In(string name) => Path.Combine(_folder, name);

    private string Fuzz(int shard, int of = 2, int seed = 5, string size = "4x2x2")
    {
        var file = In($"fuzz-{shard}-{of}-{seed}-{size}.json");
        var command = $"fuzz --programs 9 --size {size} --seed {seed} --shard {shard}/{of} --result {file}";
        Assert.Equal(CommandLine.Holds, Run(command).Exit);
        return file;
    }

    private static void Refused(string says, string arguments)
    {
        var (exit, _, error) = Run(arguments);
        Assert.Contains(says, error);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Equal(CommandLine.Unusable, exit);
    }

    private static (int Exit, string Output, string Error) Run(string arguments) => InProcess.Run(arguments.Split(' '));
}
