using System.Text;
using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Proofs.Prove;
using Verified.Spec.Values;

namespace Verified.Proofs.First;

/// <summary>
/// Loader input that boot refuses, and the line that boot then prints on COM1 before the processor halts.
/// </summary>
/// <param name="Line">The whole line.</param>
/// <param name="Modules">The loader's modules.</param>
public sealed record BootRefusal(string Line, params IReadOnlyList<BootModule> Modules)
{
    /// <summary>Megabytes of memory.</summary>
    public uint Memory { get; init; } = 64;

    /// <summary>The loader's deviations from the machine's usual start.</summary>
    public Action<Pc> Change { get; init; } = _ => { };
}

/// <summary>Every line that boot and the panic path can print, each with a case that prints it.</summary>
public static class BootMessages
{
    private const long MostInstructions = 20_000_000;

    // The transmitter is busy for so many reads of its status: a byte that is not waited for is lost.
    private const int BusyReads = 3;
    private const int InformationFlags = 0,
        UpperKilobytes = 8,
        ModuleCount = 20,
        ModuleTable = 24;
    private const uint Sigma0At = 0x20000,
        RootAt = 0x400000,
        Small = 2;

    private const string Banner = "Verified: L4 X.0 on IA-32",
        Panic = "panic: NMI, double fault or machine check";

    private static readonly byte[] Endless = [0xEB, 0xFE];

    private static byte[] Sigma0 => File(Sigma0At, Small);

    private static byte[] Root => File(RootAt, Small);

    /// <summary>Every case in which boot refuses the loader's input.</summary>
    public static IReadOnlyList<BootRefusal> Refusals(KernelImage image)
    {
        BootRefusal without = Told(
            "no Multiboot loader started this kernel; use one, such as GRUB's multiboot command"
        ) with
        {
            Change = pc => pc.Cpu.R[Register.Eax] = 0,
        };
        if (!ServerThreads.Fit(image.Limits))
            return
            [
                without,
                Told(
                    "this kernel is too small for modules: build one of at least 8 tasks and 64 priorities",
                    Sigma0,
                    Root
                ),
            ];
        var end = Layout.Physical(image.Layout.UserImages);
        return
        [
            without,
            Told("one module is not enough: give first sigma0, then the root task", Sigma0),
            Told("module 1 is empty; give sigma0 as module 1, the root task as module 2", [], Root),
            Told("module 2 is empty; give sigma0 as module 1, the root task as module 2", Sigma0, []),
            Told("module 2 is not a 32-bit little-endian ELF file; compile it for IA-32", Sigma0, With(Root, 4, 2)),
            Told("module 2 is an ELF file, but no executable for IA-32; link it statically", Sigma0, With(Root, 16, 1)),
            Told(
                "module 1 is cut off: its program headers are beyond its end; give the whole file",
                Sigma0[..60],
                Root
            ),
            Told(
                "module 1 is cut off: its program headers are beyond its end; give the whole file",
                With(Sigma0, 42, 31),
                Root
            ),
            Told("module 2 is cut off: a segment is beyond its end; give the whole file", Sigma0, Root[..^1]),
            Told(
                "a segment of module 2 has more bytes in the file than in memory; link it again",
                Sigma0,
                File(RootAt, 1)
            ),
            Told("a segment of module 2 goes beyond 4 GB; link it below", Sigma0, File(0xFFFFFFFE, 4)),
            Told(
                "module 2 starts at 00700000h, where it has no segment; link it with its physical addresses",
                Sigma0,
                ElfProgram.Of(0x700000, new ProgramSegment(RootAt, Endless, Small))
            ),
            Told(
                "module 2 overlaps what is at 00800000h: the kernel, devices, a module or itself; link it elsewhere",
                Sigma0,
                File(0x880000, Small)
            ),
            Told(
                "module 2 overlaps what is at 0009FC00h: the kernel, devices, a module or itself; link it elsewhere",
                Sigma0,
                File(0x90000, 0x10000)
            ),
            Told(
                "module 2 overlaps what is at 00020000h: the kernel, devices, a module or itself; link it elsewhere",
                Sigma0,
                File(0x1F000, 0x1001)
            ),
            Told(
                $"module 2 overlaps what is at {FirstModule(image) + 2 * Layout.PageSize:X8}h: the kernel, devices, a "
                    + "module or itself; link it elsewhere",
                Sigma0,
                File(FirstModule(image) + 2 * Layout.PageSize, Small),
                [1, 2, 3]
            ),
            Told(
                "not enough memory: module 2 needs it up to 01401000h; give the machine more, or link it lower",
                Sigma0,
                File(0x1400000, 0x1000)
            ) with
            {
                Memory = 20,
            },
            Told($"not enough memory: the kernel needs it up to {end:X8}h; give the machine more", Sigma0, Root) with
            {
                Change = pc => Put(pc, UpperKilobytes, 512),
            },
            Told(
                "not enough memory to unpack module 1: about 01280076h is needed; give the machine more",
                ElfProgram.Of(
                    Sigma0At,
                    new ProgramSegment(Sigma0At, Endless, Small),
                    new ProgramSegment(0x100000, new byte[0x180000], 0x180000)
                ),
                File(0x280000, 0x580000)
            ) with
            {
                Memory = 17,
            },
            Told(
                "the boot loader does not tell the size of memory; use one that keeps to Multiboot 0.6",
                Sigma0,
                Root
            ) with
            {
                Change = pc => Put(pc, InformationFlags, Get(pc, InformationFlags) & ~1u),
            },
            Told(
                "the boot loader's information does not fit in a page of 4096 bytes; shorten the command lines",
                Sigma0,
                Root
            ) with
            {
                Modules = [new(new string('x', 5000), Sigma0), new("root", Root)],
            },
            Told(
                $"not enough memory: module 1 needs it up to {FirstModule(image) + Small:X8}h; "
                    + "give the machine more, or link it lower",
                Endless,
                Endless
            ) with
            {
                Change = pc => Put(pc, UpperKilobytes, end - (1 << 20) >> 10),
            },
            Told(
                "module 1 overlaps what is at 00800000h: the kernel, devices, a module or itself; link it elsewhere",
                Endless,
                Endless
            ) with
            {
                Change = pc => MoveFirstModule(pc, Layout.ImageBase),
            },
            Told("too many modules; give fewer", Sigma0, Root) with
            {
                Change = pc => Put(pc, ModuleCount, 256),
            },
            Told(
                "too many modules and program segments; give fewer",
                Sigma0,
                ElfProgram.Of(
                    RootAt,
                    [.. Enumerable.Range(0, 600).Select(i => new ProgramSegment(RootAt + (uint)i * 16, Endless, Small))]
                )
            ),
        ];
    }

    /// <summary>
    /// The first case in which the image prints something else, or null. Adds the addresses of the instructions that it
    /// executes.
    /// </summary>
    public static string? Wrong(KernelImage image, ISet<uint>? executed = null)
    {
        foreach (var refusal in Refusals(image))
            if (Printed(image, refusal, executed) is var printed && printed != refusal.Line + "\r\n")
                return $"boot prints '{printed.TrimEnd()}', not '{refusal.Line}'";
        foreach (var way in WaysIn.Gates.Where(way => way.Kind == WayInKind.Panic))
            if (PrintedInPanic(image, way, executed) is var printed && printed != $"{Banner}\r\n{Panic}\r\n")
                return $"vector {way.Vector} prints '{printed.TrimEnd()}', not '{Panic}'";
        return null;
    }

    private static string Printed(KernelImage image, BootRefusal refusal, ISet<uint>? executed)
    {
        var pc = new Pc(refusal.Memory << 20);
        var text = Listen(pc, executed);
        Multiboot.Load(pc, image.ToElf(), "", [.. refusal.Modules]);
        refusal.Change(pc);
        return Ended(pc, text);
    }

    /// <summary>An NMI, a double fault or a machine check, at the first cut point.</summary>
    private static string PrintedInPanic(KernelImage image, WayIn way, ISet<uint>? executed)
    {
        var pc = new Pc();
        var text = Listen(pc, executed);
        Multiboot.Load(pc, image.ToElf());
        while (pc.Cpu.Eip.Value != image.Symbols["pick"])
            if (pc.Run(1) != StopReason.Budget || pc.Instructions > MostInstructions)
                return "nothing: it does not boot";
        pc.Cpu.Deliver((int)way.Vector, way.PushesErrorCode ? (Concrete)0 : null);
        return Ended(pc, text);
    }

    /// <summary>The text, and another error: the processor does not halt, or a chip's register differs.</summary>
    private static string Ended(Pc pc, StringBuilder text) =>
        !Halts(pc) ? $"{text} and does not halt"
        : FirstStateCheck.Chips(pc).FirstOrDefault() is { } wrong ? $"{text} and {wrong}"
        : text.ToString();

    private static StringBuilder Listen(Pc pc, ISet<uint>? executed)
    {
        var text = new StringBuilder();
        UsedChips.Leave(pc, showsDivisor: false);
        pc.Serial.BusyReads = BusyReads;
        pc.Serial.Sent = sent => text.Append((char)sent);
        if (executed is not null)
            pc.Trace = pc => executed.Add(pc.Cpu.Eip.Value | Layout.KernelBase);
        return text;
    }

    /// <summary>
    /// The processor halts for good: interrupts are off, and after an NMI that wakes it, it halts again.
    /// </summary>
    private static bool Halts(Pc pc)
    {
        try
        {
            for (var i = 0; i < 2; i++)
            {
                pc.Cpu.Halted = false;
                if (pc.Run(MostInstructions) != StopReason.Halted || pc.Cpu.InterruptsEnabled.Known)
                    return false;
            }
        }
        catch (ShutdownException)
        {
            return false;
        }

        return true;
    }

    private static BootRefusal Told(string line, params IEnumerable<byte[]> modules) =>
        new($"boot: {line}", [.. modules.Select(module => new BootModule("module", module))]);

    private static byte[] File(uint at, uint size) => ElfProgram.Of(at, new ProgramSegment(at, Endless, size));

    private static byte[] With(byte[] file, int at, byte value)
    {
        file[at] = value;
        return file;
    }

    /// <summary>The address at which the loader puts the first module: the first page after the image.</summary>
    private static uint FirstModule(KernelImage image) =>
        Layout.Physical(image.Segments[1].End + Layout.PageSize - 1 & ~(Layout.PageSize - 1));

    private static void MoveFirstModule(Pc pc, uint to)
    {
        var row = Get(pc, ModuleTable);
        pc.Memory.Store(row, 4, to);
        pc.Memory.Store(row + 4, 4, to + Small);
    }

    private static uint Get(Pc pc, int offset) => pc.Memory.Load(pc.Cpu.R[Register.Ebx].Value + (uint)offset, 4);

    private static void Put(Pc pc, int offset, uint value) =>
        pc.Memory.Store(pc.Cpu.R[Register.Ebx].Value + (uint)offset, 4, value);
}
