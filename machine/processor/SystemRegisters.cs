namespace Verified.Machine.Processor;

/// <summary>
/// Control registers, descriptor-table registers, ports and the interrupt flag (SDM vol. 3, chapters 2 and 5).
/// </summary>
public sealed partial class Ia32<W, TBus>
{
    private void RequireKernel()
    {
        if (Cpl != 0)
            throw Fault.Protection(0);
    }

    /// <summary>
    /// Checks access to a control, debug or test register. Only ring 0 may access it. A test register that the model
    /// does not have is an undefined instruction.
    /// </summary>
    private void RequireControl(int register)
    {
        if (register >= Decode.FirstTestRegister)
            RequireTest(register - Decode.FirstTestRegister);
        RequireKernel();
    }

    private W ReadControl(int register) =>
        register switch
        {
            0 => Cr0,
            2 => Cr2,
            3 => Cr3,
            4 => Control4(),
            >= Decode.FirstTestRegister => _test.Registers[register - Decode.FirstTestRegister],
            >= Decode.FirstDebugRegister => ReadDebug(register - Decode.FirstDebugRegister),
            _ => throw Fault.UndefinedOpcode(),
        };

    private W Control4()
    {
        RequireModel(ProcessorModel.Pentium);
        return Cr4;
    }

    private void WriteControl(int register, W value)
    {
        switch (register)
        {
            case 0:
                var bits = Known(value, "CR0") & _model.Control0;
                if ((bits & ControlBit.Paging) != 0 && (bits & ControlBit.ProtectionEnable) == 0)
                    throw Fault.Protection(0);
                if ((bits & ControlBit.NotWriteThrough) != 0 && (bits & ControlBit.CacheDisable) == 0)
                    throw Fault.Protection(0);
                Cr0 = bits | _model.Control0Ones;
                UpdateAlignment();
                Bus.PagingChanged(Cr0, Cr4);
                break;
            case 2:
                Cr2 = value;
                break;
            case 3:
                Cr3 = value;
                Bus.PageDirectoryLoaded(value);
                break;
            case 4:
                RequireModel(ProcessorModel.Pentium);
                if ((Known(value, "CR4") & ~_model.Control4) != 0)
                    throw Fault.Protection(0);
                Cr4 = value;
                Bus.PagingChanged(Cr0, Cr4);
                break;
            case >= Decode.FirstTestRegister:
                WriteTest(register - Decode.FirstTestRegister, value);
                break;
            case >= Decode.FirstDebugRegister:
                WriteDebug(register - Decode.FirstDebugRegister, value);
                break;
            default:
                throw Fault.UndefinedOpcode();
        }
    }

    private void LoadTable(in Operation op, out W @base, out W limit)
    {
        RequireKernel();
        var offset = EffectiveAddress(op);
        var size = ReadMemory(op.Segment, offset, 2);
        var address = ReadMemory(op.Segment, Beyond(op, offset, 2), 4);
        limit = size;
        @base = op.Size == 2 ? address & 0xFFFFFF : address;
    }

    private void StoreTable(in Operation op, W @base, W limit)
    {
        var offset = EffectiveAddress(op);
        // The 386 checks all six bytes before it writes any.
        if (Model == ProcessorModel.I386)
            LinearToWrite(op.Segment, offset, 6);
        WriteMemory(op.Segment, offset, 2, limit);
        WriteMemory(op.Segment, Beyond(op, offset, 2), 4, @base);
    }

    /// <summary>LTR and LLDT: a system segment of the GDT, of one of the given types.</summary>
    private Segment<W> SystemSegment(uint selector, params ReadOnlySpan<int> types)
    {
        var code = selector & ~3u;
        if (IsNull(selector) || (selector & 4) != 0)
            throw Fault.Protection(code);
        var segment = ReadDescriptor(selector, Fault.Protection);
        if (!types.Contains(Descriptor.Type(segment.Attributes)))
            throw Fault.Protection(code);
        if (!segment.Usable)
            throw Fault.NotPresent(code);
        return segment;
    }

    private void LoadTaskRegister(uint selector)
    {
        var segment = SystemSegment(selector, Task16, Task32);
        segment.Attributes |= Busy;
        Bus.Store(GdtBase + (selector & ~7u) + 5, 1, segment.Attributes >> 8 & 0xFF, false);
        TaskRegister = segment;
    }

    private void LoadLocalTable(uint selector)
    {
        LocalTable = IsNull(selector) ? Segment<W>.Load(selector, 0, 0, 0) : SystemSegment(selector, 2);
    }

    /// <summary>
    /// Checks access to a port. Rings up to IOPL may use all ports. Other rings and virtual-8086 mode may use a port if
    /// its bit in the TSS's bitmap is clear.
    /// </summary>
    private void CheckPort(W port, int size)
    {
        if (!Virtual && (uint)Cpl <= PrivilegeLevel)
            return;
        var at = PortMap() + (port >> 3);
        if (at + 1 > TaskRegister.Limit)
            throw Fault.Protection(0);
        var bits = Bus.Load(TaskRegister.Base + at, 2, false) >> (port & 7);
        if ((bits & ((1u << size) - 1)) != 0)
            throw Fault.Protection(0);
    }

    /// <summary>The offset of the I/O bitmap in the TSS.</summary>
    private W PortMap()
    {
        if ((Descriptor.Type(TaskRegister.Attributes) & ~2) != 9 || 0x67 > TaskRegister.Limit)
            throw Fault.Protection(0);
        return Bus.Load(TaskRegister.Base + 0x66, 2, false);
    }

    private W InPort(W port, int size)
    {
        CheckPort(port, size);
        return Bus.In(port, size);
    }

    private void OutPort(W port, int size, W value)
    {
        CheckPort(port, size);
        Bus.Out(port, size, value);
    }

    private void ClearInterruptFlag()
    {
        if ((uint)Cpl > PrivilegeLevel)
        {
            RequireVirtualInterruptFlag();
            _system &= ~(W)Flag.VirtualInterrupt;
            return;
        }
        _system &= ~(W)Flag.Interrupt;
    }

    private void SetInterruptFlag()
    {
        if ((uint)Cpl > PrivilegeLevel)
        {
            RequireVirtualInterruptFlag();
            if ((_system & Flag.VirtualInterruptPending) != 0)
                throw Fault.Protection(0);
            _system |= Flag.VirtualInterrupt;
            return;
        }
        // An STI delays interrupts by one instruction only if they were off before.
        if ((_system & Flag.Interrupt) == 0)
            InterruptShadow = true;
        _system |= Flag.Interrupt;
    }

    /// <summary>LMSW sets the low four bits of CR0 but cannot clear PE.</summary>
    private void LoadMachineStatus(W value) =>
        WriteControl(0, Cr0 & ~(W)14u | value & 15 | Cr0 & ControlBit.ProtectionEnable);

    private void ReadTimeStamp()
    {
        if (Cpl != 0 && (Cr4 & ControlBit.TimeStampDisable) != 0)
            throw Fault.Protection(0);
        (R[Register.Eax], R[Register.Edx]) = TimeStamp();
    }
}
