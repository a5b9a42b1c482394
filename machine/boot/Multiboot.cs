using System.Buffers.Binary;
using System.Text;
using Verified.Machine.Computer;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Machine.Boot;

/// <summary>A file given to the kernel at boot.</summary>
public sealed record BootModule(string CommandLine, byte[] Content);

/// <summary>
/// Boots a Multiboot 0.6 kernel in an ELF32 file, and leaves the machine as a boot loader does (Multiboot
/// specification, 3.2 and 3.3).
/// </summary>
public static class Multiboot
{
    internal const uint LoaderMagic = 0x2BADB002;
    private const uint Magic = 0x1BADB002,
        HasAddresses = 1 << 16;

    /// <summary>
    /// Bits 0..15 of the header's flags require a service of the loader: to align modules, to describe the memory, and,
    /// if possible, to describe video modes.
    /// </summary>
    private const uint Required = 0xFFFF,
        Provided = 7;

    // The information is below the end of conventional memory, or after a kernel that is at that place itself.
    private const uint InfoAt = 0x9000,
        Conventional = 0x9F000;

    // The specification leaves ESP open, but loaders have a stack in usable memory: before or after the information.
    private const uint StackSize = 0x1000;

    /// <summary>Loads the segments and modules and sets the processor to the kernel's entry.</summary>
    /// <returns>The memory that was written, as start and end addresses; pieces may overlap.</returns>
    /// <exception cref="MachineException">The file is not such a kernel, or does not fit in memory.</exception>
    public static IReadOnlyList<(uint Start, uint End)> Load(
        Pc pc,
        ReadOnlySpan<byte> image,
        string commandLine = "",
        params ReadOnlySpan<BootModule> modules
    )
    {
        Firmware.Write(pc);
        var (to, header) = (new Area(pc.Memory, []), FindHeader(image));
        var flags = Word(image, header + 4);
        if ((flags & Required & ~Provided) != 0)
            throw new MachineException(
                $"the kernel requires a service that no Multiboot 0.6 loader has: flags {flags:X8}h"
            );
        var (entry, start, end) = (flags & HasAddresses) != 0 ? LoadFlat(to, image, header) : LoadSegments(to, image);
        var (at, limit) = (InfoAt, Conventional);
        if (start < Conventional)
            (at, limit) = (end + 4095 & ~4095u, to.Size);
        var used = WriteInformation(to, at, limit, commandLine, modules);
        var stack = at;
        if (start < Conventional)
            used = stack = (used + 4095 & ~4095u) + StackSize;
        if (stack > to.Size)
            throw new MachineException($"the kernel leaves no room for a stack below {to.Size:X}h");
        LoadModules(to, at, modules, start < Conventional ? used : end);
        var cpu = pc.Cpu;
        SetSegments(to, cpu, at);
        cpu.Eip = entry;
        cpu.R[Register.Eax] = LoaderMagic;
        cpu.R[Register.Ebx] = at;
        cpu.R[Register.Esp] = stack;
        return to.Written;
    }

    /// <summary>Memory, with a record of its written pieces.</summary>
    private readonly record struct Area(PhysicalMemory Memory, List<(uint Start, uint End)> Written)
    {
        public uint Size => Memory.Size;

        public void Write(uint at, ReadOnlySpan<byte> bytes)
        {
            Memory.Write(at, bytes);
            Written.Add((at, at + (uint)bytes.Length));
        }
    }

    private static int FindHeader(ReadOnlySpan<byte> image)
    {
        for (var at = 0; at + 12 <= Math.Min(image.Length, 8192); at += 4)
            if (Word(image, at) == Magic && Word(image, at) + Word(image, at + 4) + Word(image, at + 8) == 0)
                return at;
        throw new MachineException(
            "not a Multiboot kernel: no header with a right checksum in the first 8,192 bytes of the file"
        );
    }

    /// <summary>
    /// Loads a kernel of any format whose header gives its load address (Multiboot specification, 3.1.3).
    /// </summary>
    private static (uint Entry, uint Start, uint End) LoadFlat(Area to, ReadOnlySpan<byte> image, int header)
    {
        if (header + 32 > image.Length)
            throw new MachineException("truncated kernel: the addresses of its Multiboot header are beyond its end");
        var (headerAt, start, end) = (Word(image, header + 12), Word(image, header + 16), Word(image, header + 20));
        var (cleared, entry) = (Word(image, header + 24), Word(image, header + 28));
        var offset = header - (long)(headerAt - start);
        var length = end == 0 ? image.Length - offset : end - (long)start;
        if (headerAt < start || offset < 0 || length < 0 || offset + length > image.Length)
            throw new MachineException("the load addresses of the Multiboot header are not those of the file");
        to.Write(start, image.Slice((int)offset, (int)length));
        end = start + (uint)length;
        if (cleared > to.Size)
            throw new MachineException($"bss up to {cleared:X8}h does not fit in {to.Size >> 20} MB of memory");
        if (cleared > end)
            to.Write(end, new byte[cleared - end]);
        return (entry, start, Math.Max(end, cleared));
    }

    private static (uint Entry, uint Start, uint End) LoadSegments(Area to, ReadOnlySpan<byte> image)
    {
        const int headerSize = 52,
            executable = 2,
            i386 = 3,
            load = 1,
            programHeaderSize = 32;
        if (image.Length < headerSize || Word(image, 0) != 0x464C457F || image[4] != 1 || image[5] != 1)
            throw new MachineException("not an ELF32 little-endian file");
        if (Half(image, 16) != executable || Half(image, 18) != i386)
            throw new MachineException(
                $"not an IA-32 executable: ELF type {Half(image, 16)}, machine {Half(image, 18)}"
            );
        var (table, size, count) = (Word(image, 28), Half(image, 42), Half(image, 44));
        if (size < programHeaderSize || table + (long)size * count > image.Length)
            throw new MachineException("truncated ELF file: its program headers are beyond its end");
        var (entry, start, end) = (Word(image, 24), uint.MaxValue, 0u);
        for (var i = 0; i < count; i++)
        {
            var header = image[(int)(table + (uint)(i * size))..];
            if (Word(header, 0) != load)
                continue;
            var (offset, physical, inFile, inMemory) = (
                Word(header, 4),
                Word(header, 12),
                Word(header, 16),
                Word(header, 20)
            );
            if ((long)offset + inFile > image.Length || inFile > inMemory)
                throw new MachineException($"truncated ELF file: segment {i} is beyond its end");
            if ((long)physical + inMemory > to.Size)
                throw new MachineException(
                    $"segment {i} at {physical:X8}h does not fit in {to.Size >> 20} MB of memory"
                );
            to.Write(physical, image.Slice((int)offset, (int)inFile));
            to.Write(physical + inFile, new byte[inMemory - inFile]);
            (start, end) = (Math.Min(start, physical), Math.Max(end, physical + inMemory));
            // The entry is a virtual address, but paging is off.
            var @virtual = Word(header, 8);
            if (Word(image, 24) - @virtual < inMemory)
                entry = Word(image, 24) - @virtual + physical;
        }
        if (end == 0)
            throw new MachineException("the ELF file has no segment to load");
        return (entry, start, end);
    }

    // After the information: the memory map, the table of modules, strings. The descriptors of the segments are between
    // them.
    private const uint Descriptors = 0x60,
        Map = 0x80,
        ModuleTable = 0x100,
        ModuleRow = 16;

    /// <returns>The end of the written memory.</returns>
    private static uint WriteInformation(
        Area to,
        uint at,
        uint limit,
        string commandLine,
        ReadOnlySpan<BootModule> modules
    )
    {
        const uint hasMemory = 1,
            hasCommandLine = 4,
            hasModules = 8,
            hasMap = 64,
            hasName = 512;
        var strings = at + ModuleTable + ModuleRow * (uint)modules.Length;
        var texts = new List<string> { commandLine, "verified" };
        foreach (var module in modules)
            texts.Add(module.CommandLine);
        if (strings + texts.Sum(text => Encoding.UTF8.GetByteCount(text) + 1L) > limit)
            throw new MachineException(
                $"{modules.Length} modules and their command lines do not fit below {limit:X8}h"
            );
        var info = new byte[88];
        Put(info, 0, hasMemory | hasCommandLine | hasModules | hasMap | hasName);
        Put(info, 4, Firmware.LowerKilobytes);
        Put(info, 8, (to.Size >> 10) - 1024);
        Put(info, 16, WriteString(to, commandLine, ref strings));
        Put(info, 20, (uint)modules.Length);
        Put(info, 24, at + ModuleTable);
        Put(info, 44, WriteMap(to, at + Map));
        Put(info, 48, at + Map);
        Put(info, 64, WriteString(to, "verified", ref strings));
        to.Write(at, info);
        for (var i = 0; i < modules.Length; i++)
        {
            var row = new byte[4];
            Put(row, 0, WriteString(to, modules[i].CommandLine, ref strings));
            to.Write(at + ModuleTable + ModuleRow * (uint)i + 8, row);
        }
        return strings;
    }

    /// <summary>Loads the modules after the kernel, each on its own page.</summary>
    private static void LoadModules(Area to, uint at, ReadOnlySpan<BootModule> modules, uint end)
    {
        for (var i = 0; i < modules.Length; i++)
        {
            var start = (end + 4095) & ~4095u;
            end = start + (uint)modules[i].Content.Length;
            to.Write(start, modules[i].Content);
            var row = new byte[8];
            Put(row, 0, start);
            Put(row, 4, end);
            to.Write(at + ModuleTable + ModuleRow * (uint)i, row);
        }
    }

    /// <summary>
    /// Loads flat segments from a table in memory. The specification leaves GDTR open, but kernels load the loader's
    /// selectors again, which works with real loaders.
    /// </summary>
    private static void SetSegments(Area to, Ia32<Concrete, PcBus> cpu, uint at)
    {
        const uint code = 0x00CF9B00,
            data = 0x00CF9300,
            limit = 0xFFFF,
            codeSelector = 8,
            dataSelector = 16;
        var table = new byte[24];
        Put(table, 8, limit);
        Put(table, 12, code);
        Put(table, 16, limit);
        Put(table, 20, data);
        to.Write(at + Descriptors, table);
        (cpu.GdtBase, cpu.GdtLimit) = (at + Descriptors, (uint)table.Length - 1);
        for (var i = 0; i < 6; i++)
            cpu.S[i].Selector = i == SegmentRegister.Cs ? codeSelector : dataSelector;
    }

    /// <returns>The bytes of the map.</returns>
    private static uint WriteMap(Area to, uint at)
    {
        const uint rowSize = 24;
        var areas = Firmware.Areas(to.Size);
        for (var i = 0; i < areas.Length; i++)
        {
            var row = new byte[rowSize];
            Put(row, 0, rowSize - 4);
            Put(row, 4, areas[i].Start);
            Put(row, 12, areas[i].End - areas[i].Start);
            Put(row, 20, areas[i].Type);
            to.Write(at + (uint)i * rowSize, row);
        }
        return (uint)areas.Length * rowSize;
    }

    private static uint WriteString(Area to, string text, ref uint at)
    {
        var start = at;
        byte[] bytes = [.. Encoding.UTF8.GetBytes(text), 0];
        to.Write(start, bytes);
        at += (uint)bytes.Length;
        return start;
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ushort Half(ReadOnlySpan<byte> bytes, int at) =>
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static void Put(Span<byte> bytes, int at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);
}
