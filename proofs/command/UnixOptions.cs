using System.CommandLine;
using System.CommandLine.Parsing;
using Verified.Kernel;
using Verified.Machine.Computer;
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
        Description = "Reflect every INT 80h of the Unix server's processes; rewrite none into a call of the library",
    };

    /// <summary>The folder in which <c>kernel/unix/packages</c> makes a file system.</summary>
    public const string DefaultFolder = ".verified/unix/root";

    public static void AddTo(Command verb)
    {
        foreach (var option in (Option[])[Unix, Initrd, Trap])
            verb.Options.Add(option);
        verb.Validators.Add(result =>
        {
            var isUnix = result.GetValue(Unix);
            foreach (var option in (Option[])[Initrd, Trap])
                if (!isUnix && result.GetResult(option) is OptionResult { Implicit: false })
                    result.AddError($"{option.Name} is for --unix: give both");
            foreach (var option in (Option[])[ImageVerb.Root, MachineOptions.Modules, MachineOptions.Kernel])
                if (isUnix && result.GetResult(option) is OptionResult { Implicit: false })
                    result.AddError($"--unix and {option.Name} exclude each other: give one root task");
        });
    }

    /// <summary>σ0, the server and its archive; nothing without --unix.</summary>
    /// <exception cref="Host.OtherProgramException">No compiler.</exception>
    /// <exception cref="CommandException">No archive.</exception>
    public static BootModule[] Modules(ParseResult parsed) =>
        parsed.GetValue(Unix) ? Modules(parsed.GetValue(Initrd), parsed.GetValue(Trap)) : [];

    /// <summary>The modules of the Unix server.</summary>
    public static BootModule[] Modules(string? initrd, bool trap) =>
        [
            new(ServerPrograms.Sigma0.Name, ServerPrograms.Sigma0.File),
            new("unix", UnixServer.File(Path.Combine(Report.Folder, "unix"))),
            new(trap ? "initrd trap" : "initrd", ArchiveOf(initrd)),
        ];

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
