using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;

namespace Verified.Proofs.Commands;

/// <summary>
/// The software that <c>run</c> starts in place of the image: a ROM, a Multiboot kernel with modules, or a flat binary.
/// Also the machine that it runs on.
/// </summary>
internal static class MachineOptions
{
    private const string Images = "FILE";

    public static readonly Option<string?> Rom = new("--rom")
    {
        Description = "Reset into this ROM, which ends at the end of the address space and at 1 MB",
        HelpName = Images,
    };

    public static readonly Option<string?> Kernel = new("--kernel")
    {
        Description = "Boot this kernel: Multiboot, or the Linux/x86 boot protocol (bzImage, .lkrn)",
        HelpName = Images,
    };

    public static readonly Option<string[]> Modules = new("--module")
    {
        Description =
            "Give the kernel this file, with an optional command line after a comma; may be repeated. A Linux kernel "
            + "gets all of them as its initial RAM disk",
        HelpName = "FILE[,TEXT]",
        DefaultValueFactory = _ => [],
    };

    public static readonly Option<string> Append = new("--append")
    {
        Description =
            "The kernel's command line. For a Multiboot --kernel, the file's name comes first, as with boot loaders",
        HelpName = "TEXT",
        DefaultValueFactory = _ => "",
    };

    public static readonly Option<string?> Flat = new("--flat")
    {
        Description = "Start these bytes at 100000h in flat 32-bit mode, or at the hexadecimal address after a comma",
        HelpName = "FILE[,ADDRESS]",
    };

    public static readonly Option<string?> Boot = new("--boot")
    {
        Description =
            "Start these bytes at 7C00h in real mode, as a boot sector, or at the hexadecimal address after a comma",
        HelpName = "FILE[,ADDRESS]",
    };

    public static readonly Option<uint> Memory = CommonOptions.InRange(
        new Option<uint>("--memory")
        {
            Description = "Megabytes of RAM",
            HelpName = "MB",
            DefaultValueFactory = _ => 64,
        },
        1u,
        1024u
    );

    public static readonly Option<string?> Input = new("--input")
    {
        Description = "The bytes that COM1 receives",
        HelpName = Images,
    };

    public static readonly Option<int?> SecondSerial = CommonOptions.InRange(
        new Option<int?>("--com2")
        {
            Description =
                "Connect COM2 to this TCP port of this computer, for a terminal such as 'nc 127.0.0.1 PORT'; 0 takes a "
                + "free port. Bytes that are sent before are kept. Without it, COM2 prints on the terminal",
            HelpName = "PORT",
        },
        0,
        65535
    );

    public static readonly Option<ProcessorModel> Model = new("--cpu")
    {
        Description =
            $"The processor: {Processors.Models}. The 386 has no x87; the last adds CMOVcc, SYSENTER and "
            + "multi-byte NOPs",
        HelpName = "NAME",
        DefaultValueFactory = _ => ProcessorModel.PentiumII,
        CustomParser = Processors.ModelOf,
    };

    public static readonly Option<bool> TaggedTlb = new("--tagged-tlb")
    {
        Description =
            "A TLB whose entries belong to an address space, so a load of CR3 forgets none. No Pentium has such a "
            + "TLB",
    };

    private static readonly Option[] Programs = [Rom, Kernel, Flat, Boot, ImageSource.File];

    /// <summary>True if software other than the project's image is to be started.</summary>
    public static bool IsForeign(ParseResult parsed) =>
        new[] { Rom, Kernel, Flat, Boot }.Any(option => parsed.GetValue(option) is not null);

    /// <exception cref="CommandException">Options that exclude each other.</exception>
    /// <exception cref="Machine.Processor.MachineException">A file that cannot be started.</exception>
    public static Pc Start(ParseResult parsed)
    {
        var given = Programs
            .Where(option => parsed.GetResult(option) is OptionResult { Implicit: false })
            .Select(option => option.Name)
            .ToArray();
        if (given.Length > 1)
            throw new CommandException($"{given[0]} and {given[1]} exclude each other: give one program to start");
        if (parsed.GetValue(Modules)!.Length > 0 && parsed.GetValue(Kernel) is null && IsForeign(parsed))
            throw new CommandException($"--module with {given[0]}: only a kernel, such as the image, takes modules");
        var memory = parsed.GetValue(Memory) << 20;
        var pc = new Pc(memory, parsed.GetValue(Rom) is { } rom ? Program(rom) : [], parsed.GetValue(TaggedTlb));
        pc.Cpu.Model = parsed.GetValue(Model);
        if (parsed.GetValue(Rom) is not null)
            pc.Cpu.Reset();
        else if (parsed.GetValue(Kernel) is { } kernel)
            StartKernel(pc, kernel, parsed.GetValue(Append)!, ModulesOf(parsed));
        else if (parsed.GetValue(Flat) is { } flat)
            Start(flat, 0x100000, (content, at) => Machine.Boot.FlatBinary.Flat(pc, content, at));
        else if (parsed.GetValue(Boot) is { } boot)
            Start(boot, 0x7C00, (content, at) => Machine.Boot.FlatBinary.Real(pc, content, at));
        return pc;
    }

    /// <exception cref="CommandException">A module cannot be read.</exception>
    public static BootModule[] ModulesOf(ParseResult parsed) => [.. parsed.GetValue(Modules)!.Select(Module)];

    public static void Type(ParseResult parsed, Pc pc)
    {
        if (parsed.GetValue(Input) is { } input)
            pc.Type(Read(input));
    }

    private static void StartKernel(Pc pc, string file, string commandLine, BootModule[] modules)
    {
        var content = Program(file);
        if (LinuxBoot.IsKernel(content))
            LinuxBoot.Load(pc, content, commandLine, modules);
        else
            Multiboot.Load(pc, content, $"{file} {commandLine}".TrimEnd(), modules);
    }

    private static void Start(string argument, uint address, Action<byte[], uint> load)
    {
        var (file, text) = Split(argument);
        if (
            text.Length > 0
            && !uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out address)
        )
            throw new CommandException($"address {text} of {file}: give hexadecimal digits, such as 100000");
        load(Program(file), address);
    }

    private static BootModule Module(string argument)
    {
        var (file, text) = Split(argument);
        return new BootModule(text.Length > 0 ? $"{file} {text}" : file, Read(file));
    }

    private static (string File, string Text) Split(string argument)
    {
        var comma = argument.IndexOf(',', StringComparison.Ordinal);
        return comma < 0 ? (argument, "") : (argument[..comma], argument[(comma + 1)..]);
    }

    private static byte[] Program(string file) =>
        Read(file) is { Length: > 0 } bytes
            ? bytes
            : throw new CommandException($"{file} is empty: there is nothing in it to start");

    private static byte[] Read(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CommandException($"{file} cannot be read: {e.Message}");
        }
    }
}
