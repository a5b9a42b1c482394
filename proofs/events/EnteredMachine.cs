using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Spec.Values;
using Cpu = Verified.Machine.Processor.Register;

namespace Verified.Proofs.Events;

/// <summary>The machine as the view reads it at an entry: before the entry, with the registers of user code.</summary>
/// <param name="pc">The machine.</param>
internal sealed class EnteredMachine(Pc pc) : IMachine<Concrete>
{
    private Registers? _registers;

    public uint Stage { get; private set; }

    public Concrete Eip => _registers?.Eip ?? pc.Cpu.Eip;

    public Concrete Eflags => _registers?.Eflags ?? pc.Cpu.Eflags;

    public Concrete Cr3 => pc.Cpu.Cr3;

    public Concrete Masks => pc.Interrupts.Masks;

    /// <summary>Sets the cut point that the entry came at.</summary>
    /// <param name="stage">The cut point.</param>
    /// <param name="registers">The registers before the entry; null for those of the processor.</param>
    public void Hold(uint stage, Registers? registers) => (Stage, _registers) = (stage, registers);

    public Concrete Load(Concrete linear) => pc.Memory.Load(Layout.Physical(linear.Value), 4);

    public Concrete Register(int number) =>
        _registers is not { } r
            ? pc.Cpu.R[number]
            : number switch
            {
                Cpu.Eax => r.Eax,
                Cpu.Ecx => r.Ecx,
                Cpu.Edx => r.Edx,
                Cpu.Ebx => r.Ebx,
                Cpu.Esp => r.Esp,
                Cpu.Ebp => r.Ebp,
                Cpu.Esi => r.Esi,
                _ => r.Edi,
            };

    public Concrete Selector(int number) => pc.Cpu.S[number].Selector;

    public (Concrete Base, Concrete Limit) Hidden(int number) => (pc.Cpu.S[number].Base, pc.Cpu.S[number].Limit);
}
