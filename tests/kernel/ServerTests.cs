using Iced.Intel;
using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Processor;
using Verified.Tests.Interface;
using Verified.Tests.Machine;
using Xunit;
using static Iced.Intel.AssemblerRegisters;
using static Verified.Tests.Kernel.ServerBoot;

namespace Verified.Tests.Kernel;

/// <summary>
/// σ0 and the root task as modules of the boot loader: the state that they start in.
/// </summary>
public class ServerTests
{
    [Theory]
    [InlineData(0u)]
    [InlineData(0x20000u)]
    [InlineData(0x300000u)]
    [InlineData(0x1000000u)]
    [Sentence("18.2", "18.3", "19.8", "19.11")]
    public void Sigma0_finds_the_info_page_and_all_memory(uint linkedAt)
    {
        // [ESP] points to the info page. Every frame that is not reserved (frame 0 is) can be written.
        void Program(Assembler c)
        {
            var (frame, next, wrong) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
            c.mov(ebp, __[esp]);
            c.test(ebp, 0xFFF);
            c.jne(wrong);
            c.cmp(__dword_ptr[ebp], 0x4BE6344C);
            c.jne(wrong);
            c.mov(esi, __dword_ptr[ebp + 0x64]);
            c.mov(ebx, 1);
            c.Label(ref frame);
            c.sub(esi, 0x1000);
            c.mov(eax, esi);
            c.sub(eax, __dword_ptr[ebp + 0x68]);
            c.mov(edx, __dword_ptr[ebp + 0x6C]);
            c.sub(edx, __dword_ptr[ebp + 0x68]);
            c.cmp(eax, edx);
            c.jb(next);
            c.mov(eax, __dword_ptr[esi]);
            c.mov(__dword_ptr[esi], eax);
            c.inc(ebx);
            c.Label(ref next);
            c.cmp(esi, 0x1000);
            c.jne(frame);
            c.mov(eax, __dword_ptr[ebp + 0x6C]);
            c.sub(eax, __dword_ptr[ebp + 0x68]);
            c.shr(eax, 12);
            c.add(eax, ebx);
            c.shl(eax, 12);
            c.cmp(eax, __dword_ptr[ebp + 0x64]);
            c.jne(wrong);
            Print(c, "all of it");
            c.Label(ref wrong);
            Print(c, "wrong");
        }

        var sigma0 = linkedAt == 0 ? Flat(Program) : Elf(linkedAt, Program);
        var (lines, _) = Boot(sigma0, Root);
        Assert.Equal(["Verified: L4 X.0 on IA-32", "all of it"], lines);
    }

    [Fact]
    [Sentence("19.2", "19.9")]
    public void The_root_task_finds_what_the_loader_left_though_programs_overwrote_it()
    {
        // It cannot run without a pager yet; σ0 looks at the page that it would be given.
        var information = Image.Layout.Boot.Information;
        var sigma0 = Elf(0x9000, c =>
        {
            var wrong = c.CreateLabel();
            c.mov(ebp, information);
            c.cmp(__dword_ptr[ebp + 20], 3);
            c.jne(wrong);
            c.mov(ebx, __dword_ptr[ebp + 24]);
            c.mov(ebx, __dword_ptr[ebx + 2 * 16 + 8]);
            c.cmp(__dword_ptr[ebx], BitConverter.ToUInt32("data"u8));
            c.jne(wrong);
            c.mov(ebx, __dword_ptr[ebp + 24]);
            c.mov(ebx, __dword_ptr[ebx + 2 * 16]);
            c.cmp(__dword_ptr[ebx], 0x04030201);
            c.jne(wrong);
            c.mov(ebx, __dword_ptr[ebp + 64]);
            c.cmp(__dword_ptr[ebx], BitConverter.ToUInt32("veri"u8));
            c.jne(wrong);
            c.mov(ebx, Image.Layout.Boot.RootStack + 0xFF0);
            c.cmp(__dword_ptr[ebx], ebp);
            c.jne(wrong);
            Print(c, "right");
            c.Label(ref wrong);
            Print(c, "wrong");
        });
        Assert.Equal("right", Boot(sigma0, Root, new("data", [1, 2, 3, 4])).Lines[1]);
    }

    [Fact]
    [Sentence("19.7")]
    public void Sigma0_is_the_pager_of_the_root_task()
    {
        // The root task's first instruction is the first fault.
        var sigma0 = Elf(0x20000, c =>
        {
            var wrong = c.CreateLabel();
            c.mov(eax, -1);
            c.xor(ecx, ecx);
            c.mov(ebp, 1);
            c.@int(0x30);
            c.cmp(esi, 0x04040001);
            c.jne(wrong);
            c.cmp(edx, 0x600000);
            c.jne(wrong);
            c.cmp(ebx, 0x600000);
            c.jne(wrong);
            c.test(eax, eax);
            c.jne(wrong);
            Print(c, "the root task's page is wanted");
            c.Label(ref wrong);
            Print(c, "wrong");
        });
        Assert.Equal("the root task's page is wanted", Boot(sigma0, Elf(0x600000, c => c.nop())).Lines[1]);
    }

    [Fact]
    [Sentence("18.9", "18.10", "19.8")]
    public void The_start_table_has_whole_pages_and_the_info_page_is_in_eax()
    {
        // σ0 starts and ends in the middle of a page. The rest of these pages does not belong to σ0.
        var sigma0 = Elf(0x20800, c =>
        {
            var wrong = c.CreateLabel();
            c.cmp(eax, __[esp]);
            c.jne(wrong);
            c.cmp(__dword_ptr[eax + 0x28], 0x20000);
            c.jne(wrong);
            c.cmp(__dword_ptr[eax + 0x2C], 0x22000);
            c.jne(wrong);
            Print(c, "right");
            c.Label(ref wrong);
            Print(c, "wrong");
        });
        Assert.Equal("right", Boot(sigma0, Root).Lines[1]);
    }

    [Theory]
    [InlineData(ProcessorModel.Pentium, 99_900, 100_100)]
    [InlineData(ProcessorModel.I486, 0, 0)]
    [Sentence("18.7")]
    public void The_info_page_has_the_processor_s_frequency_where_it_can_be_measured(
        ProcessorModel model,
        uint least,
        uint most
    )
    {
        // The machine executes 100 million instructions a second.
        var (_, pc) = Boot(64, pc => pc.Cpu.Model = model, new("sigma0", ServerPrograms.Sigma0.File), Root);
        Assert.InRange(pc.Memory.Load(Layout.Physical(Image.Layout.Info) + 0xB0, 4), least, most);
    }

    [Fact]
    [Sentence("19.9", "19.10")]
    public void The_root_task_starts_with_registers_as_a_loader_leaves_them()
    {
        var root = Elf(0x600000, c =>
        {
            var wrong = c.CreateLabel();
            c.cmp(eax, 0x2BADB002);
            c.jne(wrong);
            c.cmp(ebx, Image.Layout.Boot.Information);
            c.jne(wrong);
            Print(c, "right");
            c.Label(ref wrong);
            Print(c, "wrong");
        });
        Assert.Equal("right", Boot(new("sigma0", ServerPrograms.Sigma0.File), root).Lines[1]);
    }

    [Fact]
    [Sentence("20.4")]
    public void A_thread_reads_the_time_stamp_counter()
    {
        var root = Elf(0x600000, c =>
        {
            var wrong = c.CreateLabel();
            c.rdtsc();
            c.mov(esi, eax);
            c.mov(edi, edx);
            c.rdtsc();
            c.sub(eax, esi);
            c.sbb(edx, edi);
            c.jne(wrong);
            c.test(eax, eax);
            c.je(wrong);
            Print(c, "right");
            c.Label(ref wrong);
            Print(c, "wrong");
        });
        Assert.Equal("right", Boot(new("sigma0", ServerPrograms.Sigma0.File), root).Lines[1]);
    }

    [Fact]
    [Sentence("19.3")]
    public void Segments_go_where_their_headers_say_and_the_rest_is_cleared()
    {
        // The second segment is at the address where the loader puts the modules; the third has bytes and zeros.
        var code = TestPc.Assemble(
            c =>
            {
                var wrong = c.CreateLabel();
                c.cmp(__dword_ptr[FirstModule], 0x11111111);
                c.jne(wrong);
                c.cmp(__dword_ptr[0x2000000], 0x22222222);
                c.jne(wrong);
                c.cmp(__dword_ptr[0x2000004], 0);
                c.jne(wrong);
                c.cmp(__dword_ptr[0x20FFFFC], 0);
                c.jne(wrong);
                Print(c, "right");
                c.Label(ref wrong);
                Print(c, "wrong");
            },
            0x20000
        );
        var file = ElfProgram.Of(
            0x20000,
            new ProgramSegment(0x20000, code, (uint)code.Length),
            new ProgramSegment(FirstModule, Repeat(0x11, 0x2000), 0x2000),
            new ProgramSegment(0x2000000, Repeat(0x22, 4), 0x100000)
        );
        Assert.Equal("right", Boot(new BootModule("sigma0", file), Root).Lines[1]);
        static byte[] Repeat(byte value, int count) => [.. Enumerable.Repeat(value, count)];
    }
}
