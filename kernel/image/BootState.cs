using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>The state that the image's tables mean at boot.</summary>
public static class BootState
{
    /// <summary>σ0 has every frame but 0 and the kernel's; the programs, two frames each that follow the kernel's.</summary>
    public static State<Concrete> Of(Layout layout, IReadOnlyList<UserProgram> programs, IEnumerable<BootThread>? threads = null)
    {
        var (first, boot, last) = (Layout.ImageBase / Layout.PageSize, layout.Boot.Base / Layout.PageSize, Layout.Physical(layout.UserImages) / Layout.PageSize);
        var info = Layout.Physical(layout.Info) / Layout.PageSize;
        var state = Boot.Initial(layout.Limits, threads ?? [], frame => Mappings<Concrete>.Sigma0 < layout.Limits.Tasks && (frame - first >= boot - first || frame == info), programs.SelectMany((program, i) => (BootMapping[])
        [
            new(program.Task, UserProgram.CodePage / Layout.PageSize, last + 2 * (uint)i, Writable: false),
            new(program.Task, UserProgram.DataPage / Layout.PageSize, last + 2 * (uint)i + 1, Writable: true),
        ]));
        if (info < layout.Limits.Paging.Frames) state.Mappings.Level[info] = 0;
        return state;
    }
}
