using Verified.Spec;

namespace Verified.Proofs.Prove;

/// <summary>The index of theorems: one line each.</summary>
public static class Theorems
{
    /// <summary>
    /// Theorems that are not proved at shipping size within the budget of a run; the ledger says so. <c>verified prove NAME</c>
    /// tries them, at the image's own size.
    /// </summary>
    public static readonly IReadOnlySet<string> Open = new HashSet<string> { "image.ipc", "image.pick", "image.resume" };

    /// <summary>Those of the open ones that a run proves of the same assembler program at <see cref="Bound"/>.</summary>
    public static readonly IReadOnlySet<string> Bounded = new HashSet<string> { "image.pick" };

    public static readonly Limits Bound = new(4, 4, 32);

    /// <summary>Every theorem about an image and its spec, at the image's size.</summary>
    public static IReadOnlyList<Theorem> Of(BootedImage image)
    {
        var limits = image.Layout.Limits;
        Theorem Spec(Entry entry, uint stage, string name) => new SpecTheorem($"spec.{name}", limits, entry, stage);
        return
        [
            Spec(Entry.Ipc, Stages.User, "ipc"),
            Spec(Entry.IdNearest, Stages.User, "id_nearest"),
            Spec(Entry.ThreadSwitch, Stages.User, "thread_switch"),
            Spec(Entry.Tick, Stages.User, "tick"),
            Spec(Entry.Tick, Stages.Idle, "tick-idle"),
            Spec(Entry.Exception, Stages.User, "exception"),
            Spec(Entry.Spurious, Stages.User, "spurious"),
            Spec(Entry.Spurious, Stages.Idle, "spurious-idle"),
            Spec(Entry.Pick, Stages.Pick, "pick"),
            Spec(Entry.Resume, Stages.Resume, "resume"),
            .. Way.All.Select(way => new ImageTheorem($"image.{way.Name}", image, way)),
            .. image.Operations.Select(operation => new SetOperationTheorem(image, operation)),
            new SendersTheorem(image),
        ];
    }

    /// <summary>
    /// Those that <paramref name="name"/> asks for: a full name (<c>image.ipc</c>), a way (<c>ipc</c>, <c>exception-13</c>), a kind
    /// (<c>spec</c>, <c>image</c>), or the common part of several (<c>exception</c>).
    /// </summary>
    public static IReadOnlyList<Theorem> Named(IReadOnlyList<Theorem> all, string name) =>
        [.. all.Where(theorem => theorem.Name == name || theorem.Name.Split('.').Any(part => part == name || part.StartsWith(name + "-", StringComparison.Ordinal)))];
}
