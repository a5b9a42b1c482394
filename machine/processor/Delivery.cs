namespace Verified.Machine.Processor;

/// <summary>
/// Interrupts and exceptions, through the IDT, with a stack switch by the TSS (SDM vol. 3, 6.11..6.14 and 20.3).
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    private const int InterruptGate16 = 6,
        TrapGate16 = 7,
        InterruptGate32 = 14,
        TrapGate32 = 15;

    // The RF bit in the flags that the present delivery pushes.
    private uint _pushedResume;

    /// <summary>
    /// An interrupt or exception was entered since this was last cleared. Its handler is not traced (SDM vol. 3,
    /// 17.3.1.4).
    /// </summary>
    public bool Entered;

    /// <summary>INT n: EIP is already after the instruction. The gate's DPL is checked.</summary>
    public void SoftwareInterrupt(int vector) => ThroughGate(vector, software: true, external: 0, errorCode: null);

    /// <summary>An external interrupt. It ends HLT.</summary>
    public void ExternalInterrupt(int vector)
    {
        Halted = false;
        ThroughGate(vector, software: false, external: 1, errorCode: null);
    }

    /// <summary>Delivers an exception through its gate, with the error code of its vector, or none.</summary>
    public void Deliver(int vector, W? errorCode) => ThroughGate(vector, software: false, external: 1, errorCode);

    /// <summary>
    /// Delivers a fault like <see cref="Deliver"/>. RF is set in the flags that it pushes (SDM vol. 3, 17.3.1.1).
    /// </summary>
    public void DeliverFault(int vector, W? errorCode)
    {
        _pushedResume = Flag.Resume;
        try
        {
            Deliver(vector, errorCode);
        }
        finally
        {
            _pushedResume = 0;
        }
    }

    /// <summary>
    /// Delivers the fault of the instruction at EIP. If a second fault occurs during delivery, table 6-5 of the manual
    /// says whether it becomes a double fault. A third fault stops the machine.
    /// </summary>
    /// <exception cref="ShutdownException">A fault occurred while the double fault was delivered.</exception>
    public void Exception(Fault fault)
    {
        var resume = _pushedResume;
        try
        {
            for (var current = fault; ; )
            {
                if (current.Address is { } address)
                    Cr2 = address;
                try
                {
                    var isDoubleFault = current.Vector == Vectors.DoubleFault;
                    // A fault during the delivery of an external event sets EXT in its own error code.
                    Deliver(
                        current.Vector,
                        isDoubleFault ? 0
                            : current.ErrorCode is { } code ? (W)code
                            : null
                    );
                    return;
                }
                catch (Fault next)
                {
                    if (current.Vector == Vectors.DoubleFault)
                        throw new ShutdownException(
                            $"triple fault: {next.Message} while a double fault was delivered, after {fault.Message}",
                            next
                        );
                    current = Combine(current, next);
                    // The delivered event may be a trap, but this is a fault (SDM vol. 3, 17.3.1.1).
                    _pushedResume = Flag.Resume;
                }
            }
        }
        finally
        {
            _pushedResume = resume;
        }
    }

    private static Fault Combine(Fault first, Fault second)
    {
        var doubled = IsContributory(first)
            ? IsContributory(second)
            : first.Vector == Vectors.PageFault && (IsContributory(second) || second.Vector == Vectors.PageFault);
        return doubled ? new Fault(Vectors.DoubleFault, 0) : second;
    }

    private static bool IsContributory(Fault fault) =>
        fault.Vector
            is Vectors.DivideError
                or Vectors.InvalidTaskState
                or Vectors.SegmentNotPresent
                or Vectors.StackFault
                or Vectors.GeneralProtection;

    private void ThroughGate(int vector, bool software, uint external, W? errorCode)
    {
        Entered = true;
        if (!ProtectionEnabled)
        {
            InterruptReal(vector);
            return;
        }
        var gateCode = (uint)vector * 8 + 2;
        if ((uint)vector * 8 + 7 > IdtLimit)
            throw Fault.Protection(gateCode + external);
        var low = Bus.Load(IdtBase + (uint)vector * 8, 4, false);
        var high = Bus.Load(IdtBase + (uint)vector * 8 + 4, 4, false);
        var attributes = Known(high & 0xFFFF, "a gate's type and rights");
        var type = Descriptor.Type(attributes);
        if (type is not (TaskGate or InterruptGate16 or TrapGate16 or InterruptGate32 or TrapGate32))
            throw Fault.Protection(gateCode + external);
        if (software && Descriptor.Dpl(attributes) < Cpl)
            throw Fault.Protection(gateCode);
        if ((attributes & Descriptor.Present) == 0)
            throw Fault.NotPresent(gateCode + external);
        var selector = Known(low >> 16, "a gate's selector");
        if (type == TaskGate)
        {
            SwitchTask(selector, TaskSwitch.Call, external, errorCode);
            return;
        }
        var size = type >= InterruptGate32 ? 4 : 2;
        var offset = size == 4 ? high & 0xFFFF0000 | low & 0xFFFF : low & 0xFFFF;
        Enter(selector, offset, size, type is InterruptGate16 or InterruptGate32, external, errorCode);
    }

    private void Enter(uint selector, W offset, int size, bool disable, uint external, W? errorCode)
    {
        if (IsNull(selector))
            throw Fault.Protection(external);
        var code = ReadDescriptor(selector, Fault.Protection, external);
        if (!Descriptor.IsCode(code.Attributes) || code.Dpl > Cpl)
            throw Fault.Protection(selector & ~3u | external);
        if (!code.Usable)
            throw Fault.NotPresent(selector & ~3u | external);
        var level = Descriptor.IsConforming(code.Attributes) ? Cpl : code.Dpl;
        if (Virtual && level != 0)
            throw Fault.Protection(selector & ~3u | external);
        var stack = S[SegmentRegister.Ss];
        var esp = R[Register.Esp];
        if (level < Cpl)
            (stack, esp) = InnerStack(level, external);
        if (offset > code.Limit)
            throw Fault.Protection(external);

        var step = (uint)size;
        var (oldStack, oldEsp, flags) = (S[SegmentRegister.Ss].Selector, R[Register.Esp], Eflags | _pushedResume);
        var at = errorCode is null ? 0u : step;
        esp -= at + 3 * step;
        if (level < Cpl)
        {
            esp -= 2 * step;
            if (Virtual)
                esp = PutVirtualSegments(stack, esp, at + 5 * step, size, external);
            Put(stack, esp, at + 4 * step, oldStack, level, size, external);
            Put(stack, esp, at + 3 * step, oldEsp, level, size, external);
        }
        Put(stack, esp, at + 2 * step, flags, level, size, external);
        Put(stack, esp, at + step, S[SegmentRegister.Cs].Selector, level, size, external);
        Put(stack, esp, at, Eip, level, size, external);
        if (errorCode is { } pushed)
            Put(stack, esp, 0, pushed, level, size, external);

        MarkAccessed(ref code);
        code.Selector = selector & ~3u | (uint)level;
        if (Virtual)
            LeaveVirtual();
        S[SegmentRegister.Ss] = stack;
        S[SegmentRegister.Cs] = code;
        Cpl = level;
        SetStackPointer(esp);
        Eip = offset;
        var cleared = Flag.Trap | Flag.NestedTask | Flag.Resume | Flag.Virtual8086 | (disable ? Flag.Interrupt : 0);
        _system &= ~(W)cleared;
        UpdateAlignment();
    }

    /// <summary>
    /// Pushes GS, FS, DS and ES, above the frame of a virtual-8086 program. Returns the start of that frame.
    /// </summary>
    private W PutVirtualSegments(in Segment<W> stack, W esp, uint above, int size, uint external)
    {
        var step = (uint)size;
        esp -= 4 * step;
        ReadOnlySpan<int> upwards = [SegmentRegister.Es, SegmentRegister.Ds, SegmentRegister.Fs, SegmentRegister.Gs];
        for (var i = 0; i < upwards.Length; i++)
            Put(stack, esp, above + (uint)i * step, S[upwards[i]].Selector, 0, size, external);
        return esp;
    }

    private void LeaveVirtual()
    {
        Virtual = false;
        foreach (
            var register in (ReadOnlySpan<int>)
                [SegmentRegister.Es, SegmentRegister.Ds, SegmentRegister.Fs, SegmentRegister.Gs]
        )
            S[register] = Segment<W>.Load(0, 0, 0, 0);
    }

    /// <summary>Stores an item of the frame on the new stack.</summary>
    private void Put(in Segment<W> stack, W esp, uint displacement, W value, int level, int size, uint external = 0)
    {
        var offset = esp + displacement;
        if (!stack.Big)
            offset &= 0xFFFF;
        if (!stack.FlatToWrite && Outside(stack, offset, size))
            throw Fault.Stack((level < Cpl ? Known(stack.Selector, "a selector") & ~3u : 0) | external);
        Bus.Store(stack.Base + offset, size, value, level == 3);
    }

    /// <summary>The stack of an inner ring, from the TSS (SDM vol. 3, 7.2.1 and 7.6).</summary>
    private (Segment<W> Stack, W Esp) InnerStack(int level, uint external)
    {
        var task = Known(TaskRegister.Selector, "TR") & ~3u;
        var size = IsTask32(TaskRegister.Attributes) ? 4 : 2;
        var at = (uint)size + (uint)level * 2 * (uint)size;
        if (at + (uint)size + 1 > TaskRegister.Limit)
            throw Fault.TaskState(task | external);
        var esp = Bus.Load(TaskRegister.Base + at, size, false);
        var selector = Known(Bus.Load(TaskRegister.Base + at + (uint)size, 2, false), "SS of the TSS");
        return (StackSegment(selector, level, Fault.TaskState, external), esp);
    }

    /// <summary>
    /// INT n and INT3. INT n has 0 in the last field; a virtual-8086 program may not be allowed to use it.
    /// </summary>
    private void Interrupt(in Operation op)
    {
        if (Virtual && op.Extra == 0)
            VirtualSoftwareInterrupt((int)op.Immediate);
        else
            SoftwareInterrupt((int)op.Immediate);
    }
}
