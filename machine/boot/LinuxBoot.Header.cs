using System.Buffers.Binary;
using Verified.Machine.Processor;

namespace Verified.Machine.Boot;

/// <summary>Reads the header of a Linux kernel.</summary>
public static partial class LinuxBoot
{
    /// <summary>True if the file has the header of the protocol.</summary>
    public static bool IsKernel(ReadOnlySpan<byte> image) =>
        image.Length >= Version + 2 && Half(image, BootFlag) == 0xAA55 && image.Slice(Magic, 4).SequenceEqual("HdrS"u8);

    /// <summary>A kernel, as its header describes it.</summary>
    private readonly record struct Kernel(
        int Version,
        int SetupSize,
        bool IsHigh,
        uint Entry,
        uint RamdiskMost,
        int CommandLineSize,
        uint InitSize
    )
    {
        /// <summary>Whether the kernel starts in protected mode, at its entry.</summary>
        public bool StartsProtected => IsHigh && Entry != 0;

        public static Kernel Of(ReadOnlySpan<byte> image)
        {
            var version = (int)Half(image, LinuxBoot.Version);
            var sectors = image[HeaderAt] == 0 ? DefaultSetupSectors : image[HeaderAt];
            var size = (1 + sectors) * Sector;
            if (version < 0x200)
                throw new MachineException(
                    $"Linux boot protocol {version >> 8}.{version & 0xFF:D2}: 2.00 and later are supported"
                );
            if (image.Length <= size)
                throw new MachineException(
                    $"truncated Linux kernel: its setup code of {size:N0} bytes is not followed by a kernel"
                );
            if (version >= 0x204 && Word(image, SystemSize) * 16L > (image.Length - size + 15 & ~15))
                throw new MachineException(
                    $"truncated Linux kernel: {image.Length - size:N0} bytes follow its setup code, "
                        + $"and its header says {Word(image, SystemSize) * 16L:N0}"
                );
            if (version >= 0x20C && (Half(image, ExtendedLoadFlags) & Has64BitEntry) != 0)
                throw new MachineException(
                    "a Linux kernel for 64-bit processors: the machine has no 64-bit mode; give a kernel for IA-32"
                );
            return new(
                version,
                size,
                (image[LoadFlags] & LoadedHigh) != 0,
                Word(image, Code32),
                version >= 0x203 ? Word(image, LinuxBoot.RamdiskMost) : OldRamdiskMost,
                version >= 0x206
                    ? (int)Math.Min(Word(image, LinuxBoot.CommandLineSize), int.MaxValue)
                    : OldCommandLineSize,
                version >= 0x20A ? Word(image, LinuxBoot.InitSize) : 0
            );
        }
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) =>
        at + 4 <= bytes.Length ? BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]) : throw Truncated();

    private static ushort Half(ReadOnlySpan<byte> bytes, int at) =>
        at + 2 <= bytes.Length ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]) : throw Truncated();

    private static MachineException Truncated() => new("truncated Linux kernel: its header is beyond its end");
}
