namespace Verified.Machine.Processor;

/// <summary>CPUID, the model-specific registers, and SYSENTER.</summary>
public sealed partial class Ia32<W, TBus>
{
    private const uint SysenterCode = 0x174;

    // IA32_SYSENTER_CS, ESP and EIP.
    private (W Code, W Esp, W Eip) _sysenter;
    private (W Low, W High) _timeStampOffset;

    private void RequireModel(ProcessorModel model)
    {
        if (Model < model)
            throw Fault.UndefinedOpcode();
    }

    /// <summary>
    /// Checks for UMOV, which only the 386 and 486 have. It accesses memory past that of an in-circuit emulator, which
    /// does not exist here.
    /// </summary>
    private void RequireOldModel()
    {
        if (Model > ProcessorModel.I486)
            throw Fault.UndefinedOpcode();
    }

    /// <summary>CPUID of a processor of <see cref="Model"/> without MMX and APIC (SDM vol. 2, CPUID).</summary>
    private void Identify()
    {
        RequireModel(ProcessorModel.Pentium);
        if (R[Register.Eax] == 0)
        {
            R[Register.Eax] = 1;
            R[Register.Ebx] = 0x756E6547; // "Genu" "ineI" "ntel"
            R[Register.Edx] = 0x49656E69;
            R[Register.Ecx] = 0x6C65746E;
            return;
        }
        R[Register.Eax] = _model.Signature;
        R[Register.Ebx] = 0;
        R[Register.Ecx] = 0;
        R[Register.Edx] = _model.Features;
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

    /// <summary>
    /// RDMSR: the time stamp (10h), the machine-check registers of the Pentium (0 and 1), the three of SYSENTER
    /// (174h..176h), and the counters.
    /// </summary>
    private void ReadModelRegister()
    {
        RequireModel(ProcessorModel.Pentium);
        RequireKernel();
        (R[Register.Eax], R[Register.Edx]) = Known(R[Register.Ecx], "a model-specific register's number") switch
        {
            0 or 1 => ((W)0, (W)0),
            0x10 => TimeStamp(),
            SysenterCode when Model >= ProcessorModel.PentiumII => (_sysenter.Code, (W)0),
            SysenterCode + 1 when Model >= ProcessorModel.PentiumII => (_sysenter.Esp, (W)0),
            SysenterCode + 2 when Model >= ProcessorModel.PentiumII => (_sysenter.Eip, (W)0),
            var number when IsCounter(number) => ((W)0, (W)0),
            _ => throw Fault.Protection(0),
        };
    }

    private void WriteModelRegister()
    {
        RequireModel(ProcessorModel.Pentium);
        RequireKernel();
        var (low, high) = (R[Register.Eax], R[Register.Edx]);
        switch (Known(R[Register.Ecx], "a model-specific register's number"))
        {
            case 0 or 1:
                break;
            case 0x10:
                var (nowLow, nowHigh) = Bus.TimeStamp();
                _timeStampOffset = AddDouble(low, high, 0 - nowLow, ~nowHigh + Bit(nowLow == 0));
                break;
            case SysenterCode when Model >= ProcessorModel.PentiumII:
                _sysenter.Code = low;
                break;
            case SysenterCode + 1 when Model >= ProcessorModel.PentiumII:
                _sysenter.Esp = low;
                break;
            case SysenterCode + 2 when Model >= ProcessorModel.PentiumII:
                _sysenter.Eip = low;
                break;
            case var number when IsCounter(number):
                break;
            default:
                throw Fault.Protection(0);
        }
    }

    private bool IsCounter(uint number) => Array.IndexOf(_model.Counters, number) >= 0;

    /// <summary>RDPMC: the counters count nothing (SDM vol. 2).</summary>
    private void ReadCounter()
    {
        RequireModel(ProcessorModel.PentiumII);
        if ((Cpl != 0 && (Known(Cr4, "CR4") & ControlBit.CounterEnable) == 0) || R[Register.Ecx] > 1)
            throw Fault.Protection(0);
        R[Register.Eax] = R[Register.Edx] = 0;
    }

    private static Segment<W> FlatSegment(uint selector, bool code, int level)
    {
        var rights =
            Descriptor.Present
            | Descriptor.NotSystem
            | Descriptor.Writable
            | Descriptor.Accessed
            | Descriptor.Big
            | Descriptor.Granular
            | (code ? Descriptor.Code : 0)
            | (uint)level << 13;
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
}
