using Verified.Kernel;
using Verified.Proofs.Commands;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Proofs.Explore;

namespace Verified.Tests.Explore;

/// <summary>
/// A trace of <c>diff</c> on an image with a planted fault: it marks a waiting sender as a sleeping thread.
/// </summary>
public sealed class PlantedTrace : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-planted").FullName;

    public PlantedTrace()
    {
        Image = KernelImage.Build(RandomRun.Limits);
        (WholeFile, BadFile) = (Path.Combine(_folder, "whole.elf"), Path.Combine(_folder, "bad.elf"));
        var bad = Image.WithBytes(Image.Symbols["ipc_block_sending"] + 4, BitConverter.GetBytes(StoredStatus.Sleeping));
        Image.Save(WholeFile);
        bad.Save(BadFile);
        (Whole, Bad) = (Named(Image, WholeFile), Named(KernelImage.Load(BadFile), BadFile));
        var result = DiffRun.Run(bad, new() { Events = 100_000 });
        var found = result.Disagreement ?? throw new InvalidOperationException("the fault is not found");
        Difference = found.Difference.What;
        Trace = found.Trace with { Origin = new("diff", result.Seed, Image: Bad.Origin) };
        TraceFile = Path.Combine(_folder, "diff.json");
        Proofs.Events.TraceFile.Save(TraceFile, Trace);
    }

    /// <summary>The image without the fault.</summary>
    public KernelImage Image { get; }

    /// <summary>Files of both images, and of the trace.</summary>
    public string WholeFile { get; }

    /// <inheritdoc cref="WholeFile"/>
    public string BadFile { get; }

    /// <inheritdoc cref="WholeFile"/>
    public string TraceFile { get; }

    /// <summary>Both images, to run beside the spec.</summary>
    public ImageComparison Whole { get; }

    /// <inheritdoc cref="Whole"/>
    public ImageComparison Bad { get; }

    /// <summary>The trace that shows the fault.</summary>
    public Trace Trace { get; }

    /// <summary>The difference at its end.</summary>
    public string Difference { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ImageComparison Named(KernelImage image, string file) =>
        new(image, file, new(Images.Hash(image), file));
}
