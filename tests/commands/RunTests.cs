using Verified.Proofs.Commands;
using Verified.Tests.Machine;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Commands;

/// <summary>
/// <c>verified run</c> with programs that are not the project's own: ROMs, kernels, flat binaries, gdb, and malformed
/// files.
/// </summary>
public sealed class RunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("verified-run").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Write(string name, params byte[] content)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllBytes(file, content);
        return file;
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments) =>
        InProcess.Run(["run", .. arguments]);

    /// <summary>Echoes the bytes that COM1 receives until a zero byte, and then ends content.</summary>
    private static byte[] Echo(int bitness, uint at) =>
        TestPc.Assemble(
            c =>
            {
                var (again, end) = (c.CreateLabel(), c.CreateLabel());
                c.Label(ref again);
                c.mov(dx, 0x3F8);
                c.@in(al, dx);
                c.test(al, al);
                c.je(end);
                c.@out(dx, al);
                c.jmp(again);
                c.Label(ref end);
                c.mov(al, 0x42);
                c.@out(0x80, al);
                c.xor(eax, eax);
                c.@out(0xF4, al);
                c.hlt();
            },
            at,
            bitness
        );

    [Theory]
    [InlineData("--flat", 32, 0x100000u)]
    [InlineData("--boot", 16, 0x7C00u)]
    public void A_flat_binary_reads_the_input_file(string option, int bitness, uint at)
    {
        var (code, output, error) = Run(
            option,
            Write("program", Echo(bitness, at)),
            "--input",
            Write("input", "hello\r\n\0"u8.ToArray())
        );
        Assert.Equal(CommandLine.Holds, code);
        Assert.StartsWith("hello\r\n[ended with status 1 after ", output, StringComparison.Ordinal);
        Assert.Contains("last diagnostic code 42h", output, StringComparison.Ordinal);
        Assert.Equal("[POST 42h]", error.Trim());
    }

    [Fact]
    public void A_kernel_is_told_its_name_and_command_line()
    {
        var kernel = Write(
            "kernel",
            MultibootTests.Kernel(
                0x100000,
                TestPc.Assemble(
                    c =>
                    {
                        var (again, end) = (c.CreateLabel(), c.CreateLabel());
                        c.mov(esi, __dword_ptr[ebx + 16]);
                        c.Label(ref again);
                        c.lodsb();
                        c.test(al, al);
                        c.je(end);
                        c.@out(0xE9, al);
                        c.jmp(again);
                        c.Label(ref end);
                        c.@out(0xF4, al);
                    },
                    0x100020
                )
            )
        );
        var (code, output, _) = Run("--kernel", kernel, "--append", "quiet fast");
        Assert.Equal(CommandLine.Holds, code);
        Assert.StartsWith($"{kernel} quiet fast[ended with status 1", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pentium", 10 * 9, 10 * 9 + 40, "cycles of the Pentium]")]
    [InlineData(null, 12, 12, "")]
    public void The_time_stamp_counts_the_cycles_of_a_processor_where_told(
        string? processor,
        int least,
        int most,
        string says
    )
    {
        // Ten multiplications between two readings: 9 cycles each on a Pentium; without a model, as many as
        // instructions.
        var program = Write(
            "program",
            TestPc.Assemble(
                c =>
                {
                    c.rdtsc();
                    c.mov(ebx, eax);
                    for (var i = 0; i < 10; i++)
                        c.imul(ecx, ecx);
                    c.rdtsc();
                    c.sub(eax, ebx);
                    c.@out(0x80, al);
                    c.xor(eax, eax);
                    c.@out(0xF4, al);
                },
                0x100000
            )
        );
        var (code, output, error) = Run([
            "--flat",
            program,
            .. processor is null ? Array.Empty<string>() : ["--cycles", processor],
        ]);
        Assert.Equal(CommandLine.Holds, code);
        Assert.Contains(says, output, StringComparison.Ordinal);
        Assert.InRange(Convert.ToInt32(error.Trim()["[POST ".Length..^2], 16), least, most);
    }

    [Fact]
    public void A_486_has_cycles_and_no_counter_of_them()
    {
        var (_, output, _) = Run("--flat", Write("program", 0x90, 0x31, 0xC0, 0xE6, 0xF4), "--cycles", "486");
        Assert.Contains("cycles of the 486]", output, StringComparison.Ordinal);
        var (code, _, error) = Run("--flat", Write("counter", 0x0F, 0x31, 0xE6, 0xF4), "--cycles", "486");
        Assert.Equal(CommandLine.Refuted, code);
        Assert.Contains("no 486 clocks are known for Rdtsc", error, StringComparison.Ordinal);
        (code, _, error) = Run("--flat", "program", "--cycles", "386");
        Assert.Equal(CommandLine.Unusable, code);
        Assert.Contains(
            "--cycles 386: the cycles of this processor are not known; give 486, Pentium, Pentium-tagged",
            error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_crash_shows_registers_and_the_last_instructions()
    {
        var (code, _, error) = Run("--flat", Write("program", 0x90, 0x0F, 0x0B));
        Assert.Equal(CommandLine.Refuted, code);
        Assert.Contains("triple fault: ", error, StringComparison.Ordinal);
        Assert.Contains("after #UD", error, StringComparison.Ordinal);
        Assert.Contains("CS:EIP 0000:00100001", error, StringComparison.Ordinal);
        Assert.EndsWith("00100001  0F0B                 ud2", error.TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_tells_the_registers_that_changed()
    {
        var (_, output, _) = Run("--flat", Write("program", 0xB8, 5, 0, 0, 0, 0xF4), "--trace");
        Assert.Contains("00100000  B805000000           mov eax,5  ; EAX=5", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--rom", "pad it to a multiple of 4,096")]
    [InlineData("--kernel", "not a Multiboot kernel")]
    public void A_file_that_cannot_be_started_is_told_in_one_line(string option, string says)
    {
        var (code, _, error) = Run(option, Write("junk", new byte[1000]));
        Assert.Equal(CommandLine.Unusable, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("--rom /nowhere", "/nowhere cannot be read")]
    [InlineData("--flat /nowhere,zz", "give hexadecimal digits")]
    [InlineData("--module /nowhere", "/nowhere cannot be read")]
    [InlineData("--module /nowhere --flat /nowhere", "--module with --flat")]
    [InlineData("--root nobody", "there is no root task 'nobody': give one of hello")]
    [InlineData("--rom /nowhere --kernel /nowhere", "exclude each other")]
    [InlineData("--memory 0", "--memory 0 is out of range")]
    public void Options_that_make_no_sense_are_told_in_one_line(string arguments, string says)
    {
        var (code, _, error) = Run(arguments.Split(' '));
        Assert.Equal(CommandLine.Unusable, code);
        Assert.Contains(says, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_Linux_kernel_is_started_with_its_command_line_and_modules()
    {
        // Prints the first letters of the command line and of the RAM disk, and ends with status 1.
        var kernel = Write(
            "bzImage",
            LinuxBootTests.Kernel(
                TestPc.Assemble(
                    c =>
                    {
                        c.mov(ebx, __dword_ptr[esi + 0x228]);
                        c.mov(al, __byte_ptr[ebx]);
                        c.@out(0xE9, al);
                        c.mov(ebx, __dword_ptr[esi + 0x218]);
                        c.mov(al, __byte_ptr[ebx]);
                        c.@out(0xE9, al);
                        c.xor(eax, eax);
                        c.@out(0xF4, al);
                    },
                    0x100000
                )
            )
        );
        var (code, output, _) = Run("--kernel", kernel, "--append", "quiet", "--module", Write("initrd", (byte)'R'));
        Assert.StartsWith("qR", output, StringComparison.Ordinal);
        Assert.Equal(CommandLine.Holds, code);
    }
}
