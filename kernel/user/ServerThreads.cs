using Verified.Spec;

namespace Verified.Kernel;

/// <summary>The first threads of the two servers that every system has (interface, 19.4 to 19.10).</summary>
public static class ServerThreads
{
    public const uint Sigma0Task = 2,
        RootTask = 4;

    /// <summary>σ0's and the root task's priority at their start.</summary>
    public const uint Priority = 50;

    private const uint Quantum = 10;

    /// <summary>Its EIP and ESP are known at boot.</summary>
    public static readonly BootThread Sigma0 = new(0x04020001, Priority, Quantum, Eip: 0, Esp: 0);

    /// <summary>Likewise; σ0 is its pager.</summary>
    public static readonly BootThread Root = new(0x04040001, Priority, Quantum, Eip: 0, Esp: 0, Pager: Sigma0.Id);

    /// <summary>σ0 as boot starts it: the address of the info page is in EAX, and on its stack.</summary>
    public static BootThread Sigma0At(Layout layout, uint eip) =>
        Sigma0 with
        {
            Eip = eip,
            Esp = BootPages.InitialStack(layout.Boot.Sigma0Stack),
            Eax = Layout.Physical(layout.Info),
        };

    /// <summary>
    /// The root task as boot starts it: its registers are as a Multiboot loader leaves them, and the address of the
    /// information is on its stack too.
    /// </summary>
    public static BootThread RootAt(Layout layout, uint eip) =>
        Root with
        {
            Eip = eip,
            Esp = BootPages.InitialStack(layout.Boot.RootStack),
            Eax = Multiboot.LoaderMagic,
            Ebx = layout.Boot.Information,
        };

    /// <summary>Whether there are rows for them.</summary>
    public static bool Fit(Limits limits) => limits.Tasks > RootTask && limits.Priorities > Priority;
}
