using System.Runtime.CompilerServices;
using Verified.Spec.Values;

namespace Verified.Machine.Processor;

/// <summary>
/// The IA-32 processor in all its modes: its state, and, in the other files of this class, the effect of each
/// instruction. The text is written once. The emulator reads it concretely, and the prover symbolically. The sources
/// are volumes 2 and 3 of the Intel SDM.
/// </summary>
/// <remarks>
/// Data has type <typeparamref name="W"/>. Values that fetching and checks need (CPL, descriptor rights, halted) are
/// plain. If such a value comes from data that is not constant, <see cref="UnknownValueException"/> is thrown. A fault
/// is thrown before any state changes.
/// </remarks>
public sealed partial class Ia32<W, TBus>
    where W : struct, IWord<W>
    where TBus : IBus<W>
{
    /// <summary>General registers, by <see cref="Register"/> number.</summary>
    public Registers<W> R;

    /// <summary>The offset of the next instruction in CS.</summary>
    public W Eip;

    /// <summary>Segment registers, by <see cref="SegmentRegister"/> number.</summary>
    public Segments<W> S;

    public Segment<W> TaskRegister,
        LocalTable;

    public W Cr0,
        Cr2,
        Cr3,
        Cr4,
        GdtBase,
        GdtLimit,
        IdtBase,
        IdtLimit;

    public int Cpl;

    /// <summary>The VM flag: virtual-8086 mode, in which CPL is 3.</summary>
    public bool Virtual;

    /// <summary>DR0..DR3, DR6 and DR7; DR4 and DR5 are not used.</summary>
    public DebugRegisters<W> D;

    private ModelTraits _model = ModelTraits.Of(ProcessorModel.Pentium);

    /// <summary>The model. It determines the instructions that exist, and the values that CPUID returns.</summary>
    public ProcessorModel Model
    {
        get => _model.Model;
        set => _model = ModelTraits.Of(value);
    }

    /// <summary>HLT was executed: the processor fetches nothing until an interrupt.</summary>
    public bool Halted;

    /// <summary>The next instruction follows STI, MOV SS or POP SS, so no interrupt is taken before it.</summary>
    public bool InterruptShadow;

    /// <summary>
    /// A non-maskable interrupt was taken, and no IRET has been executed since. Another one has to wait (SDM vol. 3,
    /// 6.7.1).
    /// </summary>
    public bool InNonMaskable;

    public TBus Bus;

    public Ia32(TBus bus)
    {
        Bus = bus;
        Cr0 = ControlBit.ProtectionEnable;
        _system = Flag.Reserved;
        const uint flatCode =
            Descriptor.Present
            | Descriptor.NotSystem
            | Descriptor.Code
            | Descriptor.Writable
            | Descriptor.Accessed
            | Descriptor.Big
            | Descriptor.Granular;
        for (var i = 0; i < 6; i++)
            S[i] = Segment<W>.Load(
                0,
                0,
                uint.MaxValue,
                i == SegmentRegister.Cs ? flatCode : flatCode & ~Descriptor.Code
            );
        TaskRegister = LocalTable = Segment<W>.Load(0, 0, 0xFFFF, 0);
        GdtLimit = IdtLimit = 0xFFFF;
        ResetDebugRegisters();
    }

    /// <summary>
    /// RESET: real mode at F000:FFF0, in the last 16 bytes of the address space (SDM vol. 3, table 9-1). EDX contains
    /// the model's signature.
    /// </summary>
    public void Reset()
    {
        R = default;
        R[Register.Edx] = _model.Signature;
        Eip = 0xFFF0;
        Eflags = Flag.Reserved;
        Cr0 = (ControlBit.CacheDisable | ControlBit.NotWriteThrough) & _model.Control0 | _model.Control0Ones;
        Cr2 = Cr3 = Cr4 = GdtBase = IdtBase = 0;
        GdtLimit = IdtLimit = 0xFFFF;
        // The limit that the table of real mode needs (386 Programmer's Reference Manual, 10.2.3).
        if (Model == ProcessorModel.I386)
            IdtLimit = 0x3FF;
        for (var i = 0; i < 6; i++)
            S[i] = Segment<W>.Load(0, 0, 0xFFFF, RealRights);
        S[SegmentRegister.Cs] = Segment<W>.Load(0xF000, 0xFFFF0000, 0xFFFF, RealRights);
        TaskRegister = LocalTable = Segment<W>.Load(0, 0, 0xFFFF, 0);
        Cpl = 0;
        Halted = InterruptShadow = InNonMaskable = false;
        ResetDebugRegisters();
        ResetCoprocessor();
        Bus.PagingChanged(Cr0, Cr4);
        Bus.PageDirectoryLoaded(Cr3);
    }

    /// <summary>Copies the whole state of <paramref name="other"/>, except its bus.</summary>
    public void CopyFrom(Ia32<W, TBus> other)
    {
        (R, S, Eip, Cpl) = (other.R, other.S, other.Eip, other.Cpl);
        (Cr0, Cr2, Cr3, Cr4) = (other.Cr0, other.Cr2, other.Cr3, other.Cr4);
        (GdtBase, GdtLimit, IdtBase, IdtLimit) = (other.GdtBase, other.GdtLimit, other.IdtBase, other.IdtLimit);
        (TaskRegister, LocalTable) = (other.TaskRegister, other.LocalTable);
        (Halted, InterruptShadow, InNonMaskable, Virtual) = (
            other.Halted,
            other.InterruptShadow,
            other.InNonMaskable,
            other.Virtual
        );
        _checksAlignment = other._checksAlignment;
        (PendingTrap, HeldTrap, StepsAlone) = (other.PendingTrap, other.HeldTrap, other.StepsAlone);
        (D, BreakpointsArmed, _model, _sysenter, _timeStampOffset) = (
            other.D,
            other.BreakpointsArmed,
            other._model,
            other._sysenter,
            other._timeStampOffset
        );
        CopyCoprocessor(other);
        CopyTest(other);
        (_rule, _size, _system, _stored) = (other._rule, other._size, other._system, other._stored);
        (_left, _right, _result, _carry, _overflow) = (
            other._left,
            other._right,
            other._result,
            other._carry,
            other._overflow
        );
    }

    private bool User
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Cpl == 3;
    }

    private bool ProtectionEnabled => (Known(Cr0, "CR0") & ControlBit.ProtectionEnable) != 0;

    /// <summary>Real mode or virtual-8086 mode: a segment's base is 16 times its selector.</summary>
    private bool RealAddressing => Virtual || !ProtectionEnabled;

    /// <summary>
    /// The number that <paramref name="word"/> is. Throws an exception if the word is not a known number.
    /// </summary>
    private static uint Known(W word, string what) =>
        W.TryValue(word, out var value) ? value : throw new UnknownValueException(what);

    private static UnimplementedInstruction Unimplemented(string what) => new($"unimplemented: {what}");
}
