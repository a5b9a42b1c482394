using Verified.Spec;

namespace Verified.Kernel;

/// <summary>A place in the kernel's code between two steps of the spec: a cut point of the proofs.</summary>
/// <param name="Name">Its name in reports.</param>
/// <param name="Symbol">The image's symbol at its address.</param>
/// <param name="Stage">The stage of the state there.</param>
public sealed record CodePoint(string Name, string Symbol, uint Stage);

/// <summary>The one list of these places. User mode is a cut point, too, but has no address in the kernel.</summary>
public static class CodePoints
{
    public static readonly CodePoint Pick = new("pick", "pick", Stages.Pick),
        Receive = new("receive", "receive", Stages.Receive),
        Accept = new("accept", "accept", Stages.Accept),
        Leave = new("leave", "leave", Stages.Leave),
        Wake = new("wake", "wake", Stages.Wake),
        Map = new("map", "map_step", Stages.Map);

    /// <summary>The way out to the current thread.</summary>
    public static readonly CodePoint Exit = new("exit", "exit", Stages.User);

    /// <summary>The HLT of stage idle.</summary>
    public static readonly CodePoint Idle = new("idle", "idle_halt", Stages.Idle);

    /// <summary>The address to which the fast path of ipc jumps if it leaves the step to the slow path.</summary>
    public static readonly CodePoint Slow = new("ipc-slow", "ipc_slow", Stages.User);

    public static IReadOnlyList<CodePoint> All { get; } = [Pick, Receive, Accept, Leave, Wake, Map, Exit, Idle, Slow];

    /// <summary>The place where the kernel continues in a stage of its own.</summary>
    public static CodePoint OfStage(uint stage) =>
        All.FirstOrDefault(point => point.Stage == stage && stage != Stages.User)
        ?? throw new ArgumentException($"the kernel has no place for stage {stage}", nameof(stage));
}
