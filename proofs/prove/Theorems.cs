using Verified.Kernel;
using Verified.Spec;

namespace Verified.Proofs.Prove;

/// <summary>The index of theorems: one line each.</summary>
public static class Theorems
{
    /// <summary>Every theorem about an image and its spec, at the image's size.</summary>
    /// <exception cref="ImageException">The image does not boot.</exception>
    public static IReadOnlyList<Theorem> Of(KernelImage file)
    {
        var image = Booting.Boot(file).Image;
        var limits = image.Layout.Limits;
        Theorem Spec(Entry entry, uint stage, string name) => new SpecTheorem($"spec.{name}", limits, entry, stage);
        return
        [
            Spec(Entry.Ipc, Stages.User, "ipc"),
            Spec(Entry.IdNearest, Stages.User, "id_nearest"),
            Spec(Entry.FpageUnmap, Stages.User, "fpage_unmap"),
            Spec(Entry.ThreadSwitch, Stages.User, "thread_switch"),
            Spec(Entry.ThreadSchedule, Stages.User, "thread_schedule"),
            Spec(Entry.LthreadExRegs, Stages.User, "lthread_ex_regs"),
            Spec(Entry.Tick, Stages.User, "tick"),
            Spec(Entry.Tick, Stages.Idle, "tick-idle"),
            Spec(Entry.Tick, Stages.Map, "tick-map"),
            Spec(Entry.PageFault, Stages.User, "page-fault"),
            Spec(Entry.Exception, Stages.User, "exception"),
            Spec(Entry.Spurious, Stages.User, "spurious"),
            Spec(Entry.Spurious, Stages.Idle, "spurious-idle"),
            Spec(Entry.Spurious, Stages.Map, "spurious-map"),
            Spec(Entry.Pick, Stages.Pick, "pick"),
            Spec(Entry.Receive, Stages.Receive, "receive"),
            Spec(Entry.Accept, Stages.Accept, "accept"),
            Spec(Entry.Leave, Stages.Leave, "leave"),
            Spec(Entry.Wake, Stages.Wake, "wake"),
            Spec(Entry.Map, Stages.Map, "map"),
            .. Way.All.Select(way => new ImageTheorem($"image.{way.Name}", image, way)),
            .. image.Operations.Select(operation => new SetOperationTheorem(image, operation)),
            new SendersTheorem(image),
            new BootTheorem("image.boot", file, image, []),
            .. Booting.Servers(file) is { Count: > 0 } servers ? (Theorem[])[new BootTheorem("image.boot-servers", file, image, servers)] : [],
        ];
    }

    /// <summary>
    /// Those that <paramref name="name"/> asks for: a full name (<c>image.ipc</c>), a way (<c>ipc</c>, <c>exception-13</c>), a kind
    /// (<c>spec</c>, <c>image</c>), or the common part of several (<c>exception</c>, <c>sets</c>). What a way does to the sets of threads is
    /// proved apart, so it brings the theorems of the sets with it.
    /// </summary>
    public static IReadOnlyList<Theorem> Named(IReadOnlyList<Theorem> all, string name)
    {
        var named = all.Where(theorem => theorem.Name == name || theorem.Name.Split('.').Any(part =>
            part == name || part.StartsWith(name + "-", StringComparison.Ordinal) || part.StartsWith(name + "_", StringComparison.Ordinal))).ToHashSet();
        if (named.OfType<ImageTheorem>().Any(theorem => theorem.UsesSets)) named.UnionWith(all.OfType<SetTheorem>());
        return [.. all.Where(named.Contains)];
    }
}
