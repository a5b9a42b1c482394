using Verified.Spec;

namespace Verified.Kernel;

/// <summary>The first threads of the two servers that every system has (interface, 19.4 to 19.10).</summary>
public static class ServerThreads
{
    public const uint Sigma0Task = 2,
        RootTask = 4;

    /// <summary>The priority of σ0 and of the root task at their start.</summary>
    public const uint Priority = 50;

    private const uint Quantum = 10;

    /// <summary>σ0's first thread. EIP and ESP are known only at boot.</summary>
    public static readonly BootThread Sigma0 = new(0x04020001, Priority, Quantum, Eip: 0, Esp: 0);

    /// <summary>The root task's first thread. EIP and ESP are known only at boot. σ0 is its pager.</summary>
    public static readonly BootThread Root = new(0x04040001, Priority, Quantum, Eip: 0, Esp: 0, Pager: Sigma0.Id);

    /// <summary>σ0 as boot starts it: EAX and the stack contain the address of the info page.</summary>
    public static BootThread Sigma0At(Layout layout, uint eip) =>
        Sigma0 with
        {
            Eip = eip,
            Esp = BootPages.InitialStack(layout.Boot.Sigma0Stack),
            Eax = Layout.Physical(layout.Info),
        };

    /// <summary>
    /// The root task as boot starts it: its registers are those that a Multiboot loader leaves, and its stack contains
    /// the address of the information.
    /// </summary>
    public static BootThread RootAt(Layout layout, uint eip) =>
        Root with
        {
            Eip = eip,
            Esp = BootPages.InitialStack(layout.Boot.RootStack),
            Eax = Multiboot.LoaderMagic,
            Ebx = layout.Boot.Information,
        };

    /// <summary>Whether the tables have rows for these threads.</summary>
    public static bool Fit(Limits limits) => limits.Tasks > RootTask && limits.Priorities > Priority;
}
