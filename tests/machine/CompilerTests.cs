using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>
/// Compiled code does what the interpreted text does. The same programs run on two machines, one of which compiles
/// everything.
/// </summary>
public class CompilerTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Random_programs_end_alike(int seed)
    {
        var program = TestPc.Assemble(c => RandomProgram.Write(c, new Random(seed)), TestPc.Code);
        var (compiled, interpreted) = (With(program, 0), With(program, int.MaxValue));

        // Budgets end in the middle of blocks and of loops.
        var budgets = new Random(seed);
        while (true)
        {
            var budget = budgets.Next(1, 200);
            var (stop, other) = (compiled.Run(budget), interpreted.Run(budget));
            Assert.Equal(other, stop);
            Assert.Equal(State(interpreted), State(compiled));
            if (stop == StopReason.Halted)
                break;
        }
    }

    [Fact]
    public void Code_that_overwrites_itself_is_seen()
    {
        // The immediate of the addition grows with each turn.
        var program = TestPc.Assemble(
            c =>
            {
                var turn = c.CreateLabel();
                c.mov(ecx, 100);
                c.Label(ref turn);
                c.add(eax, 0x01000000);
                c.inc(__dword_ptr[TestPc.Code + 6]);
                c.dec(ecx);
                c.jne(turn);
                c.hlt();
            },
            TestPc.Code
        );
        var (compiled, interpreted) = (With(program, 3), With(program, int.MaxValue));
        Assert.Equal((StopReason.Halted, StopReason.Halted), (compiled.Run(10_000), interpreted.Run(10_000)));
        Assert.Equal(100 * 0x01000000u + 99 * 100 / 2, interpreted.Reg(0));
        Assert.Equal(State(interpreted), State(compiled));
    }

    [Fact]
    public void A_fault_in_a_compiled_way_leaves_the_state_before_its_instruction()
    {
        const uint table = 0x3000,
            idt = 0x4000,
            handler = 0x5000;
        var program = TestPc.Assemble(
            c =>
            {
                var turn = c.CreateLabel();
                c.mov(esi, TestPc.Data);
                c.Label(ref turn);
                c.inc(eax);
                c.add(esi, 512);
                c.mov(__dword_ptr[esi], eax);
                c.jmp(turn);
            },
            TestPc.Code
        );
        var machines = new[] { With(program, 3), With(program, int.MaxValue) };
        foreach (var pc in machines)
        {
            // 64 pages mapped one to one, except the page that the loop finally reaches.
            for (var page = 0u; page < 1024; page++)
                pc.Poke(table + 0x10000 + page * 4, page == TestPc.Data / 4096 + 9 ? 0 : page << 12 | 3);
            pc.Poke(table, table + 0x10000 | 3);
            pc.Descriptor(0x2000, 1, 0, 0xFFFFF, 0x9B, 0xC);
            pc.Gate(idt, 14, 8, handler, 0x8E);
            pc.Memory.Write(handler, [0xF4]);
            (pc.Cpu.GdtBase, pc.Cpu.IdtBase, pc.Cpu.Cr3) = (0x2000, idt, table);
            pc.Cpu.Cr0 = 0x80000001;
            pc.Cpu.Bus.PageDirectoryLoaded(table);
            pc.Cpu.Bus.PagingChanged(0x80000001, 0);
            Assert.Equal(StopReason.Halted, pc.Run(10_000));
            Assert.Equal(TestPc.Data + 9 * 4096, pc.Cpu.Cr2.Value);
        }

        Assert.Equal(State(machines[1]), State(machines[0]));
    }

    [Fact]
    public void A_selector_is_read_as_it_is_at_that_place_of_a_way()
    {
        const uint table = 0x2000,
            first = 0x10,
            second = 0x18;
        var program = TestPc.Assemble(
            c =>
            {
                var turn = c.CreateLabel();
                c.mov(esi, TestPc.Data);
                c.mov(ecx, 100);
                c.Label(ref turn);
                c.mov(eax, ds);
                c.mov(edx, eax);
                c.xor(eax, (int)(first ^ second));
                c.mov(ds, eax);
                c.mov(ebx, ds);
                c.add(__dword_ptr[esi], edx);
                c.sub(__dword_ptr[esi + 4], ebx);
                c.mov(__word_ptr[esi + 8], ds);
                c.mov(di, es);
                c.dec(ecx);
                c.jne(turn);
                c.hlt();
            },
            TestPc.Code
        );
        var machines = new[] { With(program, 3), With(program, int.MaxValue) };
        foreach (var pc in machines)
        {
            pc.Descriptor(table, 1, 0, 0xFFFFF, 0x9B, 0xC);
            pc.Descriptor(table, (int)first / 8, 0, 0xFFFFF, 0x93, 0xC);
            pc.Descriptor(table, (int)second / 8, 0, 0xFFFFF, 0x93, 0xC);
            pc.Cpu.GdtBase = table;
            pc.Cpu.S[SegmentRegister.Ds].Selector = first;
            pc.Cpu.S[SegmentRegister.Es].Selector = second;
            pc.Cpu.R[7] = 0xFFFFFFFF;
            Assert.Equal(StopReason.Halted, pc.Run(10_000));
        }

        const uint half = 50 * (first + second);
        Assert.Equal(
            (half, unchecked(0 - half), first),
            (machines[0].Peek(TestPc.Data), machines[0].Peek(TestPc.Data + 4), machines[0].Peek(TestPc.Data + 8))
        );
        Assert.Equal(0xFFFF0000 | second, machines[0].Reg(7));
        Assert.Equal(State(machines[1]), State(machines[0]));
    }

    private static Pc With(byte[] program, int hotAfter)
    {
        var pc = new Pc(4 << 20) { HotAfter = hotAfter };
        pc.Memory.Write(TestPc.Code, program);
        (pc.Cpu.Eip, pc.Cpu.R[4], pc.Cpu.R[6]) = (TestPc.Code, TestPc.Stack, TestPc.Data);
        return pc;
    }

    private static string State(Pc pc)
    {
        var registers = string.Join(' ', Enumerable.Range(0, 8).Select(i => $"{pc.Cpu.R[i].Value:X8}"));
        var memory = new HashCode();
        memory.AddBytes(pc.Memory.Page(TestPc.Data / 4096));
        memory.AddBytes(pc.Memory.Page(TestPc.Stack / 4096 - 1));
        return $"{registers} {pc.Cpu.Eip.Value:X8} {pc.Cpu.Eflags.Value:X8} {pc.Instructions} {memory.ToHashCode():X8}";
    }
}
