using Verified.Machine.Computer;
using Verified.Machine.Processor;

namespace Verified.Tests.Machine;

/// <summary>Programs that run with a gate for every exception.</summary>
internal static class FaultPrograms
{
    internal const uint Idt = 0x2000,
        Gdt = 0x1000,
        Handlers = 0x3000;

    internal static Pc WithModel(ProcessorModel model, Action<Iced.Intel.Assembler> program)
    {
        var pc = TestPc.With(program);
        pc.Cpu.Model = model;
        return pc;
    }

    /// <summary>The vector that a program ends in; null if it reaches its end.</summary>
    internal static int? VectorOf(ProcessorModel model, Action<Iced.Intel.Assembler> program)
    {
        var pc = WithHandlers(c =>
        {
            program(c);
            c.hlt();
        });
        pc.Cpu.Model = model;
        pc.RunToHalt();
        var at = pc.Cpu.Eip.Value - Handlers;
        return at < 32 * 16 ? (int)(at / 16) : null;
    }

    internal static Pc WithHandlers(Action<Iced.Intel.Assembler> program)
    {
        var pc = TestPc.With(program);
        pc.Descriptor(Gdt, 1, 0, 0xFFFFF, 0x9B, 0xC);
        for (var vector = 0; vector < 32; vector++)
        {
            pc.Gate(Idt, vector, 8, Handlers + (uint)vector * 16, 0x8E);
            pc.Memory.Write(Handlers + (uint)vector * 16, [0xF4]);
        }

        (pc.Cpu.GdtBase, pc.Cpu.IdtBase) = (Gdt, Idt);
        pc.Cpu.S[SegmentRegister.Cs].Selector = 8;
        return pc;
    }
}
