using System.Buffers.Binary;
using System.Text;
using Verified.Machine.Processor;

namespace Verified.Machine.Computer;

/// <summary>A file given to the kernel at boot.</summary>
public sealed record BootModule(string CommandLine, byte[] Content);

/// <summary>Boots a Multiboot 0.6 kernel in an ELF32 file, as a boot loader leaves the machine (Multiboot specification, 3.2 and 3.3).</summary>
public static class Multiboot
{
    private const uint Magic = 0x1BADB002, LoaderMagic = 0x2BADB002, InfoAt = 0x9000;

    /// <summary>Loads the segments and modules and sets the processor to the kernel's entry.</summary>
    /// <exception cref="MachineException">The file is not such a kernel, or does not fit in memory.</exception>
    public static void Load(Pc pc, ReadOnlySpan<byte> image, string commandLine = "", params ReadOnlySpan<BootModule> modules)
    {
        RequireHeader(image);
        var (entry, end) = LoadSegments(pc, image);
        WriteInformation(pc, commandLine, modules, end);
        var cpu = pc.Cpu;
        cpu.Eip = entry;
        cpu.R[Register.Eax] = LoaderMagic;
        cpu.R[Register.Ebx] = InfoAt;
    }

    private static void RequireHeader(ReadOnlySpan<byte> image)
    {
        for (var at = 0; at + 12 <= Math.Min(image.Length, 8192); at += 4)
            if (Word(image, at) == Magic && Word(image, at) + Word(image, at + 4) + Word(image, at + 8) == 0)
                return;
        throw new MachineException("not a Multiboot kernel: no header with a right checksum in the first 8,192 bytes of the file");
    }

    private static (uint Entry, uint End) LoadSegments(Pc pc, ReadOnlySpan<byte> image)
    {
        const int headerSize = 52, executable = 2, i386 = 3, load = 1, programHeaderSize = 32;
        if (image.Length < headerSize || Word(image, 0) != 0x464C457F || image[4] != 1 || image[5] != 1)
            throw new MachineException("not an ELF32 little-endian file");
        if (Half(image, 16) != executable || Half(image, 18) != i386)
            throw new MachineException($"not an IA-32 executable: ELF type {Half(image, 16)}, machine {Half(image, 18)}");
        var (table, size, count) = (Word(image, 28), Half(image, 42), Half(image, 44));
        if (size < programHeaderSize || table + (long)size * count > image.Length)
            throw new MachineException("truncated ELF file: its program headers are beyond its end");
        uint end = 0;
        for (var i = 0; i < count; i++)
        {
            var header = image[(int)(table + (uint)(i * size))..];
            if (Word(header, 0) != load)
                continue;
            var (offset, physical, inFile, inMemory) = (Word(header, 4), Word(header, 12), Word(header, 16), Word(header, 20));
            if ((long)offset + inFile > image.Length || inFile > inMemory)
                throw new MachineException($"truncated ELF file: segment {i} is beyond its end");
            if ((long)physical + inMemory > pc.Memory.Size)
                throw new MachineException($"segment {i} at {physical:X8}h does not fit in {pc.Memory.Size >> 20} MB of memory");
            pc.Memory.Write(physical, image.Slice((int)offset, (int)inFile));
            pc.Memory.Write(physical + inFile, new byte[inMemory - inFile]);
            end = Math.Max(end, physical + inMemory);
        }
        if (end == 0)
            throw new MachineException("the ELF file has no segment to load");
        return (Word(image, 24), end);
    }

    private static void WriteInformation(Pc pc, string commandLine, ReadOnlySpan<BootModule> modules, uint end)
    {
        const uint hasMemory = 1, hasCommandLine = 4, hasModules = 8, lowerKilobytes = 639;
        const uint moduleTable = InfoAt + 0x100;
        var strings = moduleTable + 16 * (uint)modules.Length;
        var info = new byte[88];
        Put(info, 0, hasMemory | hasCommandLine | hasModules);
        Put(info, 4, lowerKilobytes);
        Put(info, 8, (pc.Memory.Size >> 10) - 1024);
        Put(info, 16, WriteString(pc, commandLine, ref strings));
        Put(info, 20, (uint)modules.Length);
        Put(info, 24, moduleTable);
        pc.Memory.Write(InfoAt, info);
        for (var i = 0; i < modules.Length; i++)
        {
            var start = (end + 4095) & ~4095u;
            end = start + (uint)modules[i].Content.Length;
            pc.Memory.Write(start, modules[i].Content);
            var row = new byte[16];
            Put(row, 0, start);
            Put(row, 4, end);
            Put(row, 8, WriteString(pc, modules[i].CommandLine, ref strings));
            pc.Memory.Write(moduleTable + 16 * (uint)i, row);
        }
    }

    private static uint WriteString(Pc pc, string text, ref uint at)
    {
        var start = at;
        byte[] bytes = [.. Encoding.UTF8.GetBytes(text), 0];
        pc.Memory.Write(start, bytes);
        at += (uint)bytes.Length;
        return start;
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ushort Half(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static void Put(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);
}
