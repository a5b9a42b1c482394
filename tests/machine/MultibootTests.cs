using System.Buffers.Binary;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>The state at a Multiboot kernel's entry, and kernels that cannot be loaded.</summary>
public class MultibootTests
{
    private const uint HasAddresses = 1 << 16;

    /// <summary>A kernel in the format of the header's addresses.</summary>
    internal static byte[] Kernel(uint at, byte[] code, uint flags = HasAddresses)
    {
        var image = new byte[32 + code.Length];
        uint[] header = [0x1BADB002, flags, unchecked(0u - 0x1BADB002u - flags), at, at, 0, 0, at + 32];
        for (var i = 0; i < header.Length; i++)
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(4 * i), header[i]);
        code.CopyTo(image, 32);
        return image;
    }

    /// <summary>An ELF executable of two segments, the header in the first.</summary>
    private static byte[] Elf()
    {
        const uint code = 0x80000,
            data = 0x90000,
            start = 52 + 2 * 32;
        uint[] words =
        [
            0x464C457F,
            0x010101,
            0,
            0,
            2 | 3 << 16,
            1,
            code + 12,
            52,
            0,
            0,
            52 | 32 << 16,
            2,
            0,
            1,
            start,
            code,
            code,
            16,
            16,
            5,
            4,
            1,
            start,
            data,
            data,
            8,
            0x4000,
            6,
            4,
            0x1BADB002,
            0,
            unchecked(0u - 0x1BADB002u),
            0xF4F4F4F4,
        ];
        return [.. words.SelectMany(BitConverter.GetBytes)];
    }

    internal static Pc Boot(byte[] kernel, params BootModule[] modules)
    {
        var pc = new Pc(4 << 20);
        Multiboot.Load(pc, kernel, "line", modules);
        return pc;
    }

    [Fact]
    public void The_selectors_of_the_loader_can_be_loaded_again()
    {
        var code = TestPc.Assemble(
            c =>
            {
                c.mov(ax, ds);
                c.mov(es, ax);
                c.mov(ss, ax);
                c.mov(esp, 0x200000);
                c.push(cs);
                c.push(0x100080);
                c.retf();
            },
            0x100020
        );
        var pc = Boot(Kernel(0x100000, [.. code, .. Enumerable.Repeat((byte)0xF4, 0x80)])).RunToHalt();
        Assert.Equal((0x100081u, 0x200000u), (pc.Cpu.Eip.Value, pc.Reg(Register.Esp)));
    }

    [Theory]
    [InlineData(0x100000u)]
    [InlineData(0x8000u)]
    [InlineData(0x1000u)]
    public void A_kernel_starts_with_a_stack_in_memory_that_nothing_else_uses(uint at)
    {
        var kernel = Kernel(
            at,
            TestPc.Assemble(
                c =>
                {
                    var (function, again) = (c.CreateLabel(), c.CreateLabel());
                    c.mov(ecx, 100);
                    c.Label(ref again);
                    c.push(ecx);
                    c.loop(again);
                    c.call(function);
                    c.hlt();
                    c.Label(ref function);
                    c.ret();
                },
                at + 32
            )
        );
        var module = Enumerable.Repeat((byte)5, 5000).ToArray();
        var pc = Boot(kernel, new BootModule("module", module));
        var before = (Kernel: kernel, Information: Bytes(pc, pc.Reg(Register.Ebx), 0x140), Module: module);
        pc.RunToHalt();
        var information = pc.Reg(Register.Ebx);
        Assert.Equal(before.Kernel, Bytes(pc, at, kernel.Length));
        Assert.Equal(before.Information, Bytes(pc, information, 0x140));
        Assert.Equal(before.Module, Bytes(pc, pc.Peek(pc.Peek(information + 24)), module.Length));
        Assert.InRange(pc.Reg(Register.Esp), 0x500u, pc.Memory.Size);
    }

    [Theory]
    [InlineData(0x1000u)]
    [InlineData(0x8000u)]
    [InlineData(0x100000u)]
    public void Kernel_information_and_modules_do_not_overlap(uint at)
    {
        var code = Enumerable.Range(0, 0x3000).Select(i => (byte)(i * 7)).ToArray();
        var kernel = Kernel(at, code);
        BootModule[] modules =
        [
            new("first", [1, 2, 3]),
            new("second with words", Enumerable.Repeat((byte)5, 5000).ToArray()),
        ];
        var pc = Boot(kernel, modules);
        Assert.Equal(kernel, Bytes(pc, at, kernel.Length));
        var table = pc.Peek(pc.Reg(Register.Ebx) + 24);
        for (var i = 0; i < modules.Length; i++)
        {
            var (start, end, text) = (
                pc.Peek(table + 16 * (uint)i),
                pc.Peek(table + 16 * (uint)i + 4),
                pc.Peek(table + 16 * (uint)i + 8)
            );
            Assert.Equal(modules[i].Content, Bytes(pc, start, (int)(end - start)));
            Assert.Equal(
                [.. System.Text.Encoding.ASCII.GetBytes(modules[i].CommandLine), 0],
                Bytes(pc, text, modules[i].CommandLine.Length + 1)
            );
        }
    }

    private static byte[] Bytes(Pc pc, uint at, int length) =>
        [.. Enumerable.Range(0, length).Select(i => (byte)pc.Peek(at + (uint)i))];

    [Theory]
    [InlineData(HasAddresses | 8, "requires a service that no Multiboot 0.6 loader has")]
    [InlineData(0u, "not an ELF32")]
    public void A_kernel_that_cannot_be_loaded_is_told(uint flags, string says) =>
        Assert.Contains(
            says,
            Assert.Throws<MachineException>(() => Boot(Kernel(0x100000, [0xF4], flags))).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Command_lines_that_do_not_fit_are_told() =>
        Assert.Contains(
            "do not fit below",
            Assert
                .Throws<MachineException>(() =>
                    Boot(Kernel(0x100000, [0xF4]), new BootModule(new string('x', 700_000), [1]))
                )
                .Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void An_elf_kernel_is_loaded_by_its_segments()
    {
        var pc = Boot(Elf()).RunToHalt();
        Assert.Equal((0x8000Du, 0x1BADB002u, 0u), (pc.Cpu.Eip.Value, pc.Peek(0x90000), pc.Peek(0x90008)));
        Assert.InRange(pc.Reg(Register.Ebx), 0x94000u, 0x95000u);
    }

    [Fact]
    public void Damaged_files_are_refused_in_words_or_loaded()
    {
        var random = new Random(1);
        var refused = 0;
        for (var i = 0; i < 3_000; i++)
        {
            var file = (i & 1) == 0 ? Elf() : Kernel(0x80000, new byte[100]);
            for (var change = random.Next(1, 4); change > 0; change--)
                BinaryPrimitives.WriteUInt32LittleEndian(
                    file.AsSpan(random.Next(Math.Min(file.Length, 160)) & ~3),
                    Word(random)
                );
            if (random.Next(4) == 0)
                file = file[..random.Next(file.Length)];
            // Every second file gets a correct magic and checksum, because a wrong one would hide other mutations.
            if (file.Length >= 12 && (i & 1) != 0)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(file, 0x1BADB002);
                BinaryPrimitives.WriteUInt32LittleEndian(
                    file.AsSpan(8),
                    unchecked(0u - 0x1BADB002u) - BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(4))
                );
            }
            try
            {
                Multiboot.Load(new Pc(1 << 20), file);
            }
            catch (MachineException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                refused++;
            }
        }
        Assert.InRange(refused, 500, 3_000);
    }

    [Theory]
    [InlineData(0x8000u)]
    [InlineData(0x10000u)]
    public void A_kernel_in_the_place_of_the_boot_sector_cannot_be_on_a_disk(uint at) =>
        Assert.Contains(
            "no disk can be made",
            Assert.Throws<MachineException>(() => BootDisk.Make(4 << 20, Kernel(at, new byte[0x1000]), "")).Message,
            StringComparison.Ordinal
        );

    private static uint Word(Random random) =>
        random.Next(4) switch
        {
            0 => 0,
            1 => uint.MaxValue - (uint)random.Next(64),
            2 => (uint)random.Next(0x200),
            _ => (uint)random.NextInt64(1L << 32),
        };
}
