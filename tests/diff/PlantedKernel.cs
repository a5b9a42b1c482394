using Iced.Intel;
using Verified.Kernel;
using Xunit;

namespace Verified.Tests.Diff;

/// <summary>
/// Images with a plausible fault: in code, where a detour gives room for more instructions, or in tables.
/// </summary>
internal static class PlantedKernel
{
    /// <summary>The image with other bytes at a linear address of any of its segments.</summary>
    public static KernelImage WithMemory(this KernelImage image, uint linear, params ReadOnlySpan<byte> bytes)
    {
        var elf = image.ToElf();
        Put(elf, linear, bytes);
        return Load(elf);
    }

    /// <summary>The image with other dwords at linear addresses of any of its segments.</summary>
    public static KernelImage WithDwords(this KernelImage image, Func<uint, uint> change, IEnumerable<uint> addresses)
    {
        var elf = image.ToElf();
        foreach (var address in addresses)
            BitConverter.TryWriteBytes(
                elf.AsSpan(Offset(elf, address)),
                change(BitConverter.ToUInt32(elf, Offset(elf, address)))
            );
        return Load(elf);
    }

    /// <summary>The dword that the image has at a linear address.</summary>
    public static uint Dword(this KernelImage image, uint linear)
    {
        var elf = image.ToElf();
        return BitConverter.ToUInt32(elf, Offset(elf, linear));
    }

    /// <summary>
    /// The image with a detour: instructions of at least five bytes from an address on are moved to another place,
    /// after some added instructions. They overwrite boot's routine for failures, which is not needed because boot
    /// succeeds.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="at">The start of the detour. No instruction may jump into its first five bytes.</param>
    /// <param name="before">The instructions that are added.</param>
    public static KernelImage WithDetour(this KernelImage image, uint at, Action<Assembler> before)
    {
        var free = image.Symbols["boot_fail"];
        var decoder = Decoder.Create(32, image.Text.Bytes[(int)(at - image.Text.Linear)..], at);
        var c = new Assembler(32);
        before(c);
        while (decoder.IP < at + 5)
            c.AddInstruction(decoder.Decode());
        c.jmp(decoder.IP);
        var jump = new Assembler(32);
        jump.jmp(free);
        while (jump.Instructions.Count < 1 + (int)decoder.IP - (int)at - 5)
            jump.nop();
        return image.WithBytes(free, Assemble(c, free)).WithBytes(at, Assemble(jump, at));
    }

    /// <summary>The address after the instruction at the given address.</summary>
    public static uint After(this KernelImage image, uint at, int instructions = 1)
    {
        var decoder = Decoder.Create(32, image.Text.Bytes[(int)(at - image.Text.Linear)..], at);
        for (; instructions > 0; instructions--)
            decoder.Decode();
        return (uint)decoder.IP;
    }

    /// <summary>An instruction behind a symbol: the one of so many whose text starts in this way.</summary>
    public static Instruction Find(this KernelImage image, string symbol, string starts, int number)
    {
        var at = image.Symbols[symbol];
        var decoder = Decoder.Create(32, image.Text.Bytes[(int)(at - image.Text.Linear)..], at);
        while (true)
        {
            var instruction = decoder.Decode();
            Assert.True(instruction.IP < image.Code.End, $"no {starts} behind {symbol}");
            if (instruction.ToString().StartsWith(starts, StringComparison.Ordinal) && --number == 0)
                return instruction;
        }
    }

    private static byte[] Assemble(Assembler c, uint at)
    {
        using var code = new MemoryStream();
        c.Assemble(new StreamCodeWriter(code), at);
        return code.ToArray();
    }

    private static void Put(byte[] elf, uint linear, ReadOnlySpan<byte> bytes) =>
        bytes.CopyTo(elf.AsSpan(Offset(elf, linear)));

    private static int Offset(byte[] elf, uint linear)
    {
        var (headers, size, count) = (
            BitConverter.ToInt32(elf, 28),
            BitConverter.ToUInt16(elf, 42),
            BitConverter.ToUInt16(elf, 44)
        );
        var physical = Layout.Physical(linear);
        for (var i = 0; i < count; i++)
        {
            var header = headers + i * size;
            var (offset, start, length) = (
                BitConverter.ToUInt32(elf, header + 4),
                BitConverter.ToUInt32(elf, header + 12),
                BitConverter.ToUInt32(elf, header + 16)
            );
            if (BitConverter.ToUInt32(elf, header) == 1 && physical - start < length)
                return (int)(offset + (physical - start));
        }

        Assert.Fail($"the image has nothing at {linear:X8}h");
        return 0;
    }

    private static KernelImage Load(byte[] elf)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, elf);
            return KernelImage.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
