using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Machine.Computer;

/// <summary>Starts flat binaries, which have no header to say how.</summary>
public static class Boot
{
    /// <summary>The end of conventional memory.</summary>
    private const uint RealTop = 0xA0000;

    /// <summary>Loads bytes and starts at the first, with flat 32-bit segments and paging off.</summary>
    /// <param name="pc">A machine that has not run.</param>
    /// <param name="content">The program.</param>
    /// <param name="at">Its physical address.</param>
    public static void Flat(Pc pc, ReadOnlySpan<byte> content, uint at)
    {
        pc.Memory.Write(at, content);
        pc.Cpu.Eip = at;
        pc.Cpu.R[Register.Esp] = at;
    }

    /// <summary>Loads bytes and starts at the first in real mode, as a BIOS starts a boot sector: DL is the drive, the stack below.</summary>
    /// <inheritdoc cref="Flat"/>
    public static void Real(Pc pc, ReadOnlySpan<byte> content, uint at)
    {
        const uint bootDrive = 0x80;
        if (at + (long)content.Length > RealTop)
            throw new MachineException($"{content.Length:N0} bytes at {at:X8}h do not fit below {RealTop:X5}h: give a smaller file or another address");
        pc.Memory.Write(at, content);
        pc.Cpu.Reset();
        var (segment, offset) = at < 0x10000 ? (0u, at) : (at >> 4, at & 15);
        for (var i = 0; i < 6; i++)
            pc.Cpu.S[i] = Segment<Concrete>.Load(0, 0, 0xFFFF, pc.Cpu.S[i].Attributes);
        pc.Cpu.S[SegmentRegister.Cs] = Segment<Concrete>.Load(segment, segment << 4, 0xFFFF, pc.Cpu.S[SegmentRegister.Ds].Attributes);
        pc.Cpu.IdtLimit = 0x3FF;
        pc.Cpu.Eip = offset;
        pc.Cpu.R[Register.Edx] = bootDrive;
        pc.Cpu.R[Register.Esp] = at < 0x10000 ? at : 0x7C00;
    }
}
