namespace Verified.Machine.Processor;

/// <summary>Interrupts and exceptions through the IDT, the stack switch by the TSS, and IRET (SDM vol. 3, 6.11..6.14).</summary>
public sealed partial class Ia32<W, TBus>
{
    private const int TaskGate = 5, InterruptGate32 = 14, TrapGate32 = 15;

    /// <summary>INT n, with EIP already past the instruction: the gate's DPL is checked.</summary>
    public void SoftwareInterrupt(int vector) => ThroughGate(vector, software: true, external: 0, errorCode: null);

    /// <summary>An interrupt from outside of the processor; leaves HLT.</summary>
    public void ExternalInterrupt(int vector)
    {
        Halted = false;
        ThroughGate(vector, software: false, external: 1, errorCode: null);
    }

    /// <summary>An exception with the error code that its vector pushes, or none, through its gate.</summary>
    public void Deliver(int vector, W? errorCode) => ThroughGate(vector, software: false, external: 1, errorCode);

    /// <summary>
    /// Delivers a fault whose instruction EIP points at; a second one on the way becomes a double fault where the manual's table 6-5
    /// says so, a third stops the machine.
    /// </summary>
    /// <exception cref="ShutdownException">A fault while the double fault was delivered.</exception>
    public void Exception(Fault fault)
    {
        for (var current = fault; ;)
        {
            if (current.Address is { } address)
                Cr2 = address;
            try
            {
                var isDoubleFault = current.Vector == Vectors.DoubleFault;
                // A fault in the delivery of an external event sets EXT in its own error code.
                Deliver(current.Vector, isDoubleFault ? 0 : current.ErrorCode is { } code ? (W)code : null);
                return;
            }
            catch (Fault next)
            {
                if (current.Vector == Vectors.DoubleFault)
                    throw new ShutdownException($"triple fault: vector {next.Vector} during a double fault after {fault.Message}");
                current = Combine(current, next);
            }
        }
    }

    private static Fault Combine(Fault first, Fault second)
    {
        var doubled = IsContributory(first) ? IsContributory(second) : first.Vector == Vectors.PageFault
            && (IsContributory(second) || second.Vector == Vectors.PageFault);
        return doubled ? new Fault(Vectors.DoubleFault, 0) : second;
    }

    private static bool IsContributory(Fault fault) => fault.Vector is Vectors.DivideError or Vectors.InvalidTaskState
        or Vectors.SegmentNotPresent or Vectors.StackFault or Vectors.GeneralProtection;

    private void ThroughGate(int vector, bool software, uint external, W? errorCode)
    {
        var gateCode = (uint)vector * 8 + 2;
        if ((uint)vector * 8 + 7 > IdtLimit)
            throw Fault.Protection(gateCode + external);
        var low = Bus.Load(IdtBase + (uint)vector * 8, 4, false);
        var high = Bus.Load(IdtBase + (uint)vector * 8 + 4, 4, false);
        var attributes = Known(high & 0xFFFF, "a gate's type and rights");
        var type = Descriptor.Type(attributes);
        if (type is not (TaskGate or 6 or 7 or InterruptGate32 or TrapGate32))
            throw Fault.Protection(gateCode + external);
        if (software && Descriptor.Dpl(attributes) < Cpl)
            throw Fault.Protection(gateCode);
        if ((attributes & Descriptor.Present) == 0)
            throw Fault.NotPresent(gateCode + external);
        if (type is not (InterruptGate32 or TrapGate32))
            throw Unimplemented($"gate type {type} of vector {vector}");
        Enter(Known(low >> 16, "a gate's selector"), high & 0xFFFF0000 | low & 0xFFFF, type == InterruptGate32, external, errorCode);
    }

    private void Enter(uint selector, W offset, bool disable, uint external, W? errorCode)
    {
        if (IsNull(selector))
            throw Fault.Protection(external);
        var code = ReadDescriptor(selector, Fault.Protection, external);
        if (!Descriptor.IsCode(code.Attributes) || code.Dpl > Cpl)
            throw Fault.Protection(selector & ~3u | external);
        if (!code.Usable)
            throw Fault.NotPresent(selector & ~3u | external);
        var level = Descriptor.IsConforming(code.Attributes) ? Cpl : code.Dpl;
        var stack = S[SegmentRegister.Ss];
        var esp = R[Register.Esp];
        if (level < Cpl)
            (stack, esp) = InnerStack(level, external);
        if (offset > code.Limit)
            throw Fault.Protection(external);

        var (oldStack, oldEsp, flags) = (S[SegmentRegister.Ss].Selector, R[Register.Esp], Eflags);
        esp -= errorCode is null ? 12u : 16u;
        if (level < Cpl)
        {
            esp -= 8;
            Put(stack, esp, errorCode is null ? 16u : 20u, oldStack, level);
            Put(stack, esp, errorCode is null ? 12u : 16u, oldEsp, level);
        }
        var at = errorCode is null ? 0u : 4u;
        Put(stack, esp, at + 8, flags, level);
        Put(stack, esp, at + 4, S[SegmentRegister.Cs].Selector, level);
        Put(stack, esp, at, Eip, level);
        if (errorCode is { } pushed)
            Put(stack, esp, 0, pushed, level);

        MarkAccessed(ref code);
        code.Selector = selector & ~3u | (uint)level;
        S[SegmentRegister.Ss] = stack;
        S[SegmentRegister.Cs] = code;
        Cpl = level;
        SetStackPointer(esp);
        Eip = offset;
        var cleared = Flag.Trap | Flag.NestedTask | Flag.Resume | Flag.Virtual8086 | (disable ? Flag.Interrupt : 0);
        _system &= ~(W)cleared;
    }

    /// <summary>Stores a word of the frame on the stack that is being entered.</summary>
    private void Put(in Segment<W> stack, W esp, uint displacement, W value, int level)
    {
        var offset = esp + displacement;
        if (!stack.Big)
            offset &= 0xFFFF;
        if (!stack.FlatToWrite && Outside(stack, offset, 4))
            throw Fault.Stack(level < Cpl ? Known(stack.Selector, "a selector") & ~3u : 0);
        Bus.Store(stack.Base + offset, 4, value, level == 3);
    }

    /// <summary>SS:ESP of an inner level from a 32-bit TSS (SDM vol. 3, 7.2.1).</summary>
    private (Segment<W> Stack, W Esp) InnerStack(int level, uint external)
    {
        var task = Known(TaskRegister.Selector, "TR") & ~3u;
        if ((Descriptor.Type(TaskRegister.Attributes) & ~2) != 9)
            throw Unimplemented("a stack switch without a 32-bit TSS");
        var at = 4 + (uint)level * 8;
        if (at + 5 > TaskRegister.Limit)
            throw Fault.TaskState(task | external);
        var esp = Bus.Load(TaskRegister.Base + at, 4, false);
        var selector = Known(Bus.Load(TaskRegister.Base + at + 4, 2, false), "SS of the TSS");
        return (StackSegment(selector, level, Fault.TaskState, external), esp);
    }

    /// <summary>IRET to the same or an outer ring (SDM vol. 2, IRET).</summary>
    private void InterruptReturn(int size)
    {
        if ((_system & Flag.NestedTask) != 0)
            throw Unimplemented("IRET to another task");
        var step = (uint)size;
        var eip = Peek(0, size);
        var selector = Known(Peek(step, size) & 0xFFFF, "CS of an interrupt frame");
        var flags = Peek(2 * step, size);
        if (size == 4 && Cpl == 0 && (flags & Flag.Virtual8086) != 0)
            throw Unimplemented("IRET to virtual-8086 mode");
        var level = (int)(selector & 3);
        var code = ReturnCodeSegment(selector, level);
        var changeable = Flag.Status | Flag.Trap | Flag.Direction | Flag.NestedTask
            | (size == 4 ? Flag.Resume | Flag.AlignmentCheck | Flag.Identification : 0);
        if (level == Cpl)
        {
            CheckTarget(code, eip);
            MarkAccessed(ref code);
            SetStackPointer(R[Register.Esp] + 3 * step);
            S[SegmentRegister.Cs] = code;
            Eip = eip;
            SetFlagsByPrivilege(flags, changeable);
            return;
        }
        var esp = Peek(3 * step, size);
        var stack = StackSegment(Known(Peek(4 * step, size) & 0xFFFF, "SS of an interrupt frame"), level, Fault.Protection);
        CheckTarget(code, eip);
        MarkAccessed(ref code);
        SetFlagsByPrivilege(flags, changeable);
        S[SegmentRegister.Cs] = code;
        S[SegmentRegister.Ss] = stack;
        Cpl = level;
        Eip = eip;
        // The caller's upper half survives where the new stack is a 16-bit one.
        SetStackPointer(esp);
        DropPrivilegedSegments();
    }

    /// <summary>The code segment of a far return to <paramref name="level"/>.</summary>
    private Segment<W> ReturnCodeSegment(uint selector, int level)
    {
        if (IsNull(selector))
            throw Fault.Protection(0);
        var code = ReadDescriptor(selector, Fault.Protection);
        var conforming = Descriptor.IsConforming(code.Attributes);
        if (!Descriptor.IsCode(code.Attributes) || level < Cpl || (conforming ? code.Dpl > level : code.Dpl != level))
            throw Fault.Protection(selector & ~3u);
        if (!code.Usable)
            throw Fault.NotPresent(selector & ~3u);
        return code;
    }

    private static void CheckTarget(in Segment<W> code, W eip)
    {
        if (eip > code.Limit)
            throw Fault.Protection(0);
    }
}
