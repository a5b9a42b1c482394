using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Machine.Boot;

/// <summary>Starts flat binaries, which have no header.</summary>
public static class FlatBinary
{
    /// <summary>The end of conventional memory.</summary>
    private const uint RealTop = 0xA0000;

    /// <summary>Loads bytes and starts at the first one, with flat 32-bit segments and paging off.</summary>
    /// <param name="pc">A machine that has not run.</param>
    /// <param name="content">The program.</param>
    /// <param name="at">Its physical address.</param>
    public static void Flat(Pc pc, ReadOnlySpan<byte> content, uint at)
    {
        Firmware.Write(pc);
        pc.Memory.Write(at, content);
        pc.Cpu.Eip = at;
        pc.Cpu.R[Register.Esp] = at;
    }

    /// <summary>
    /// Loads bytes and starts at the first one in real mode, as a BIOS starts a boot sector: DL is the drive, and the
    /// stack is below the code.
    /// </summary>
    /// <inheritdoc cref="Flat"/>
    public static void Real(Pc pc, ReadOnlySpan<byte> content, uint at)
    {
        const uint bootDrive = 0x80;
        if (at + (long)content.Length > RealTop)
            throw new MachineException(
                $"{content.Length:N0} bytes at {at:X8}h do not fit below {RealTop:X5}h: give a smaller file or "
                    + "another address"
            );
        Firmware.Write(pc);
        pc.Memory.Write(at, content);
        var (segment, offset) = at < 0x10000 ? (0u, at) : (at >> 4, at & 15);
        EnterReal(pc, segment, offset, data: 0, stack: at < 0x10000 ? at : 0x7C00);
        pc.Cpu.R[Register.Edx] = bootDrive;
    }

    /// <summary>Sets the processor to an address in real mode.</summary>
    /// <param name="pc">The machine.</param>
    /// <param name="segment">CS.</param>
    /// <param name="offset">IP.</param>
    /// <param name="data">The other segment registers.</param>
    /// <param name="stack">SP.</param>
    internal static void EnterReal(Pc pc, uint segment, uint offset, uint data, uint stack)
    {
        var cpu = pc.Cpu;
        cpu.Reset();
        var rights = cpu.S[SegmentRegister.Ds].Attributes;
        for (var i = 0; i < 6; i++)
            cpu.S[i] = Segment<Concrete>.Load(data, data << 4, 0xFFFF, rights);
        cpu.S[SegmentRegister.Cs] = Segment<Concrete>.Load(segment, segment << 4, 0xFFFF, rights);
        cpu.IdtLimit = 0x3FF;
        cpu.Eip = offset;
        cpu.R[Register.Esp] = stack;
    }
}
