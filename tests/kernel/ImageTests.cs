using Verified.Kernel;
using Verified.Spec;
using Xunit;

namespace Verified.Tests.Kernel;

public class ImageTests
{
    private static readonly KernelImage Image = KernelImage.Build(Limits.Shipping, new(10));

    [Fact]
    public void Same_options_make_the_same_bytes() =>
        Assert.Equal(Image.ToElf(), KernelImage.Build(Limits.Shipping, new(10)).ToElf());

    [Fact]
    public void What_is_written_is_read_back()
    {
        var again = Read(Image.ToElf());
        Assert.Equal(Image.ToElf(), again.ToElf());
        Assert.Equal((Image.Limits, Image.Entry), (again.Limits, again.Entry));
        Assert.Equal(Image.Symbols, again.Symbols);
    }

    [Theory]
    [InlineData(2, 1, 2)]
    [InlineData(256, 4, 256)]
    [InlineData(16, 64, 64)]
    public void Every_size_makes_an_image(uint tasks, uint lthreads, uint priorities)
    {
        var limits = new Limits(tasks, lthreads, priorities);
        Assert.Equal(limits, Read(KernelImage.Build(limits).ToElf()).Limits);
    }

    [Fact]
    public void A_truncated_file_says_so()
    {
        var file = Image.ToElf();
        foreach (var length in (int[])[0, 3, 40, 60, 5000, file.Length / 2, file.Length - 1])
        {
            var message = Refuse(file[..length]);
            Assert.Contains(length < 4 ? "not an ELF file" : "truncated", message);
        }
    }

    [Fact]
    public void Another_kind_of_file_says_so()
    {
        Assert.Contains("not an ELF file", Refuse([.. "#!/bin/sh and more"u8]));
        Assert.Contains("32-bit", Refuse(Changed(4, 2)));
        Assert.Contains("Multiboot", Refuse(Changed(0x1000, 0)));
        Assert.Contains(
            "No such file",
            Assert
                .Throws<ImageException>(() => KernelImage.Load("/nowhere/k.elf"))
                .Message.Replace("Could not find", "No such file")
        );
    }

    [Fact]
    public void A_stripped_file_says_so()
    {
        var file = Image.ToElf();
        file[48] = file[50] = 0;
        Assert.Contains("no symbols", Refuse(file));
    }

    [Fact]
    public void Another_layout_says_so()
    {
        Assert.Contains("layout version 999", Refuse(WithSymbol("layout_version", 999)));
        Assert.Contains("must be a power of two", Refuse(WithSymbol("limit_tasks", 63)));
        Assert.Contains("table", Refuse(WithSymbol("limit_tasks", 32)));
        Assert.Contains("symbol pick", Refuse(WithSymbol("pick", 0)));
    }

    [Fact]
    public void The_listing_covers_every_byte_of_code()
    {
        var next = Image.Code.Start;
        foreach (var line in Listing.Of(Image))
        {
            Assert.Equal(next, line.Address);
            next += (uint)line.Bytes.Length;
        }

        Assert.Equal(Image.Symbols["banner"], next);
    }

    [Fact]
    public void After_boot_there_are_no_calls_and_no_indirect_jumps()
    {
        foreach (var line in Listing.Lines(Image, Image.Code.Start, Image.Code.End))
            Assert.DoesNotMatch("^(call|ret|loop|rep|jmp .*\\[|jmp e[abcds][xpi]$)", line.Text);
    }

    private static KernelImage Read(byte[] file)
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, file);
            return KernelImage.Load(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Refuse(byte[] file)
    {
        var message = Assert.Throws<ImageException>(() => Read(file)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private static byte[] Changed(int at, byte value)
    {
        var file = Image.ToElf();
        file[at] = value;
        return file;
    }

    /// <summary>The image with another value of a symbol: found by its value and name in the symbol table.</summary>
    private static byte[] WithSymbol(string name, uint value)
    {
        var file = Image.ToElf();
        var sections = BitConverter.ToInt32(file, 32);
        int Section(int number, int field) => BitConverter.ToInt32(file, sections + number * 40 + field * 4);
        var (table, names) = (Section(3, 4), Section(4, 4));
        for (var at = table; at < table + Section(3, 5); at += 16)
        {
            var text = file.AsSpan(names + BitConverter.ToInt32(file, at));
            if (!text[..text.IndexOf((byte)0)].SequenceEqual(System.Text.Encoding.ASCII.GetBytes(name)))
                continue;
            BitConverter.TryWriteBytes(file.AsSpan(at + 4), value);
            return file;
        }

        throw new ArgumentException($"no symbol {name}", nameof(name));
    }
}
