using Verified.Kernel;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Spec;

namespace Verified.Proofs.Explore;

/// <summary>Runs traces on an image beside the spec.</summary>
/// <param name="image">The image.</param>
/// <param name="name">Its name in reports, such as its path.</param>
/// <param name="origin">The image as saved traces name it.</param>
public sealed class ImageComparison(KernelImage image, string name, ImageOrigin origin)
{
    private readonly Lazy<Duel> _duel = new(() => new(new ImageMachine(image))),
        _explaining = new(() => new(new ImageMachine(image)));

    /// <summary>Its name in reports.</summary>
    public string Name => name;

    /// <summary>The image as saved traces name it.</summary>
    public ImageOrigin Origin => origin;

    /// <summary>Sizes of its tables.</summary>
    public Limits Limits => image.Limits;

    /// <summary>The first difference between image and spec, or none.</summary>
    public Comparison Of(Trace run)
    {
        if (DiffRun.Replay(_duel.Value, run) is not { } found)
            return new($"{name}: equal to the spec after each event");
        var (difference, last) = (found.Difference, found.Trace.Events.Count - 1);
        var meaning = difference.Column is { } column ? $", {Glossary.Meaning(column)}" : "";
        return new(
            last < 0 ? $"{name}: differs from the spec at the start" : $"{name}: differs after event {last + 1}",
            $"{difference.What}{meaning}",
            [$"spec   {difference.Spec}", $"image  {difference.Image}"],
            last,
            Explanation.Path(_explaining.Value, found)
        );
    }
}
