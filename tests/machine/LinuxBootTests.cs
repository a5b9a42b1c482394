using System.Buffers.Binary;
using System.Text;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;
using Register = Verified.Machine.Processor.Register;

namespace Verified.Tests.Machine;

/// <summary>
/// Kernels of the Linux/x86 boot protocol: the state at their entry, and files that cannot be started.
/// </summary>
public class LinuxBootTests
{
    private const uint Entry = 0x100000,
        Memory = 16 << 20;
    private const int SetupSectors = 2,
        SetupSize = (1 + SetupSectors) * 512;

    /// <summary>
    /// The smallest bzImage: a setup header, setup code that is executed only in real mode, and a kernel.
    /// </summary>
    internal static byte[] Kernel(
        byte[] kernel,
        int version = 0x20C,
        byte flags = 1,
        uint entry = Entry,
        byte[]? setup = null,
        ushort extendedFlags = 0
    )
    {
        var image = new byte[SetupSize + (kernel.Length + 15 & ~15)];
        image[0x1F1] = SetupSectors;
        Put(image, 0x1F4, (uint)(kernel.Length + 15) / 16);
        (image[0x1FE], image[0x1FF]) = (0x55, 0xAA);
        // JMP over the header to 268h.
        (image[0x200], image[0x201]) = (0xEB, 0x66);
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), (ushort)version);
        image[0x211] = flags;
        Put(image, 0x214, entry);
        Put(image, 0x22C, 0x7FFFFF);
        Put(image, 0x238, 64);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x236), extendedFlags);
        Put(image, 0x260, 0x10000);
        (setup ?? [0xF4]).CopyTo(image, 0x268);
        kernel.CopyTo(image, SetupSize);
        return image;
    }

    private static Pc Boot(byte[] image, string commandLine = "quiet", params BootModule[] modules)
    {
        var pc = new Pc(Memory);
        LinuxBoot.Load(pc, image, commandLine, modules);
        return pc;
    }

    [Fact]
    public void A_kernel_starts_at_its_entry_in_protected_mode_with_the_protocols_segments()
    {
        var pc = Boot(
            Kernel(
                TestPc
                    .Assemble(
                        c =>
                        {
                            // The selectors of the protocol can be loaded again, and there is a stack.
                            c.mov(eax, 0x18);
                            c.mov(ds, ax);
                            c.mov(ss, ax);
                            c.pushfd();
                            c.push(0x10);
                            c.push((int)Entry + 0x40);
                            c.retf();
                        },
                        Entry
                    )
                    .Concat(Enumerable.Repeat((byte)0xF4, 0x80))
                    .ToArray()
            )
        );
        Assert.Equal((0x10u, 0x18u), (pc.Cpu.S[1].Selector.Value, pc.Cpu.S[3].Selector.Value));
        Assert.Equal((0u, 0u, 0u), (pc.Reg(Register.Ebp), pc.Reg(Register.Edi), pc.Reg(Register.Ebx)));
        Assert.Equal(Entry + 0x41, pc.RunToHalt().Cpu.Eip.Value);
        Assert.Equal(0u, pc.Peek(pc.Reg(Register.Esp)) & 0x200);
    }

    [Fact]
    public void ESI_points_at_parameters_that_describe_the_loader_the_memory_and_the_display()
    {
        var pc = Boot(Kernel([0xF4]));
        var at = pc.Reg(Register.Esi);
        Assert.Equal("HdrS", Text(pc, at + 0x202, 4));
        Assert.Equal((0xFFu, 0x81u), (pc.Peek(at + 0x210) & 0xFF, pc.Peek(at + 0x210) >> 8 & 0xFF));
        Assert.Equal((Memory >> 10) - 1024, pc.Peek(at + 0x1E0));
        Assert.Equal((3u, 80u, 25u), (pc.Peek(at + 6) & 0xFF, pc.Peek(at + 7) & 0xFF, pc.Peek(at + 0xE) & 0xFF));
        Assert.Equal(3u, pc.Peek(at + 0x1E8) & 0xFF);
        uint[] rows = [.. Enumerable.Range(0, 15).Select(i => pc.Peek(at + 0x2D0 + 4 * (uint)i))];
        Assert.Equal(
            [0u, 0, 639 << 10, 0, 1, 639 << 10, 0, 385 << 10, 0, 2, 1 << 20, 0, Memory - (1 << 20), 0, 1],
            rows
        );
        // The loader copies only the header of the file.
        Assert.Equal(0u, pc.Peek(at + 0x268));
    }

    [Fact]
    public void The_command_line_is_where_the_parameters_say()
    {
        var pc = Boot(Kernel([0xF4]), "console=ttyS0 quiet");
        Assert.Equal("console=ttyS0 quiet\0", Text(pc, pc.Peek(pc.Reg(Register.Esi) + 0x228), 20));
        // Before 2.02 it is found by its offset from the setup code.
        pc = Boot(Kernel([0xF4], version: 0x201), "quiet");
        var at = pc.Reg(Register.Esi);
        Assert.Equal(0xA33Fu, pc.Peek(at + 0x20) & 0xFFFF);
        Assert.Equal("quiet\0", Text(pc, at + (pc.Peek(at + 0x20) >> 16), 6));
    }

    [Fact]
    public void Modules_are_one_initial_RAM_disk_below_the_kernels_limit()
    {
        var pc = Boot(Kernel([0xF4]), "", new BootModule("a", [1, 2, 3, 4, 5]), new BootModule("b", [6, 7]));
        var (at, size) = (pc.Peek(pc.Reg(Register.Esi) + 0x218), pc.Peek(pc.Reg(Register.Esi) + 0x21C));
        Assert.Equal((0x7FF000u, 10u), (at, size));
        Assert.Equal(
            [1, 2, 3, 4, 5, 0, 0, 0, 6, 7],
            Enumerable.Range(0, 10).Select(i => (int)(pc.Peek(at + (uint)i) & 0xFF))
        );
        Assert.Equal(0u, Boot(Kernel([0xF4])).Peek(0x90000 + 0x21C));
    }

    [Theory]
    [InlineData(0x20C, 1, 0u)]
    // A zImage, which is loaded low and moved by its setup code.
    [InlineData(0x200, 0, 0x1000u)]
    public void A_file_without_an_entry_in_protected_mode_starts_at_its_setup_code(int version, byte flags, uint entry)
    {
        var image = Kernel(
            [0x12, 0x34],
            version,
            flags,
            entry,
            TestPc.Assemble(
                c =>
                {
                    // A stack, the command line by its pointer or offset, and a BIOS that returns.
                    c.push(cs);
                    c.pop(bx);
                    c.@int(0x15);
                    c.mov(eax, __dword_ptr[version >= 0x202 ? 0x228 : 0x22]);
                    c.hlt();
                },
                0x68,
                bitness: 16
            )
        );
        var pc = Boot(image).RunToHalt();
        Assert.Equal((0x9020u, 0x9000u), (pc.Reg(Register.Ebx) & 0xFFFF, pc.Cpu.S[3].Selector.Value));
        Assert.Equal(
            "quiet\0",
            Text(pc, version >= 0x202 ? pc.Reg(Register.Eax) : 0x90000 + (pc.Reg(Register.Eax) & 0xFFFF), 6)
        );
        Assert.Equal(0x3412u, pc.Memory.Load(flags != 0 ? 0x100000u : 0x10000, 2));
    }

    public static TheoryData<string, string> Refused =>
        new()
        {
            { "old", "Linux boot protocol 1.05: 2.00 and later are supported" },
            { "64 bits", "a Linux kernel for 64-bit processors: the machine has no 64-bit mode" },
            { "no kernel", "its setup code of 1,536 bytes is not followed by a kernel" },
            { "cut", "truncated Linux kernel: 16 bytes follow its setup code, and its header says 32" },
            { "cut header", "truncated Linux kernel" },
            { "large", "the kernel needs 16,777,216 bytes at 100000h, which do not fit below 1000000h" },
            { "command line", "a command line of 65 bytes: the kernel takes 64" },
            { "modules", "the modules of 9,000,000 bytes do not fit between the kernel and 800000h" },
        };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_file_that_cannot_be_started_is_refused_in_one_line(string what, string says)
    {
        var good = Kernel([0xF4]);
        var message = Assert
            .Throws<MachineException>(() =>
                Boot(
                    what switch
                    {
                        "old" => Kernel([0xF4], version: 0x105),
                        "64 bits" => Kernel([0xF4], extendedFlags: 1),
                        "no kernel" => good[..SetupSize],
                        "cut" => Kernel(new byte[32])[..^16],
                        "cut header" => good[..0x20C],
                        "large" => With(good, 0x260, Memory),
                        _ => good,
                    },
                    what == "command line" ? new string('x', 65) : "",
                    what == "modules" ? [new("big", new byte[9_000_000])] : []
                )
            )
            .Message;
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Damaged_files_are_refused_in_words_or_loaded()
    {
        var random = new Random(1);
        var refused = 0;
        for (var i = 0; i < 500; i++)
        {
            var file = Kernel(new byte[100]);
            for (var change = random.Next(1, 4); change > 0; change--)
                Put(
                    file,
                    0x1F0 + random.Next(0x78) & ~3,
                    random.Next(2) == 0 ? uint.MaxValue - (uint)random.Next(64) : (uint)random.Next(0x2000)
                );
            if (random.Next(4) == 0)
                file = file[..random.Next(file.Length)];
            if (!LinuxBoot.IsKernel(file))
                continue;
            try
            {
                LinuxBoot.Load(new Pc(4 << 20), file, "", new BootModule("m", [1]));
            }
            catch (MachineException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                refused++;
            }
        }

        Assert.InRange(refused, 50, 500);
    }

    private static byte[] With(byte[] image, int at, uint value)
    {
        Put(image, at, value);
        return image;
    }

    private static string Text(Pc pc, uint at, int length) =>
        Encoding.ASCII.GetString([.. Enumerable.Range(0, length).Select(i => (byte)pc.Peek(at + (uint)i))]);

    private static void Put(byte[] bytes, int at, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at), value);
}
