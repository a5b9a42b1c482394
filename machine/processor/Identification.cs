namespace Verified.Machine.Processor;

/// <summary>CPUID, the model-specific registers, SYSENTER, and a coprocessor that is not there.</summary>
public sealed partial class Ia32<W, TBus>
{
    private const uint SysenterCode = 0x174;

    // IA32_SYSENTER_CS, ESP and EIP.
    private (W Code, W Esp, W Eip) _sysenter;
    private (W Low, W High) _timeStampOffset;

    private uint Signature => Model == ProcessorModel.Pentium ? 0x52Cu : 0x652;

    private void RequireModel(ProcessorModel model)
    {
        if (Model < model)
            throw Fault.UndefinedOpcode();
    }

    /// <summary>A processor of <see cref="Model"/> without FPU, MMX and APIC (SDM vol. 2, CPUID).</summary>
    private void Identify()
    {
        if (R[Register.Eax] == 0)
        {
            R[Register.Eax] = 1;
            R[Register.Ebx] = 0x756E6547; // "Genu" "ineI" "ntel"
            R[Register.Edx] = 0x49656E69;
            R[Register.Ecx] = 0x6C65746E;
            return;
        }
        const uint debugExtensions = 1 << 2, pageSize = 1 << 3, timeStamp = 1 << 4, modelRegisters = 1 << 5, exchange8 = 1 << 8,
            sysenter = 1 << 11, global = 1 << 13, conditionalMove = 1 << 15;
        R[Register.Eax] = Signature;
        R[Register.Ebx] = 0;
        R[Register.Ecx] = 0;
        R[Register.Edx] = debugExtensions | pageSize | timeStamp | modelRegisters | exchange8 | global
            | (Model >= ProcessorModel.PentiumII ? sysenter | conditionalMove : 0);
    }

    private (W Low, W High) TimeStamp()
    {
        var (low, high) = Bus.TimeStamp();
        return AddDouble(low, high, _timeStampOffset.Low, _timeStampOffset.High);
    }

    private static (W Low, W High) AddDouble(W low, W high, W addedLow, W addedHigh)
    {
        var sum = low + addedLow;
        return (sum, high + addedHigh + Bit(sum < low));
    }

    /// <summary>RDMSR: the time stamp (10h), the machine-check pair of the Pentium (0 and 1), SYSENTER's three (174h..176h).</summary>
    private void ReadModelRegister()
    {
        RequireKernel();
        (R[Register.Eax], R[Register.Edx]) = Known(R[Register.Ecx], "a model-specific register's number") switch
        {
            0 or 1 => ((W)0, (W)0),
            0x10 => TimeStamp(),
            SysenterCode when Model >= ProcessorModel.PentiumII => (_sysenter.Code, (W)0),
            SysenterCode + 1 when Model >= ProcessorModel.PentiumII => (_sysenter.Esp, (W)0),
            SysenterCode + 2 when Model >= ProcessorModel.PentiumII => (_sysenter.Eip, (W)0),
            _ => throw Fault.Protection(0),
        };
    }

    private void WriteModelRegister()
    {
        RequireKernel();
        var (low, high) = (R[Register.Eax], R[Register.Edx]);
        switch (Known(R[Register.Ecx], "a model-specific register's number"))
        {
            case 0 or 1: break;
            case 0x10:
                var (nowLow, nowHigh) = Bus.TimeStamp();
                _timeStampOffset = AddDouble(low, high, 0 - nowLow, ~nowHigh + Bit(nowLow == 0));
                break;
            case SysenterCode when Model >= ProcessorModel.PentiumII: _sysenter.Code = low; break;
            case SysenterCode + 1 when Model >= ProcessorModel.PentiumII: _sysenter.Esp = low; break;
            case SysenterCode + 2 when Model >= ProcessorModel.PentiumII: _sysenter.Eip = low; break;
            default: throw Fault.Protection(0);
        }
    }

    private static Segment<W> FlatSegment(uint selector, bool code, int level)
    {
        var rights = Descriptor.Present | Descriptor.NotSystem | Descriptor.Writable | Descriptor.Accessed | Descriptor.Big
            | Descriptor.Granular | (code ? Descriptor.Code : 0) | (uint)level << 13;
        return Segment<W>.Load(selector | (uint)level, 0, uint.MaxValue, rights);
    }

    private void SystemEnter()
    {
        RequireModel(ProcessorModel.PentiumII);
        var selector = Known(_sysenter.Code, "IA32_SYSENTER_CS") & 0xFFFC;
        if (!ProtectionEnabled || selector == 0)
            throw Fault.Protection(0);
        _system &= ~(W)(Flag.Virtual8086 | Flag.Interrupt | Flag.Resume);
        Virtual = false;
        Cpl = 0;
        S[SegmentRegister.Cs] = FlatSegment(selector, code: true, level: 0);
        S[SegmentRegister.Ss] = FlatSegment(selector + 8, code: false, level: 0);
        R[Register.Esp] = _sysenter.Esp;
        Eip = _sysenter.Eip;
        UpdateAlignment();
    }

    private void SystemExit()
    {
        RequireModel(ProcessorModel.PentiumII);
        var selector = Known(_sysenter.Code, "IA32_SYSENTER_CS") & 0xFFFC;
        if (!ProtectionEnabled || selector == 0 || Cpl != 0)
            throw Fault.Protection(0);
        Cpl = 3;
        S[SegmentRegister.Cs] = FlatSegment(selector + 16, code: true, level: 3);
        S[SegmentRegister.Ss] = FlatSegment(selector + 24, code: false, level: 3);
        R[Register.Esp] = R[Register.Ecx];
        Eip = R[Register.Edx];
        UpdateAlignment();
    }

    /// <summary>
    /// ESC without a coprocessor: #NM where CR0 asks for it. FNINIT and the like do nothing and FNSTSW and FNSTCW find ones, which is how
    /// programs learn that none is there; anything else is #NM too, there being no device (SDM vol. 3, 2.5 and 9.2).
    /// </summary>
    private void Coprocessor(in Operation op)
    {
        if ((Known(Cr0, "CR0") & (ControlBit.Emulation | ControlBit.TaskSwitched)) != 0)
            throw new Fault(Vectors.DeviceNotAvailable);
        switch ((CoprocessorUse)op.Extra)
        {
            case CoprocessorUse.Control: break;
            case CoprocessorUse.StoreWord: Write(op, 0xFFFF); break;
            default: throw new Fault(Vectors.DeviceNotAvailable);
        }
    }

    private void WaitForCoprocessor()
    {
        const uint both = ControlBit.MonitorCoprocessor | ControlBit.TaskSwitched;
        if ((Known(Cr0, "CR0") & both) == both)
            throw new Fault(Vectors.DeviceNotAvailable);
    }
}

/// <summary>What a detection routine may do with a coprocessor that is not there.</summary>
internal enum CoprocessorUse : ushort
{
    Arithmetic,

    /// <summary>FNINIT, FNCLEX, FNDISI, FNENI, FNSETPM.</summary>
    Control,

    /// <summary>FNSTSW, FNSTCW.</summary>
    StoreWord,
}
