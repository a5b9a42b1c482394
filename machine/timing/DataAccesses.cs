using Iced.Intel;
using Verified.Machine.Computer;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Cpu = Verified.Machine.Processor.Register;
using Register = Iced.Intel.Register;

namespace Verified.Machine.Timing;

/// <summary>
/// The data that an instruction accesses. Operands and stack follow from the registers before the instruction. The
/// processor's own accesses for a gate or a segment register follow from the registers after it.
/// </summary>
internal sealed class DataAccesses(Pc pc)
{
    private const int DescriptorSize = ImpliedAccesses.DescriptorSize,
        FrameSize = ImpliedAccesses.FrameSize;

    private readonly List<Access> _accesses = [];
    private readonly InstructionInfoFactory _factory = new();
    private uint _esp;

    /// <summary>Called before the instruction is executed.</summary>
    public void Begin(in Instruction i)
    {
        _accesses.Clear();
        _esp = pc.Cpu.R[Cpu.Esp].Value;
        if (ImpliedAccesses.IsGate(i))
            return;
        foreach (var used in _factory.GetInfo(i).GetUsedMemory())
        {
            if (used.Access is OpAccess.NoMemAccess or OpAccess.None)
                continue;
            var offset = (uint)used.Displacement + Value(used.Base) + Value(used.Index) * (uint)used.Scale;
            var segment = used.Segment is >= Register.ES and <= Register.GS
                ? pc.Cpu.S[used.Segment - Register.ES].Base.Value
                : 0;
            Add(
                segment + offset,
                Math.Max(1, used.MemorySize.GetSize()),
                used.Access is OpAccess.Write or OpAccess.CondWrite
            );
        }
    }

    /// <summary>Called after the instruction has been executed.</summary>
    public IReadOnlyList<Access> End(in Step step)
    {
        var (i, cpu) = (step.Instruction, pc.Cpu);
        if (i.HasRepPrefix || i.HasRepnePrefix)
            Repeat(step.Count, i.MemorySize.GetSize());
        foreach (var access in ImpliedAccesses.Of(i, step.Ring, step.NextRing))
            switch (access)
            {
                case ImpliedAccess.Segment:
                    AddDescriptor(cpu.S[i.Op0Register - Register.ES].Selector.Value);
                    break;
                case ImpliedAccess.Code:
                    AddDescriptor(cpu.S[SegmentRegister.Cs].Selector.Value);
                    break;
                case ImpliedAccess.Stack:
                    AddDescriptor(cpu.S[SegmentRegister.Ss].Selector.Value);
                    break;
                case ImpliedAccess.Gate:
                    Add(
                        cpu.IdtBase.Value + (i.Mnemonic == Mnemonic.Int3 ? 3u : i.Immediate8) * DescriptorSize,
                        DescriptorSize,
                        writes: false
                    );
                    break;
                case ImpliedAccess.InnerStack:
                    Add(cpu.TaskRegister.Base.Value + 4, DescriptorSize, writes: false);
                    break;
                case ImpliedAccess.PushedFrame:
                    Add(cpu.R[Cpu.Esp].Value, FrameSize, writes: true);
                    break;
                case ImpliedAccess.PoppedFrame:
                    Add(_esp, FrameSize, writes: false);
                    break;
            }

        return _accesses;
    }

    // Each page gets one access, with the elements that begin in it. Iced gives the size of an element for the whole
    // instruction only.
    private void Repeat(uint count, int element)
    {
        var (size, backward) = ((uint)element, (pc.Cpu.Eflags.Value & Flag.Direction) != 0);
        List<Access> firsts = [.. _accesses];
        _accesses.Clear();
        foreach (var first in firsts)
        {
            var linear = backward ? first.Linear - (count - 1) * size : first.Linear;
            for (uint left = count, here; left > 0; left -= here, linear += here * size)
            {
                here = Math.Min(left, (PhysicalMemory.PageSize - linear % PhysicalMemory.PageSize + size - 1) / size);
                Add(linear, element, first.Writes, (int)here);
            }
        }
    }

    private void AddDescriptor(uint selector)
    {
        if ((selector & ~3u) != 0)
            Add(pc.Cpu.GdtBase.Value + (selector & ~7u), DescriptorSize, writes: false);
    }

    private void Add(uint linear, int size, bool writes, int count = 1) =>
        _accesses.Add(new(linear, pc.Mmu.Look(linear) ?? linear, size, writes, count));

    private uint Value(Register register) =>
        register == Register.None
            ? 0
            : pc.Cpu.R[register.GetFullRegister32() - Register.EAX].Value
                & (register.GetSize() == 2 ? 0xFFFF : uint.MaxValue);
}
