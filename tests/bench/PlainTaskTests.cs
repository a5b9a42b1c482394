using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Machine.Timing;
using Verified.Proofs.Bench;
using Verified.Proofs.Unix;
using Verified.Spec;
using Verified.Tests.Host;
using Verified.Tests.Unix;
using Xunit;

namespace Verified.Tests.Bench;

/// <summary>Programs of the microkernel that measure it without a Unix.</summary>
public sealed class PlainTaskTests
{
    private const string Rows = "ROWS 16u",
        FewRows = "ROWS 4u";
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping, new(Programs: []));

    [FactWith(Tool.Gcc)]
    public void The_pager_of_another_task_handles_faults()
    {
        var run = Run("memory");
        Assert.Equal(["fault", "trap", "Appel 1", "Appel 2"], run.Cycles.Keys);
        var (fault, trap, first, second) = (
            run.Cycles["fault"],
            run.Cycles["trap"],
            run.Cycles["Appel 1"],
            run.Cycles["Appel 2"]
        );

        // A trap enters the kernel, loads the pager's directory, and returns to a user.
        Assert.InRange(trap, P5.Interrupt + 21 + 27, 2000);
        // All others contain a trap, and a map item that answers it. The first has a page to protect, too.
        Assert.True(trap < fault && trap < second && second < first, $"{trap}, {fault}, {second}, {first}");
        var shares = run.Shares["fault"];
        Assert.True(shares.Runners[Runner.Kernel] > shares.Runners[Runner.Program]);
        Assert.Contains("kernel/code/mapping/MapPage.cs", shares.KernelFiles.Keys);
    }

    [FactWith(Tool.Gcc)]
    public void Messages_and_pipes_between_tasks_have_the_papers_order()
    {
        var run = Run("pipes");
        Assert.Equal(
            PaperTables.OfL4.Where(row => row.Table == "T4").Select(row => row.What).Order(),
            run.Cycles.Keys.Order()
        );
        double Of(string what, string measure) => run.Cycles[$"{what}, {measure}"];
        var (pipe, call, mapping) = ("asynchronous L4 pipe", "synchronous RPC", "synchronous mapping RPC");
        Assert.True(
            Of(call, "latency") < Of(mapping, "latency") && Of(mapping, "latency") < Of(pipe, "latency"),
            string.Join(", ", run.Cycles)
        );
        Assert.True(
            Of(mapping, "64 KB") < Of(call, "64 KB") && Of(call, "64 KB") < Of(pipe, "64 KB"),
            string.Join(", ", run.Cycles)
        );
        // 64 KB are 16,384 words, and each is copied once or twice.
        Assert.True(Of(call, "64 KB") > 16_384 && Of(pipe, "64 KB") > 2 * 16_384);
    }

    [FactWith(Tool.Gcc)]
    public void A_pager_that_protects_nothing_ends_the_run_with_its_line()
    {
        var boot = Changed("memory", "fpage_unmap(FPAGE(m.w1, m.w2), PROTECT);", "");
        var failed = Assert.Throws<MachineException>(() => UnixRun.Of(boot));
        Assert.Contains("failed: trap", failed.Message, StringComparison.Ordinal);
    }

    [FactWith(Tool.Gcc)]
    public void Colours_of_its_own_bound_the_time_of_an_interrupted_task()
    {
        var (alone, interrupted, own, ownAlone) = Cache(Changed("matrix", Rows, FewRows));
        Assert.True(
            alone < ownAlone && ownAlone < own && 1.3 * own < interrupted,
            $"{alone}, {ownAlone}, {own}, {interrupted}"
        );
    }

    [FactWith(Tool.Gcc)]
    public void Colours_that_both_tasks_have_bound_nothing()
    {
        var (_, interrupted, own, _) = Cache(
            Changed("matrix", "OWN_COLOURS, COLOURS - OWN_COLOURS);", "0, COLOURS);", Rows, FewRows)
        );
        Assert.True(own > 0.9 * interrupted, $"{own}, {interrupted}");
    }

    private static (double Alone, double Interrupted, double Own, double OwnAlone) Cache(UnixBoot boot) =>
        Papers.Cache(boot).Figures is [var alone, var interrupted, var own, var ownAlone]
            ? (alone.Ours, interrupted.Ours, own.Ours, ownAlone.Ours)
            : throw new InvalidOperationException("four figures");

    private static UnixRun Run(string name) =>
        UnixRun.Of(UnixBoot.Plain(name, Image, UnixSystem.Built), lines: Image.SourceLines);

    /// <summary>A program with texts replaced: each text is followed by its replacement.</summary>
    private static UnixBoot Changed(string name, params string[] texts)
    {
        var sources = Compiled.Find(path => path == $"plain/{name}.c" || Path.GetExtension(path) == ".h").ToList();
        var at = sources.FindIndex(source => source.Path == $"plain/{name}.c");
        foreach (var change in texts.Chunk(2))
        {
            Assert.Contains(change[0], sources[at].Text, StringComparison.Ordinal);
            sources[at] = (sources[at].Path, sources[at].Text.Replace(change[0], change[1], StringComparison.Ordinal));
        }
        var program = new Compiled($"changed-{name}", sources, ["-Wl,-Ttext=0x300000"], ["plain"]);
        return UnixBoot.Plain(program.File(UnixSystem.Built, "gcc"), Image);
    }
}
