using System.Buffers.Binary;

namespace Verified.Kernel;

/// <summary>
/// The page that boot passes to the root task: the loader's information (Multiboot 0.6, 3.3) with everything that it
/// points to. The list of modules, the memory map, the modules' texts, the command line and the loader's name follow it
/// in this order, without gaps.
/// </summary>
public static class PassedInformation
{
    /// <summary>Computes the page from the loader's information.</summary>
    /// <param name="information">Physical address of the loader's information.</param>
    /// <param name="load">The byte at a physical address, before boot.</param>
    /// <param name="page">Physical address of the page.</param>
    /// <returns>4,096 bytes; unused bytes are 0.</returns>
    /// <exception cref="ArgumentException">It does not fit in a page. Boot must stop.</exception>
    public static byte[] Of(uint information, Func<uint, byte> load, uint page)
    {
        var passed = new byte[Layout.PageSize];
        var end = Multiboot.Size;
        var flags = Dword(information) & Multiboot.Kept;
        Put(0, flags);
        foreach (var size in (uint[])[Multiboot.LowerKilobytes, Multiboot.UpperKilobytes, Multiboot.ModuleCount])
            Put(size, Dword(information + size));

        var (modules, count) = (end, Dword(information + Multiboot.ModuleCount));
        Put(Multiboot.Modules, page + end);
        Append(Dword(information + Multiboot.Modules), count * Multiboot.ModuleSize);
        if ((flags & Multiboot.HasMap) != 0)
        {
            Put(Multiboot.MapLength, Dword(information + Multiboot.MapLength));
            Put(Multiboot.Map, page + end);
            Append(Dword(information + Multiboot.Map), Dword(information + Multiboot.MapLength));
        }

        for (var module = 0u; module < count; module++)
            AppendText(modules + module * Multiboot.ModuleSize + Multiboot.ModuleText);
        foreach (
            var (flag, text) in ((uint, uint)[])
                [(Multiboot.HasCommandLine, Multiboot.CommandLine), (Multiboot.HasName, Multiboot.Name)]
        )
            if ((flags & flag) != 0)
            {
                Put(text, Dword(information + text));
                AppendText(text);
            }

        return passed;

        uint Dword(uint at) => load(at) | (uint)load(at + 1) << 8 | (uint)load(at + 2) << 16 | (uint)load(at + 3) << 24;

        void Put(uint offset, uint value) =>
            BinaryPrimitives.WriteUInt32LittleEndian(passed.AsSpan((int)offset), value);

        void Append(uint from, uint length, bool isEmpty = false)
        {
            if (length > Layout.PageSize - end)
                throw new ArgumentException("the loader's information does not fit in a page", nameof(information));
            for (var i = 0u; i < length; i++)
                passed[end++] = isEmpty ? (byte)0 : load(from + i);
        }

        // Appends the text to which the pointer at an offset points, with its terminating 0, and changes the pointer. A
        // text at address 0 is empty.
        void AppendText(uint pointer)
        {
            var from = BinaryPrimitives.ReadUInt32LittleEndian(passed.AsSpan((int)pointer));
            Put(pointer, page + end);
            var length = 1u;
            while (from != 0 && length <= Layout.PageSize && load(from + length - 1) != 0)
                length++;
            Append(from, length, isEmpty: from == 0);
        }
    }
}
