using System.Collections.Concurrent;
using Verified.Kernel;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>The state that boot with the project's own servers leaves.</summary>
public static class BootedState
{
    private static readonly ConcurrentDictionary<Limits, Snapshot> Snapshots = [];
    private static readonly ConcurrentDictionary<Limits, State<Concrete>> States = [];

    /// <summary>Whether kernels of this size can start servers.</summary>
    public static bool Exists(Limits limits) => ServerThreads.Fit(limits);

    /// <summary>The state at the first pick.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A kernel of this size starts no servers.</exception>
    public static State<Concrete> Of(Layout layout)
    {
        if (!Exists(layout.Limits))
            throw new ArgumentOutOfRangeException(nameof(layout), "a kernel of this size starts no servers");
        return BootState.Of(
            layout,
            [],
            [
                ServerThreads.Sigma0At(layout, Entry(ServerPrograms.Sigma0)),
                ServerThreads.RootAt(layout, Entry(ServerPrograms.Roots[0])),
            ]
        );
    }

    /// <summary>The state in which the first thread runs. The state is shared, so no caller may write it.</summary>
    /// <inheritdoc cref="Of"/>
    public static State<Concrete> AtUser(Layout layout) => States.GetOrAdd(layout.Limits, _ =>
        {
            var state = Of(layout);
            var kernel = new Kernel<Concrete>(state);
            foreach (var (own, argument) in Event.OwnSteps(state))
                kernel.Step(own, argument);
            return state;
        });

    /// <inheritdoc cref="Of"/>
    public static Snapshot Snapshot(Limits limits) =>
        Snapshots.GetOrAdd(limits, size => Events.Snapshot.Of(AtUser(new Layout(size))));

    // An ELF file's entry.
    private static uint Entry(ServerProgram program) => BitConverter.ToUInt32(program.File, 24);
}
