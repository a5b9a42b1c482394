using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Proofs.Oracle;

/// <summary>A difference between a recorded case and the machine.</summary>
/// <param name="Field">A register, or an address.</param>
/// <param name="Before">The value before.</param>
/// <param name="Recorded">The value that the real processor left, in the defined bits.</param>
/// <param name="Got">The value that the machine left, in the same bits.</param>
public sealed record RecordedDifference(string Field, string Before, string Recorded, string Got);

/// <summary>
/// The machine configured as the rig that recorded the cases (SingleStepTests/80386): a 386 in real mode with 16 MB of
/// RAM and no chips. It starts as if it had jumped to CS:EIP, and runs until HLT retires. One machine serves many
/// cases: the writes of each case are undone.
/// </summary>
public sealed class RecordedMachine
{
    private const uint Memory = 16 << 20,
        RealRights = 0x9300;

    // Many more instructions than any case has: its REP ends after 127 iterations.
    private const int MostInstructions = 1000;

    // The bits of EFLAGS that a 386 has: the rig's dump sets those above.
    private const uint Flags = 0x3FFFF;

    // General registers of RG32 in the machine's numbering, and segment registers.
    private static readonly int[] General =
    [
        Register.Eax,
        Register.Ebx,
        Register.Ecx,
        Register.Edx,
        Register.Esi,
        Register.Edi,
        Register.Ebp,
        Register.Esp,
    ];
    private static readonly int[] Segment =
    [
        SegmentRegister.Cs,
        SegmentRegister.Ds,
        SegmentRegister.Es,
        SegmentRegister.Fs,
        SegmentRegister.Gs,
        SegmentRegister.Ss,
    ];
    private const int FirstGeneral = 2;

    private readonly Pc _pc;

    public RecordedMachine()
    {
        _pc = new Pc(Memory) { BarePorts = Port };
        _pc.Cpu.Model = ProcessorModel.I386;
        _pc.Cpu.Reset();
        _pc.Snapshot();
    }

    /// <summary>Reads return ones, except for the 386EX's own register REMAPCFG.</summary>
    private static byte Port(uint port) =>
        port switch
        {
            0x22 => 0x7F,
            0x23 => 0x42,
            _ => 0xFF,
        };

    /// <summary>Runs a case.</summary>
    /// <returns>The differences; none if the machine does as recorded.</returns>
    public List<RecordedDifference> Run(RecordedCase c)
    {
        Place(c);
        return Execute(c) is { } failure ? [failure] : [.. Registers(c), .. Ram(c)];
    }

    private void Place(RecordedCase c)
    {
        _pc.Restore();
        var cpu = _pc.Cpu;
        for (var i = 0; i < General.Length; i++)
            cpu.R[General[i]] = c.Registers[FirstGeneral + i];
        for (var i = 0; i < Segment.Length; i++)
        {
            var selector = c.Registers[RecordedRegister.Cs + i] & 0xFFFF;
            cpu.S[Segment[i]] = Segment<Concrete>.Load(selector, selector << 4, 0xFFFF, RealRights);
        }

        cpu.Eip = c.Registers[RecordedRegister.Eip];
        cpu.Eflags = c.Registers[RecordedRegister.Eflags] & Flags;
        cpu.Cr3 = c.Registers[RecordedRegister.Cr3];
        cpu.D[6] = c.Registers[RecordedRegister.Dr6];
        cpu.D[7] = c.Registers[RecordedRegister.Dr7];
        foreach (var (address, value) in c.Memory)
            _pc.Memory.Store(address & (Memory - 1), 1, value);
    }

    private RecordedDifference? Execute(RecordedCase c)
    {
        try
        {
            if (WritesOverItsEnd(c))
                _pc.Run(1);
            if (!StopsInQueue(c))
                _pc.Run(MostInstructions);
            return _pc.Cpu.Halted ? null : new("end", "", "HLT", $"none after {MostInstructions} instructions");
        }
        catch (Exception e)
            when (e is ShutdownException or UnimplementedInstruction or Machine.Processor.MachineException)
        {
            return new("end", "", "HLT", e.Message);
        }
    }

    /// <summary>
    /// True if the instruction changes the HLT after it. The real processor already has this HLT in its queue and stops
    /// at it. The machine has no queue, so it takes the HLT from the recorded bytes.
    /// </summary>
    public static bool WritesOverItsEnd(RecordedCase c)
    {
        var end = End(c);
        return c.Bytes.Length > 0 && c.Changes.Any(change => change.Address == end);
    }

    private static uint End(RecordedCase c) =>
        (c.Registers[RecordedRegister.Cs] << 4) + c.Registers[RecordedRegister.Eip] + (uint)c.Bytes.Length - 1;

    private bool StopsInQueue(RecordedCase c)
    {
        var cpu = _pc.Cpu;
        if (!WritesOverItsEnd(c) || cpu.S[SegmentRegister.Cs].Base + cpu.Eip != End(c))
            return false;
        cpu.Eip += 1;
        return cpu.Halted = true;
    }

    private IEnumerable<RecordedDifference> Registers(RecordedCase c)
    {
        for (var i = 0; i < RecordedRegister.Count; i++)
        {
            var bits = c.Defined[i] & Compared(i);
            var (recorded, got) = (c.After[i] & bits, Value(i) & bits);
            if (recorded != got)
                yield return new(
                    RecordedRegister.Names[i],
                    $"{c.Registers[i] & Compared(i):X}h",
                    $"{recorded:X}h",
                    $"{got:X}h"
                );
        }
    }

    /// <summary>The bits of a register that a 386 has and the rig's dump shows.</summary>
    private static uint Compared(int register) =>
        register switch
        {
            RecordedRegister.Cr0 => 0x8000001F,
            RecordedRegister.Cr3 => 0xFFFFF000,
            >= RecordedRegister.Cs and <= RecordedRegister.Ss => 0xFFFF,
            RecordedRegister.Eflags => Flags,
            RecordedRegister.Dr6 => 0xE00F,
            RecordedRegister.Dr7 => 0xFFFF23FF,
            _ => uint.MaxValue,
        };

    private uint Value(int register) =>
        register switch
        {
            RecordedRegister.Cr0 => _pc.Cpu.Cr0.Value,
            RecordedRegister.Cr3 => _pc.Cpu.Cr3.Value,
            < RecordedRegister.Cs => _pc.Cpu.R[General[register - FirstGeneral]].Value,
            <= RecordedRegister.Ss => _pc.Cpu.S[Segment[register - RecordedRegister.Cs]].Selector.Value,
            RecordedRegister.Eip => _pc.Cpu.Eip.Value,
            RecordedRegister.Eflags => _pc.Cpu.Eflags.Value,
            _ => _pc.Cpu.D[register - RecordedRegister.Dr6 + 6].Value,
        };

    /// <summary>
    /// Bytes listed as changed must have the new value, and bytes listed only before must be unchanged.
    /// </summary>
    private IEnumerable<RecordedDifference> Ram(RecordedCase c)
    {
        foreach (var (address, value) in c.Changes)
            if (Differs(c, address, value) is { } difference)
                yield return difference;
        foreach (var (address, value) in c.Memory)
            if (!c.Changes.Any(change => change.Address == address) && Differs(c, address, value) is { } difference)
                yield return difference;
    }

    private RecordedDifference? Differs(RecordedCase c, uint address, byte value)
    {
        var bits =
            c.Exception is { } pushed && address - pushed.FlagsAt is var at and < 2
                ? c.Defined[RecordedRegister.Eflags] >> (int)(8 * at) & 0xFF
                : 0xFF;
        var got = _pc.Memory.Load(address & (Memory - 1), 1);
        if (((got ^ value) & bits) == 0)
            return null;
        var before = c.Memory.Where(b => b.Address == address).Select(b => $"{b.Value:X2}h").FirstOrDefault("");
        return new($"memory at {address:X6}h", before, $"{value & bits:X2}h", $"{got & bits:X2}h");
    }
}
