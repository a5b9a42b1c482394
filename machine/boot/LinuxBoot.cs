using System.Buffers.Binary;
using System.Text;
using Verified.Machine.Computer;
using Verified.Machine.Processor;

namespace Verified.Machine.Boot;

/// <summary>
/// Boots a file that uses the Linux/x86 boot protocol 2.00 or later: bzImage, zImage, .lkrn (Linux,
/// Documentation/arch/x86/boot.rst). A kernel that is loaded high and names its entry starts there in protected mode.
/// Any other file starts at its setup code in real mode.
/// </summary>
public static partial class LinuxBoot
{
    private const int Sector = 512,
        HeaderAt = 0x1F1,
        BootFlag = 0x1FE,
        Magic = 0x202,
        DefaultSetupSectors = 4;

    // Fields of the setup header, by their offset in the file and in the boot parameters.
    private const int SystemSize = 0x1F4,
        VideoMode = 0x1FA,
        HeaderEnd = 0x201,
        Version = 0x206,
        LoaderType = 0x210,
        LoadFlags = 0x211,
        Code32 = 0x214,
        RamdiskImage = 0x218,
        RamdiskSize = 0x21C,
        HeapEnd = 0x224,
        CommandLinePointer = 0x228,
        RamdiskMost = 0x22C,
        ExtendedLoadFlags = 0x236,
        CommandLineSize = 0x238,
        InitSize = 0x260;

    // Fields of the boot parameters outside the header.
    private const int ExtendedMemory = 0x02,
        DisplayPage = 0x04,
        DisplayMode = 0x06,
        DisplayColumns = 0x07,
        DisplayLines = 0x0E,
        DisplayIsVga = 0x0F,
        DisplayPoints = 0x10,
        OldCommandLineMagic = 0x20,
        OldCommandLineOffset = 0x22,
        AlternativeMemory = 0x1E0,
        MapEntries = 0x1E8,
        Map = 0x2D0,
        ParametersSize = 0x1000,
        MapRow = 20;

    private const byte LoadedHigh = 1,
        CanUseHeap = 0x80,
        AnyLoader = 0xFF;
    private const int Has64BitEntry = 1;

    // The setup code or the boot parameters; the stack and heap of the setup code; the command line; the descriptors
    // for the entry in protected mode.
    private const uint Setup = 0x90000,
        StackTop = 0xE000,
        HeapMargin = 0x200,
        CommandLine = Setup + StackTop,
        Descriptors = Setup - 0x1000;
    private const uint CommandLineEnd = Firmware.LowerKilobytes << 10,
        High = 0x100000,
        Low = 0x10000,
        OldRamdiskMost = 0x37FFFFFF;
    private const int OldCommandLineSize = 255;

    /// <summary>Loads the kernel and the initial RAM disk and sets the processor to the kernel's entry.</summary>
    /// <param name="pc">A machine that has not run.</param>
    /// <param name="image">The file.</param>
    /// <param name="commandLine">The kernel's command line, without the name of the file.</param>
    /// <param name="modules">
    /// The initial RAM disk consists of these modules, in this order, each at a multiple of 4 bytes.
    /// </param>
    /// <exception cref="MachineException">
    /// The file is not such a kernel, is not supported, or does not fit in memory.
    /// </exception>
    public static void Load(
        Pc pc,
        ReadOnlySpan<byte> image,
        string commandLine,
        params ReadOnlySpan<BootModule> modules
    )
    {
        var kernel = Kernel.Of(image);
        Firmware.Write(pc);
        var at = kernel.IsHigh ? High : Low;
        var content = image[kernel.SetupSize..];
        // Low memory ends at the setup code. In high memory, the kernel needs room beyond its file.
        var needs = Math.Max((uint)content.Length, kernel.IsHigh ? kernel.InitSize : 0);
        var limit = kernel.IsHigh ? pc.Memory.Size : Descriptors;
        if (at + (long)needs > limit)
            throw new MachineException(
                $"the kernel needs {needs:N0} bytes at {at:X}h, which do not fit below {limit:X}h"
            );
        pc.Memory.Write(at, content);
        var ramdisk = WriteRamdisk(pc, modules, at + needs, kernel.RamdiskMost);
        var text = WriteCommandLine(pc, commandLine, kernel.CommandLineSize);
        if (kernel.StartsProtected)
            StartProtected(pc, image, kernel, ramdisk, text);
        else
            StartReal(pc, image, kernel, ramdisk, text);
    }

    /// <summary>Puts the RAM disk as high as the kernel allows, on a page of its own.</summary>
    private static (uint At, uint Size) WriteRamdisk(Pc pc, ReadOnlySpan<BootModule> modules, uint kernelEnd, uint most)
    {
        using var content = new MemoryStream();
        foreach (var module in modules)
        {
            content.Position = content.Length + 3 & ~3;
            content.Write(module.Content);
        }
        if (content.Length == 0)
            return default;
        var end = Math.Min(pc.Memory.Size, most == uint.MaxValue ? most : most + 1);
        var at = end - content.Length & ~4095L;
        if (at < Math.Max(kernelEnd, High))
            throw new MachineException(
                $"the modules of {content.Length:N0} bytes do not fit between the kernel and {end:X}h"
            );
        pc.Memory.Write((uint)at, content.ToArray());
        return ((uint)at, (uint)content.Length);
    }

    private static uint WriteCommandLine(Pc pc, string text, int most)
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(text), 0];
        most = Math.Min(most, (int)(CommandLineEnd - CommandLine) - 1);
        if (bytes.Length - 1 > most)
            throw new MachineException($"a command line of {bytes.Length - 1:N0} bytes: the kernel takes {most:N0}");
        pc.Memory.Write(CommandLine, bytes);
        return CommandLine;
    }

    /// <summary>Fills in the fields of the header that belong to the loader.</summary>
    private static void Complete(Span<byte> header, in Kernel kernel, (uint At, uint Size) ramdisk, uint commandLine)
    {
        const ushort ordinaryMode = 0xFFFF,
            oldMagic = 0xA33F;
        PutHalf(header, VideoMode, ordinaryMode);
        header[LoaderType] = AnyLoader;
        Put(header, RamdiskImage, ramdisk.At);
        Put(header, RamdiskSize, ramdisk.Size);
        if (kernel.Version >= 0x201)
        {
            header[LoadFlags] |= CanUseHeap;
            PutHalf(header, HeapEnd, (ushort)(StackTop - HeapMargin));
        }
        if (kernel.Version >= 0x202)
        {
            Put(header, CommandLinePointer, commandLine);
            return;
        }
        PutHalf(header, OldCommandLineMagic, oldMagic);
        PutHalf(header, OldCommandLineOffset, (ushort)(commandLine - Setup));
    }

    /// <summary>
    /// The 32-bit boot protocol: flat segments, ESI points at the boot parameters, interrupts are off.
    /// </summary>
    private static void StartProtected(
        Pc pc,
        ReadOnlySpan<byte> image,
        in Kernel kernel,
        (uint At, uint Size) ramdisk,
        uint commandLine
    )
    {
        const uint code = 0x00CF9B00,
            data = 0x00CF9300,
            limit = 0xFFFF,
            codeSelector = 0x10,
            dataSelector = 0x18;
        var parameters = new byte[ParametersSize];
        var end = Math.Min(0x202 + image[HeaderEnd], image.Length);
        image[HeaderAt..end].CopyTo(parameters.AsSpan(HeaderAt));
        Complete(parameters, kernel, ramdisk, commandLine);
        Describe(parameters, pc.Memory.Size);
        pc.Memory.Write(Setup, parameters);

        var table = new byte[32];
        foreach (var (selector, high) in (ReadOnlySpan<(uint, uint)>)[(codeSelector, code), (dataSelector, data)])
        {
            Put(table, (int)selector, limit);
            Put(table, (int)selector + 4, high);
        }
        pc.Memory.Write(Descriptors, table);
        var cpu = pc.Cpu;
        (cpu.GdtBase, cpu.GdtLimit) = (Descriptors, (uint)table.Length - 1);
        for (var i = 0; i < 6; i++)
            cpu.S[i].Selector = i == SegmentRegister.Cs ? codeSelector : dataSelector;
        cpu.Eip = kernel.Entry;
        cpu.R[Register.Esi] = Setup;
        cpu.R[Register.Esp] = Descriptors;
    }

    /// <summary>Describes the display and the memory, for which the setup code would have asked the firmware.</summary>
    private static void Describe(Span<byte> parameters, uint memory)
    {
        const byte textMode = 3,
            columns = 80,
            lines = 25,
            points = 16;
        var extended = (memory >> 10) - 1024;
        PutHalf(parameters, ExtendedMemory, (ushort)Math.Min(extended, ushort.MaxValue));
        Put(parameters, AlternativeMemory, extended);
        PutHalf(parameters, DisplayPage, 0);
        (parameters[DisplayMode], parameters[DisplayColumns], parameters[DisplayLines]) = (textMode, columns, lines);
        (parameters[DisplayIsVga], parameters[DisplayPoints]) = (1, points);
        var areas = Firmware.Areas(memory);
        parameters[MapEntries] = (byte)areas.Length;
        for (var i = 0; i < areas.Length; i++)
        {
            var row = parameters.Slice(Map + i * MapRow, MapRow);
            Put(row, 0, areas[i].Start);
            Put(row, 8, areas[i].End - areas[i].Start);
            Put(row, 16, areas[i].Type);
        }
    }

    /// <summary>The setup code starts in real mode, in its second sector.</summary>
    private static void StartReal(
        Pc pc,
        ReadOnlySpan<byte> image,
        in Kernel kernel,
        (uint At, uint Size) ramdisk,
        uint commandLine
    )
    {
        const uint segment = Setup >> 4,
            entry = segment + (Sector >> 4);
        var setup = image[..kernel.SetupSize].ToArray();
        if (setup.Length > StackTop - HeapMargin)
            throw new MachineException($"the setup code of {setup.Length:N0} bytes leaves no room for its stack");
        Complete(setup, kernel, ramdisk, commandLine);
        pc.Memory.Write(Setup, setup);
        FlatBinary.EnterReal(pc, entry, 0, data: segment, StackTop);
    }

    private static void Put(Span<byte> bytes, int at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);

    private static void PutHalf(Span<byte> bytes, int at, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], value);
}
