using Verified.Proofs.Check;
using Verified.Proofs.Checker;
using Verified.Spec;
using Verified.Spec.Values;
using Xunit;

namespace Verified.Tests.Check;

/// <summary>Searches that are kept on the disk: interrupted at any moment, they end with the same result.</summary>
public sealed class CheckpointTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-checkpoint").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Folder => Path.Combine(_folder, "kept");

    [Theory]
    [InlineData("ranked", 20_000, int.MaxValue)]
    [InlineData("ranked", 20_000, 30_000)]
    [InlineData("interrupted", 50_000, int.MaxValue)]
    public void A_search_that_stops_again_and_again_ends_with_the_same_result(string name, int stride, int inMemory)
    {
        var model = Searched.Find(name);
        var whole = Searched.Whole(model);
        CheckResult result;
        var (runs, most) = (0, (long)stride);
        do
        {
            result = ModelChecker.Run(
                model,
                new(Limits: new() { States = most }, Kept: new(Folder, inMemory), Workers: 1 + runs % 3)
            );
            most = result.States + stride;
            runs++;
        } while (result.Unfinished is not null);
        Assert.True(runs > 2, "the search was never interrupted");
        Assert.True(result.Holds);
        Assert.Equal(whole.Seen, result.Seen);
        Assert.Equal(whole.Beyond, result.Beyond);
        Assert.Equal(
            whole.Witnesses.Select(witness => witness.Trace?.Events),
            result.Witnesses.Select(witness => witness.Trace?.Events)
        );

        // A search that has ended only tells its result again.
        Assert.Equal(result.Seen, ModelChecker.Run(model, new(Kept: new(Folder, inMemory))).Seen);
    }

    [Fact]
    public void States_on_the_disk_are_those_in_memory()
    {
        var (_, system, states, transitions) = MiniL4.All.Single(each => each.Name == "S");
        var result = system.System.Check(2, kept: new(Folder, MostInMemory: 1_000));
        Assert.Equal((null, null), (result.Violated, result.Unfinished));
        Assert.Equal((states, transitions), (result.States, result.Transitions));
        Assert.Equal(0, result.BytesPerState);
        Assert.Equal(
            states * 12,
            new DirectoryInfo(Path.Combine(Folder, "shards")).GetFiles().Sum(file => file.Length)
        );
    }

    [Fact]
    public void A_violation_is_found_on_the_disk_with_the_same_shortest_trace()
    {
        var system = new MiniL4(3, 3, 1, rights: true, forgetsChildren: true).System;
        var (inMemory, onDisk) = (system.Check(2), system.Check(2, kept: new(Folder, MostInMemory: 100)));
        Assert.Equal("tree 0", onDisk.Violated);
        Assert.Equal(inMemory.Trace, onDisk.Trace);
    }

    [Fact]
    public void A_defect_is_found_after_a_search_continues()
    {
        CheckOptions options = new(Damage: KeepsPartner, Properties: [], Kept: new(Folder));
        var near = ModelChecker.Run(Model.Pair, options with { Kept = null }).Failure!;
        var depth = near.Trace.Events.Count - 1;
        Assert.Null(ModelChecker.Run(Model.Pair, options with { Limits = new() { Depth = depth } }).Failure);
        var found = ModelChecker.Run(Model.Pair, options).Failure;
        Assert.Equal(near.Property, found?.Property);
        Assert.Equal(near.Trace.Events, found!.Trace.Events);
    }

    [Fact]
    public void A_worker_judges_what_only_another_worker_has_read()
    {
        // Worker 1 knows an invariant that reads a flag first. Worker 2 has seen it read the value, too.
        var system = new CellSystem(
            "flag",
            [new("flag", 1, 2), new("value", 1, 2)],
            _ => { },
            [],
            [new("blank", "the value is 0 if the flag is set", c => c[0, 0] == 0 || c[1, 0] == 0)]
        );
        var masks = new ReadMasks(1);
        var (one, two) = (new CellSource(system, masks), new CellSource(system, masks));
        var tree = new StepTree(1);
        Assert.Null(one.Judge(~0UL, 0, isOwn: false, tree));
        Assert.Null(two.Judge(~1UL, 1, isOwn: false, tree));
        Assert.Equal("blank", one.Judge(1, 3, isOwn: false, tree)?.Property);
    }

    [Fact]
    public void Another_models_checkpoint_is_refused()
    {
        ModelChecker.Run(Model.Pair, new(Limits: new() { Depth = 3 }, Kept: new(Folder)));
        Assert.Contains(
            "is of model pair, and this is model ranked",
            Refused(() => ModelChecker.Run(Model.Ranked, new(Kept: new(Folder))))
        );
        Assert.Contains(
            "slices of at most 2",
            Refused(() => ModelChecker.Run(Model.Pair with { SliceBound = 2 }, new(Kept: new(Folder))))
        );
        var progress = Path.Combine(Folder, "progress.json");
        var build = typeof(Model).Module.ModuleVersionId.ToString("N")[..8];
        File.WriteAllText(progress, File.ReadAllText(progress).Replace(build, "0badf00d", StringComparison.Ordinal));
        Assert.Contains("another build", Refused(() => ModelChecker.Run(Model.Pair, new(Kept: new(Folder)))));
    }

    [Theory]
    [InlineData("progress.json", "{", "progress.json cannot be read")]
    [InlineData("progress.json", "{}", "progress.json cannot be read")]
    [InlineData("states", "", "it has 0 of")]
    public void A_damaged_checkpoint_is_told(string file, string content, string says)
    {
        ModelChecker.Run(Model.Pair, new(Limits: new() { Depth = 3 }, Kept: new(Folder)));
        File.WriteAllText(Path.Combine(Folder, file), content);
        Assert.Contains(says, Refused(() => ModelChecker.Run(Model.Pair, new(Kept: new(Folder)))));
    }

    [Fact]
    public void A_state_that_the_disk_has_lost_is_noticed()
    {
        ModelChecker.Run(Model.Pair, new(Limits: new() { Depth = 6 }, Kept: new(Folder)));
        var log = Path.Combine(Folder, "states");
        var bytes = File.ReadAllBytes(log);
        bytes.AsSpan(bytes.Length - 24).Clear();
        File.WriteAllBytes(log, bytes);
        Assert.Contains("is there twice", Refused(() => ModelChecker.Run(Model.Pair, new(Kept: new(Folder)))));
    }

    [Fact]
    public void A_folder_with_other_files_is_left_alone()
    {
        Directory.CreateDirectory(Folder);
        var precious = Path.Combine(Folder, "states");
        File.WriteAllText(precious, "precious");
        Assert.Contains("is no checkpoint", Refused(() => ModelChecker.Run(Model.Pair, new(Kept: new(Folder)))));
        Assert.Equal("precious", File.ReadAllText(precious));
    }

    private static string Refused(Action run) => Assert.Throws<CheckpointException>(run).Message;

    private static void KeepsPartner(State<Concrete> s, Entry entry)
    {
        if (entry == Entry.Ipc && s.Current == 1 && s.Status[1] == ThreadStatus.Ready)
            s.Partner[1] = 2;
    }
}
