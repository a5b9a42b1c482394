using Verified.Proofs.Host;

namespace Verified.Proofs.Unix;

/// <summary>The machine on which the Unix system runs.</summary>
public enum UnixPlatform
{
    /// <summary>The microkernel: the system is a root task.</summary>
    L4,

    /// <summary>The bare machine: the system is a Multiboot kernel.</summary>
    Native,
}

/// <summary>
/// The Unix system (<c>kernel/unix</c>) and programs for it. Their sources are part of this assembly, and gcc builds
/// them when they are used.
/// </summary>
public static class UnixServer
{
    private const string Programs = "programs/",
        Plain = "plain/",
        Systems = "systems/";

    // Below the addresses of usual programs.
    private const string Address = "-Wl,-Ttext-segment=0x100000";

    /// <summary>The system's ELF file, built now unless these sources have been built already.</summary>
    /// <param name="folder">The folder that keeps built files.</param>
    /// <param name="platform">The machine on which it will run.</param>
    /// <param name="compiler">Name or path of gcc.</param>
    /// <exception cref="OtherProgramException">There is no compiler for IA-32.</exception>
    public static byte[] File(string folder, UnixPlatform platform = UnixPlatform.L4, string compiler = "gcc")
    {
        var own = platform == UnixPlatform.L4 ? "l4" : "native";

        // A Multiboot header is near the start of its file, so the platform's assembly comes first.
        var sources = Compiled
            .Find(path => !path.Contains('/', StringComparison.Ordinal) || IsIn($"{own}/", path))
            .OrderBy(source => Path.GetExtension(source.Path) == ".S" ? 0 : 1);
        return new Compiled(own, [.. sources], [Address], ["", own]).File(folder, compiler);
    }

    /// <summary>The root task that starts several servers side by side: its ELF file.</summary>
    /// <param name="folder">The folder that keeps built files.</param>
    /// <param name="compiler">Name or path of gcc.</param>
    /// <exception cref="OtherProgramException">There is no compiler for IA-32.</exception>
    public static byte[] Root(string folder, string compiler = "gcc")
    {
        var sources = Compiled.Find(path =>
            IsIn(Systems, path) || path == "l4/stubs.S" || Path.GetExtension(path) == ".h"
        );
        return new Compiled("systems", sources, [Address], ["", "l4", "systems"]).File(folder, compiler);
    }

    /// <summary>A program of <c>kernel/unix/programs</c>, for Linux on IA-32.</summary>
    /// <param name="folder">The folder that keeps built files.</param>
    /// <param name="name">Its source, without ".c".</param>
    /// <param name="compiler">Name or path of gcc.</param>
    /// <exception cref="OtherProgramException">There is no compiler for IA-32.</exception>
    public static byte[] Program(string folder, string name, string compiler = "gcc") =>
        new Compiled(
            name,
            Compiled.Find(path =>
                path == $"{Programs}{name}.c" || (IsIn(Programs, path) && Path.GetExtension(path) == ".h")
            ),
            [],
            [Programs]
        ).File(folder, compiler);

    /// <summary>
    /// A root task of <c>kernel/unix/plain</c>, which runs on the microkernel without the Unix system.
    /// </summary>
    /// <param name="folder">The folder that keeps built files.</param>
    /// <param name="name">Its source, without ".c".</param>
    /// <param name="compiler">Name or path of gcc.</param>
    /// <exception cref="OtherProgramException">There is no compiler for IA-32.</exception>
    public static byte[] PlainTask(string folder, string name, string compiler = "gcc") =>
        new Compiled(
            $"plain-{name}",
            Compiled.Find(path => path == $"{Plain}{name}.c" || Path.GetExtension(path) == ".h"),
            ["-Wl,-Ttext=0x300000"],
            [Plain]
        ).File(folder, compiler);

    private static bool IsIn(string folder, string path) => path.StartsWith(folder, StringComparison.Ordinal);
}
