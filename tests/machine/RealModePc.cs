using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Tests.Machine;

/// <summary>
/// A PC in real mode with a program at 2000:0100, a stack in 3000h and data in 5000h; the handler of vector n is at
/// F000:n.
/// </summary>
internal static class RealModePc
{
    private const uint Handlers = 0xF000,
        Rights = 0x9300;

    public static Pc Make(ProcessorModel model)
    {
        var pc = new Pc(2 << 20);
        pc.Cpu.Model = model;
        pc.Cpu.Reset();
        for (var vector = 0u; vector < 256; vector++)
        {
            pc.Poke(vector * 4, Handlers << 16 | vector);
            pc.Memory.Write((Handlers << 4) + vector, [0xF4]);
        }

        ReadOnlySpan<(int, uint)> segments =
        [
            (SegmentRegister.Cs, 0x2000),
            (SegmentRegister.Ss, 0x3000),
            (SegmentRegister.Ds, 0x5000),
            (SegmentRegister.Es, 0x5000),
            (SegmentRegister.Fs, 0x5000),
            (SegmentRegister.Gs, 0x5000),
        ];
        foreach (var (register, selector) in segments)
            pc.Cpu.S[register] = Segment<Concrete>.Load(selector, selector << 4, 0xFFFF, Rights);
        pc.Cpu.Eip = 0x100;
        for (var i = 0; i < 8; i++)
            pc.Cpu.R[i] = 0;
        pc.Cpu.R[Register.Esp] = 0x1000;
        return pc;
    }

    /// <summary>Executes one instruction.</summary>
    /// <returns>The vector that it ended in, or null.</returns>
    public static int? Execute(this Pc pc, params ReadOnlySpan<byte> code)
    {
        pc.Memory.Write(0x20100, code);
        pc.Run(1);
        return pc.Cpu.S[SegmentRegister.Cs].Selector == Handlers ? (int)pc.Cpu.Eip.Value : null;
    }

    public static uint Word(this Pc pc, uint address) => pc.Memory.Load(address, 2);
}
