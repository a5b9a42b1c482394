using Verified.Kernel;
using Verified.Machine.Boot;

namespace Verified.Proofs.Unix;

/// <summary>The way of a program's system call to the Unix system.</summary>
public enum UnixWay
{
    /// <summary>On the microkernel; the server rewrites INT 80h into a call of the library.</summary>
    Library,

    /// <summary>On the microkernel; INT 80h raises an exception, each time.</summary>
    Trap,

    /// <summary>The Unix system is the kernel.</summary>
    Native,
}

/// <summary>The files that a boot loader loads to start the Unix system.</summary>
/// <param name="Kernel">A Multiboot kernel.</param>
/// <param name="Modules">Its modules, in order.</param>
public sealed record UnixBoot(byte[] Kernel, IReadOnlyList<BootModule> Modules)
{
    /// <param name="way">The way of system calls.</param>
    /// <param name="image">The microkernel.</param>
    /// <param name="archive">The file system (cpio, newc).</param>
    /// <param name="folder">The folder that keeps built files.</param>
    /// <exception cref="Host.OtherProgramException">There is no compiler for IA-32.</exception>
    public static UnixBoot Of(UnixWay way, Func<KernelImage> image, byte[] archive, string folder)
    {
        var initrd = Archive(way, "initrd", archive);
        return way == UnixWay.Native
            ? new(UnixServer.File(folder, UnixPlatform.Native), [initrd])
            : new(
                image().ToElf(),
                [
                    new(ServerPrograms.Sigma0.Name, ServerPrograms.Sigma0.File),
                    new("unix", UnixServer.File(folder)),
                    initrd,
                ]
            );
    }

    /// <summary>A root task on the microkernel, without the Unix system.</summary>
    /// <param name="name">A program of <c>kernel/unix/plain</c>.</param>
    /// <param name="image">The microkernel.</param>
    /// <param name="folder">The folder that keeps built files.</param>
    /// <exception cref="Host.OtherProgramException">There is no compiler for IA-32.</exception>
    public static UnixBoot Plain(string name, KernelImage image, string folder) =>
        Plain(UnixServer.PlainTask(folder, name), image);

    /// <summary>A root task on the microkernel, without the Unix system.</summary>
    /// <param name="task">Its ELF file.</param>
    /// <param name="image">The microkernel.</param>
    internal static UnixBoot Plain(byte[] task, KernelImage image) =>
        new(image.ToElf(), [new(ServerPrograms.Sigma0.Name, ServerPrograms.Sigma0.File), new("task", task)]);

    /// <summary>Several Unix servers side by side, each with a serial port, below one root task.</summary>
    /// <param name="way">The way of system calls; not native.</param>
    /// <param name="image">The microkernel.</param>
    /// <param name="archives">The file system of each.</param>
    /// <param name="folder">The folder that keeps built files.</param>
    /// <exception cref="Host.OtherProgramException">There is no compiler for IA-32.</exception>
    public static UnixBoot Of(UnixWay way, KernelImage image, IReadOnlyList<byte[]> archives, string folder)
    {
        if (way == UnixWay.Native)
            throw new ArgumentException("a native system has the machine for itself", nameof(way));
        return new(
            image.ToElf(),
            [
                new(ServerPrograms.Sigma0.Name, ServerPrograms.Sigma0.File),
                new("systems", UnixServer.Root(folder)),
                new("unix", UnixServer.File(folder)),
                .. archives.Select((archive, number) => Archive(way, $"initrd{number + 1}", archive)),
            ]
        );
    }

    private static BootModule Archive(UnixWay way, string name, byte[] content) =>
        new(way == UnixWay.Trap ? $"{name} trap" : name, content);
}
