using Verified.Kernel;
using Verified.Spec;

namespace Verified.Proofs.Prove;

/// <summary>The index of theorems: one line each.</summary>
public static class Theorems
{
    /// <summary>Every step of the spec, by the stage it is made in.</summary>
    private static readonly (Entry Entry, uint Stage, string Name)[] Steps =
    [
        (Entry.Ipc, Stages.User, "ipc"),
        (Entry.IdNearest, Stages.User, "id_nearest"),
        (Entry.FpageUnmap, Stages.User, "fpage_unmap"),
        (Entry.ThreadSwitch, Stages.User, "thread_switch"),
        (Entry.ThreadSchedule, Stages.User, "thread_schedule"),
        (Entry.LthreadExRegs, Stages.User, "lthread_ex_regs"),
        (Entry.Tick, Stages.User, "tick"),
        (Entry.Tick, Stages.Idle, "tick-idle"),
        (Entry.Tick, Stages.Map, "tick-map"),
        (Entry.PageFault, Stages.User, "page-fault"),
        (Entry.Protection, Stages.User, "protection"),
        (Entry.Exception, Stages.User, "exception"),
        (Entry.Interrupt, Stages.User, "interrupt"),
        (Entry.Interrupt, Stages.Idle, "interrupt-idle"),
        (Entry.Interrupt, Stages.Map, "interrupt-map"),
        (Entry.Pick, Stages.Pick, "pick"),
        (Entry.Receive, Stages.Receive, "receive"),
        (Entry.Accept, Stages.Accept, "accept"),
        (Entry.Leave, Stages.Leave, "leave"),
        (Entry.Wake, Stages.Wake, "wake"),
        (Entry.Map, Stages.Map, "map"),
    ];

    /// <summary>Every theorem about an image and its spec, at the image's size.</summary>
    /// <exception cref="ImageException">The image does not boot.</exception>
    public static IReadOnlyList<Theorem> Of(KernelImage file)
    {
        var image = Booting.Boot(file).Image;
        var limits = image.Layout.Limits;
        return
        [
            .. Steps.Select(step => new SpecTheorem($"spec.{step.Name}", limits, step.Entry, step.Stage)),
            .. Steps.Select(step => new IsolationTheorem($"isolation.{step.Name}", limits, step.Entry, step.Stage)),
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
