using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Kernel;

/// <summary>The state that the image's tables mean at boot.</summary>
public static class BootState
{
    /// <summary>
    /// σ0 has all ports, and every frame except frame 0 and the kernel's. The root task has all ports, too. Each
    /// program has two of the frames that follow the kernel's, and the ports for printing and for ending the run.
    /// </summary>
    public static State<Concrete> Of(
        Layout layout,
        IReadOnlyList<UserProgram> programs,
        IEnumerable<BootThread>? threads = null
    )
    {
        var (first, boot, last) = (
            Layout.ImageBase / Layout.PageSize,
            layout.Boot.Base / Layout.PageSize,
            Layout.Physical(layout.UserImages) / Layout.PageSize
        );
        var (info, ports) = (
            Layout.Physical(layout.Info) / Layout.PageSize,
            layout.Limits.Tasks > ServerThreads.RootTask ? layout.Limits.Paging.Ports : 0
        );
        var state = Boot.Initial(
            layout.Limits,
            threads ?? [],
            frame =>
                Mappings<Concrete>.Sigma0 < layout.Limits.Tasks && (frame - first >= boot - first || frame == info),
            [
                .. Enumerable.Range(0, (int)ports).Select(group => Ports(layout, ServerThreads.RootTask, (uint)group)),
                .. programs.SelectMany(
                    (program, i) =>
                        (BootMapping[])
                            [
                                new(
                                    program.Task,
                                    UserProgram.CodePage / Layout.PageSize,
                                    last + 2 * (uint)i,
                                    Writable: false
                                ),
                                new(
                                    program.Task,
                                    UserProgram.DataPage / Layout.PageSize,
                                    last + 2 * (uint)i + 1,
                                    Writable: true
                                ),
                                Ports(layout, program.Task, Com1Ports.Data / 16),
                                Ports(layout, program.Task, DebugExit.Port / 16),
                            ]
                ),
            ]
        );
        if (info < layout.Limits.Paging.Frames)
            state.Mappings.Level[info] = 0;
        foreach (var program in programs)
            state.Mappings.Version[program.Task] = ThreadId.Version<Concrete>(program.Thread.Id);
        return state;
    }

    /// <summary>
    /// Takes from σ0 the frames from <paramref name="first"/> on, which are beyond the machine's memory. The page
    /// tables stay, and the mappings keep their pages.
    /// </summary>
    internal static void Without(State<Concrete> state, uint first)
    {
        var m = state.Mappings;
        for (var frame = first; frame < state.Limits.Paging.Frames; frame++)
        {
            if (m.Space[frame] == 0)
                continue;
            m.NodeAt[state.EntryOf(state.TableOf(m.Space[frame], m.Page[frame]), m.Page[frame])] = 0;
            m.Space[frame] = 0;
        }
    }

    private static BootMapping Ports(Layout layout, uint task, uint group)
    {
        var frame = layout.Limits.Paging.Frames + group;
        return new(task, layout.Limits.Paging.Home<Concrete>(frame).Value, frame, Writable: true);
    }
}
