using System.CommandLine;
using System.CommandLine.Parsing;
using Verified.Kernel;
using Verified.Proofs.Unix;

namespace Verified.Proofs.Commands;

/// <summary>The Unix server as the root task, and the archive that its file system is filled from.</summary>
internal static class UnixOptions
{
    public static readonly Option<bool> Unix = new("--unix")
    {
        Description =
            "Boot sigma0 and the Unix server, which gcc builds; process 1 is /init or /bin/sh on COM1, which is the "
            + "terminal unless --input is given",
    };

    public static readonly Option<string?> Initrd = new("--initrd")
    {
        Description =
            "Fill the Unix server's files from this archive (cpio, newc) or folder "
            + $"[default: {DefaultFolder}, which kernel/unix/packages makes]",
        HelpName = "FILE",
    };

    public static readonly Option<bool> Trap = new("--trap")
    {
        Description = "Let every INT 80h of the Unix server's processes trap; rewrite none into a call of the library",
    };

    public static readonly Option<bool> Native = new("--native")
    {
        Description = "Boot the Unix system as a kernel of its own: without the microkernel, for comparison",
    };

    public static readonly Option<int> Systems = CommonOptions.InRange(
        new Option<int>("--systems")
        {
            Description =
                "Boot this many Unix servers side by side, with their own tasks, memory and copies of the files: the "
                + "first on COM1, the second on COM2; a real-time thread runs beside them",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        },
        1,
        2
    );

    /// <summary>The folder in which <c>kernel/unix/packages</c> makes a file system.</summary>
    public const string DefaultFolder = ".verified/unix/root";

    public static void AddTo(Command verb)
    {
        foreach (var option in (Option[])[Unix, Initrd, Trap, Native, Systems])
            verb.Options.Add(option);
        verb.Validators.Add(result =>
        {
            var isUnix = result.GetValue(Unix);
            foreach (var option in (Option[])[Initrd, Trap, Native, Systems])
                if (!isUnix && result.GetResult(option) is OptionResult { Implicit: false })
                    result.AddError($"{option.Name} is for --unix: give both");
            if (result.GetValue(Trap) && result.GetValue(Native))
                result.AddError("--trap and --native exclude each other: a native system call is always a trap");
            if (AreSeveral(result) && result.GetValue(Native))
                result.AddError(
                    "--systems and --native exclude each other: a native system has the machine for itself"
                );
            foreach (var option in (Option[])[ImageVerb.Root, MachineOptions.Modules, MachineOptions.Kernel])
                if (isUnix && result.GetResult(option) is OptionResult { Implicit: false })
                    result.AddError($"--unix and {option.Name} exclude each other: give one root task");
        });
    }

    private static bool AreSeveral(SymbolResult result) =>
        result.GetResult(Systems) is OptionResult { Implicit: false };

    /// <summary>The boot of the Unix system, if --unix is given.</summary>
    /// <param name="parsed">The options.</param>
    /// <param name="image">The microkernel, if it is needed.</param>
    /// <exception cref="Host.OtherProgramException">No compiler.</exception>
    /// <exception cref="CommandException">No archive.</exception>
    public static UnixBoot? Boot(ParseResult parsed, Func<KernelImage> image)
    {
        if (!parsed.GetValue(Unix))
            return null;
        var way =
            parsed.GetValue(Native) ? UnixWay.Native
            : parsed.GetValue(Trap) ? UnixWay.Trap
            : UnixWay.Library;
        var (archive, folder) = (ArchiveOf(parsed.GetValue(Initrd)), Path.Combine(Report.Folder, "unix"));
        return AreSeveral(parsed.CommandResult)
            ? UnixBoot.Of(way, image(), [.. Enumerable.Repeat(archive, parsed.GetValue(Systems))], folder)
            : UnixBoot.Of(way, image, archive, folder);
    }

    private static byte[] ArchiveOf(string? initrd)
    {
        var place = initrd ?? DefaultFolder;
        try
        {
            return Directory.Exists(place) ? Archive.Of(place)
                : initrd is null
                    ? throw new CommandException(
                        $"{place} is not there: make it with kernel/unix/packages, or give --initrd FILE"
                    )
                : File.ReadAllBytes(place);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"{place} cannot be read: {e.Message}");
        }
    }
}
