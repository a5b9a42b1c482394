namespace Verified.Machine.Processor;

/// <summary>The processor models. Each has the instructions of the earlier ones.</summary>
public enum ProcessorModel
{
    /// <summary>
    /// The 386DX, without a 387. The reserved bits of CR0 read as ones. Other peculiarities are at the places that name
    /// this model.
    /// </summary>
    I386,

    /// <summary>The 486DX, before CPUID was added.</summary>
    I486,

    /// <summary>Family 5, model 2.</summary>
    Pentium,

    /// <summary>Family 6, model 5: with CMOVcc, SYSENTER, performance counters and the multi-byte NOPs.</summary>
    PentiumII,
}

/// <summary>The differences between the models, as data.</summary>
/// <param name="Model">The model.</param>
/// <param name="Signature">Family, model and stepping: EDX after RESET, and EAX of CPUID 1.</param>
/// <param name="Features">EDX of CPUID 1; the 386 and 486 have no CPUID.</param>
/// <param name="Control0">The bits of CR0 that can be changed.</param>
/// <param name="Control0Ones">The bits of CR0 that are always set.</param>
/// <param name="Debug7Ones">The bits of DR7 that are always set.</param>
/// <param name="Control4">The bits of CR4 that can be changed.</param>
/// <param name="Flags">The bits of EFLAGS above NT that can be changed in every ring.</param>
/// <param name="Counters">
/// Model-specific registers of a performance monitor that counts nothing. They read as 0 and ignore writes.
/// </param>
internal sealed record ModelTraits(
    ProcessorModel Model,
    uint Signature,
    uint Features,
    uint Control0,
    uint Control0Ones,
    uint Debug7Ones,
    uint Control4,
    uint Flags,
    uint[] Counters
)
{
    private const uint Floating = 1,
        VirtualExtensions = 1 << 1,
        DebugExtensions = 1 << 2,
        LargePages = 1 << 3,
        TimeStamp = 1 << 4,
        ModelRegisters = 1 << 5,
        Exchange8 = 1 << 8,
        Sysenter = 1 << 11,
        GlobalPages = 1 << 13,
        ConditionalMove = 1 << 15;

    private const uint AlwaysEnabled = 1 << 10;

    private const uint MachineStatus =
        ControlBit.ProtectionEnable
        | ControlBit.MonitorCoprocessor
        | ControlBit.Emulation
        | ControlBit.TaskSwitched
        | ControlBit.Paging;

    private const uint Since486 =
        MachineStatus
        | ControlBit.NumericError
        | ControlBit.WriteProtect
        | ControlBit.AlignmentMask
        | ControlBit.NotWriteThrough
        | ControlBit.CacheDisable;

    private const uint Since586 =
        ControlBit.VirtualExtensions
        | ControlBit.ProtectedVirtualInterrupts
        | ControlBit.TimeStampDisable
        | ControlBit.DebugExtensions
        | ControlBit.PageSizeExtension
        | ControlBit.MachineCheck
        | ControlBit.PageGlobal;

    private const uint Pentium =
        Floating
        | VirtualExtensions
        | DebugExtensions
        | LargePages
        | TimeStamp
        | ModelRegisters
        | Exchange8
        | GlobalPages;

    // The numbers of the counters: CESR, CTR0 and CTR1; PerfCtr0 and 1, PerfEvtSel0 and 1, DebugCtl, and the last
    // branches (SDM vol. 4).
    private static readonly ModelTraits[] All =
    [
        new(ProcessorModel.I386, 0x308, 0, MachineStatus, 0x7FFEFFF0, 0, 0, 0, []),
        new(
            ProcessorModel.I486,
            0x404,
            0,
            Since486,
            ControlBit.ExtensionType,
            AlwaysEnabled,
            0,
            Flag.AlignmentCheck,
            []
        ),
        new(
            ProcessorModel.Pentium,
            0x52C,
            Pentium,
            Since486,
            ControlBit.ExtensionType,
            AlwaysEnabled,
            Since586,
            Flag.AlignmentCheck | Flag.Identification,
            [0x11, 0x12, 0x13]
        ),
        new(
            ProcessorModel.PentiumII,
            0x652,
            Pentium | Sysenter | ConditionalMove,
            Since486,
            ControlBit.ExtensionType,
            AlwaysEnabled,
            Since586 | ControlBit.CounterEnable,
            Flag.AlignmentCheck | Flag.Identification,
            [0xC1, 0xC2, 0x186, 0x187, 0x1D9, 0x1DB, 0x1DC, 0x1DD, 0x1DE]
        ),
    ];

    public static ModelTraits Of(ProcessorModel model) => All[(int)model];

    /// <summary>Whether there is an x87, as far as <see cref="CoprocessorUse"/> supports it.</summary>
    public bool HasCoprocessor => Model >= ProcessorModel.I486;

    /// <summary>VIF and VIP, which CPL 0 can change by IRET and by a task switch (SDM vol. 3, 2.3).</summary>
    public uint VirtualInterruptFlags =>
        Model >= ProcessorModel.Pentium ? Flag.VirtualInterrupt | Flag.VirtualInterruptPending : 0;
}
