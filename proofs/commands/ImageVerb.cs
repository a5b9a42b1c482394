using System.CommandLine;
using Verified.Kernel;
using Verified.Machine.Boot;

namespace Verified.Proofs.Commands;

/// <summary><c>image</c>: writes the bootable image.</summary>
internal static class ImageVerb
{
    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "Where to write the ELF file, and its modules beside it",
        HelpName = "FILE",
        Required = true,
    };

    public static readonly Option<int> RoundTrips = CommonOptions.InRange(
        new Option<int>("--round-trips")
        {
            Description = "The number of round trips of its ping program",
            HelpName = "N",
            DefaultValueFactory = _ => 100_000,
        },
        1,
        1_000_000_000
    );

    public static readonly Option<ServerProgram?> Root = new("--root")
    {
        Description =
            "Boot sigma0 and this root task: "
            + $"{string.Join(", ", ServerPrograms.Roots.Select(root => $"{root.Name} ({root.Description})"))}",
        HelpName = "NAME",
        CustomParser = argument =>
        {
            var name = argument.Tokens[0].Value;
            if (ServerPrograms.Roots.FirstOrDefault(root => root.Name == name) is { } found)
                return found;
            var names = ServerPrograms.Roots.Select(root => root.Name).ToList();
            argument.AddError(
                $"--root {name}: {DidYouMean.Line("root task", name, names, $"give one of {string.Join(", ", names)}")}"
            );
            return null;
        },
    };

    /// <summary>The terminal of COM2 in QEMU: <c>nc 127.0.0.1 4002</c>.</summary>
    private const string SecondSerial = "tcp:127.0.0.1:4002,server=on,wait=off";

    private static readonly Option<bool> Disk = new("--disk")
    {
        Description =
            "Write a raw disk instead, with a boot sector and the modules, for a PC or emulator with a BIOS and "
            + "64 MB of RAM",
    };

    public static Command Make()
    {
        var verb = new Command("image", "Write the bootable image: run it here, or with qemu-system-i386 -kernel FILE")
        {
            Output,
            RoundTrips,
            Root,
            Disk,
            MachineOptions.Modules,
            MachineOptions.Append,
            ImageSource.Size,
        };
        UnixOptions.AddTo(verb);
        verb.SetAction(Run);
        return verb;
    }

    private static int Run(ParseResult parsed)
    {
        KernelImage? image = null;
        var (kernel, modules) = RunVerb.Booted(parsed, () =>
            image = KernelImage.Build(ImageSource.LimitsOf(parsed), new((uint)parsed.GetValue(RoundTrips)))
        );
        var path = parsed.GetRequiredValue(Output);
        if (parsed.GetValue(Disk))
            return WriteDisk(parsed, kernel, modules, path);
        if (parsed.GetValue(MachineOptions.Modules)!.Length > 0 || parsed.GetValue(MachineOptions.Append)!.Length > 0)
            throw new CommandException("--module or --append without --disk: a loader is given them beside the image");
        var display = new Display(parsed);
        Write(path, image?.ToElf() ?? kernel);
        display.Line($"{path}: {new FileInfo(path).Length:N0} bytes, {Describe(image)}");
        var files = modules.Select(module => (Path: $"{path}.{module.CommandLine.Split(' ')[0]}", module)).ToList();
        foreach (var (file, module) in files)
            Write(file, module.Content);
        if (files.Count > 0)
            display.Line(
                $"qemu-system-i386 -kernel {path} -initrd {Initrd(files)}"
                    + (parsed.GetValue(UnixOptions.Unix) ? " -serial stdio" : "")
                    + (parsed.GetValue(UnixOptions.Systems) > 1 ? $" -serial {SecondSerial}" : "")
                    + (parsed.GetValue(UnixOptions.Unix) ? " -display none" : "")
            );
        return CommandLine.Holds;
    }

    private static void Write(string path, byte[] contents) =>
        Reporting.Require(path, () => WholeFile.Write(path, contents));

    // The rest of a module's command line follows its file.
    private static string Initrd(IEnumerable<(string Path, BootModule Module)> files)
    {
        var modules = string.Join(
            ',',
            files.Select(file => string.Join(' ', [file.Path, .. file.Module.CommandLine.Split(' ')[1..]]))
        );
        return modules.Contains(' ', StringComparison.Ordinal) ? $"\"{modules}\"" : modules;
    }

    private static string Describe(KernelImage? image) =>
        image is null
            ? "the Unix system as a kernel of its own"
            : $"{ImageSource.Describe(image.Limits)}, {image.Code.End - image.Code.Start:N0} bytes of kernel code "
                + "after boot";

    private static int WriteDisk(ParseResult parsed, byte[] kernel, IEnumerable<BootModule> modules, string path)
    {
        const uint memory = 64 << 20;
        var disk = BootDisk.Make(
            memory,
            kernel,
            parsed.GetValue(MachineOptions.Append)!,
            [.. modules, .. MachineOptions.ModulesOf(parsed)]
        );
        Write(path, disk);
        new Display(parsed).Line(
            $"{path}: a disk of {disk.Length:N0} bytes, {disk.Length / (16 * 63 * 512)} cylinders of 16 heads and 63 "
                + "sectors"
        );
        return CommandLine.Holds;
    }
}
