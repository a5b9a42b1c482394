namespace Verified.Kernel;

/// <summary>The information that a Multiboot loader leaves at EBX (Multiboot 0.6, 3.3): flags and offsets.</summary>
internal static class Multiboot
{
    /// <summary>The value that the loader leaves in EAX (Multiboot 0.6, 3.2).</summary>
    public const uint LoaderMagic = 0x2BADB002;

    public const uint HasMemory = 0x01,
        HasCommandLine = 0x04,
        HasModules = 0x08,
        HasMap = 0x40,
        HasName = 0x200;

    /// <summary>The parts that boot passes on to the root task.</summary>
    public const uint Kept = HasMemory | HasCommandLine | HasModules | HasMap | HasName;

    public const uint LowerKilobytes = 4,
        UpperKilobytes = 8,
        CommandLine = 16,
        ModuleCount = 20,
        Modules = 24,
        MapLength = 44,
        Map = 48,
        Name = 64,
        Size = 88;

    /// <summary>The start of upper memory.</summary>
    public const uint UpperMemory = 0x100000;

    /// <summary>A module: its first byte, the byte after its last, and its command line.</summary>
    public const uint ModuleStart = 0,
        ModuleEnd = 4,
        ModuleText = 8,
        ModuleSize = 16;
}
