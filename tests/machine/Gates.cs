using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>A kernel with gates, and a user program that enters it.</summary>
internal static class Gates
{
    internal const uint Gdt = 0x1000,
        Idt = 0x2000,
        Tss = 0x3000,
        Handler = 0x18000,
        User = 0x30000,
        KernelStack = 0x70000,
        UserStack = 0x60000;

    internal const uint KernelCode = 0x08,
        KernelData = 0x10,
        UserCode = 0x1B,
        UserData = 0x23,
        TaskSelector = 0x28,
        SmallData = 0x33;

    /// <summary>A PC at ring 3 with a GDT, an IDT whose handlers halt, a TSS, and the given user program.</summary>
    internal static Pc AtUser(Action<Iced.Intel.Assembler> program, Action<Iced.Intel.Assembler>? handler = null)
    {
        var pc = new Pc(4 << 20);
        pc.Descriptor(Gdt, 1, 0, 0xFFFFF, 0x9B, 0xC);
        pc.Descriptor(Gdt, 2, 0, 0xFFFFF, 0x93, 0xC);
        pc.Descriptor(Gdt, 3, 0, 0xFFFFF, 0xFB, 0xC);
        pc.Descriptor(Gdt, 4, 0, 0xFFFFF, 0xF3, 0xC);
        pc.Descriptor(Gdt, 5, Tss, 103, 0x89, 0);
        pc.Descriptor(Gdt, 6, 0x50000, 0xFFF, 0xF3, 4);
        for (var vector = 0; vector < 32; vector++)
            pc.Gate(Idt, vector, KernelCode, Handler + (uint)vector * 16, 0x8E);
        pc.Gate(Idt, Vectors.Breakpoint, KernelCode, Handler + 3 * 16, 0xEE);
        pc.Gate(Idt, 0x30, KernelCode, Handler + 0x300, 0xEE);
        pc.Gate(Idt, 0x31, KernelCode, Handler + 0x310, 0x8E);
        pc.Poke(Tss + 4, KernelStack);
        pc.Poke(Tss + 8, KernelData);
        pc.Poke(Tss + 0x64, 104 << 16);
        for (uint at = 0; at < 0x300; at += 16)
            pc.Memory.Write(Handler + at, [0xF4]);
        pc.Memory.Write(Handler + 0x300, TestPc.Assemble(handler ?? (c => c.hlt()), Handler + 0x300));
        pc.Memory.Write(User, TestPc.Assemble(program, User));
        pc.Memory.Write(
            TestPc.Code,
            TestPc.Assemble(
                c =>
                {
                    c.mov(ax, (ushort)KernelData);
                    c.mov(ds, ax);
                    c.mov(es, ax);
                    c.mov(ss, ax);
                    c.mov(esp, KernelStack);
                    c.mov(ax, (ushort)TaskSelector);
                    c.ltr(ax);
                    c.push(UserData);
                    c.push(UserStack);
                    c.push(Flag.Interrupt | Flag.Reserved);
                    c.push(UserCode);
                    c.push(User);
                    c.iretd();
                },
                TestPc.Code
            )
        );
        var cpu = pc.Cpu;
        (cpu.GdtBase, cpu.GdtLimit, cpu.IdtBase, cpu.IdtLimit) = (Gdt, 0x37, Idt, 0x7FF);
        cpu.Eip = TestPc.Code;
        Assert.Equal(StopReason.User, Enter(pc));
        return pc;
    }

    internal static StopReason Enter(Pc pc)
    {
        pc.Run(1);
        return pc.RunToUser(100);
    }

    internal static uint[] Frame(Pc pc, int words)
    {
        var esp = pc.Reg(Register.Esp);
        return [.. Enumerable.Range(0, words).Select(i => pc.Peek(esp + (uint)i * 4))];
    }
}
