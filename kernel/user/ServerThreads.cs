using Verified.Spec;

namespace Verified.Kernel;

/// <summary>The first threads of the two servers that every system has (L4-X0 section 4).</summary>
public static class ServerThreads
{
    public const uint Sigma0Task = 2, RootTask = 4;

    /// <summary>σ0's and the root task's priority at their start.</summary>
    public const uint Priority = 50;

    private const uint Quantum = 10;

    /// <summary>Its EIP and ESP are known at boot.</summary>
    public static readonly BootThread Sigma0 = new(0x04020001, Priority, Quantum, Eip: 0, Esp: 0);

    /// <summary>Likewise; σ0 is its pager.</summary>
    public static readonly BootThread Root = new(0x04040001, Priority, Quantum, Eip: 0, Esp: 0, Pager: Sigma0.Id);

    /// <summary>Whether there are rows for them.</summary>
    public static bool Fit(Limits limits) => limits.Tasks > RootTask && limits.Priorities > Priority;
}
