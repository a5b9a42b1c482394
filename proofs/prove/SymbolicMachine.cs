using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Values;
using Processors = Verified.Machine.Processor.Descriptor;

namespace Verified.Proofs.Prove;

/// <summary>
/// A processor over the kernel's typed memory, started at a cut point with registers that nothing is known about, and run to
/// the next cut point.
/// </summary>
public sealed class SymbolicMachine : IMachine<Symbolic>
{
    private static readonly string[] Names = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];

    private static readonly int[] DataSegments = [SegmentRegister.Ds, SegmentRegister.Es, SegmentRegister.Fs, SegmentRegister.Gs];

    private readonly BootedImage _image;
    private readonly Attempt _attempt;
    private readonly Exploration _path;
    private readonly KernelMemory _memory;
    private readonly Ia32<Symbolic, KernelMemory> _cpu;
    private bool _hasSlowPath;

    /// <summary>
    /// The processor at the cut point of <paramref name="stage"/>; of stage user, where <paramref name="kind"/> says that a system call has saved its
    /// registers and left the fast path, or the kernel is about to return.
    /// </summary>
    public SymbolicMachine(BootedImage image, Attempt attempt, KernelMemory memory, uint stage, WayKind kind = WayKind.Own)
    {
        (_image, _attempt, _path, _memory, Stage) = (image, attempt, attempt.Path, memory, stage);
        var control = image.Control;
        _cpu = new Ia32<Symbolic, KernelMemory>(memory)
        {
            Cr0 = control.Cr0,
            Cr4 = control.Cr4,
            Cr2 = attempt.Register("cr2"),
            Cr3 = attempt.Register("cr3"),
            GdtBase = control.GdtBase,
            GdtLimit = control.GdtLimit,
            IdtBase = control.IdtBase,
            IdtLimit = control.IdtLimit,
        };
        _cpu.TaskRegister = SegmentOf(control.TaskRegister);
        for (var i = 0; i < Names.Length; i++) _cpu.R[i] = attempt.Register(Names[i]);

        var user = InUserMode = stage == Stages.User && kind is not (WayKind.Slow or WayKind.Exit);
        _cpu.Cpl = user ? 3 : 0;

        // The entry does not look at more of a user's than the selectors.
        _cpu.S[SegmentRegister.Cs] = user ? Flat(Layout.UserCode) : SegmentOf(Layout.KernelCode);
        _cpu.S[SegmentRegister.Ss] = user ? Flat(Layout.UserData) : SegmentOf(Layout.KernelData);

        // A user may have loaded anything, null for one (but see LoadedByUser); the kernel's own steps find DS.
        foreach (var segment in DataSegments) _cpu.S[segment] = Segment<Symbolic>.Load(0, 0, 0, 0);
        if (!user) _cpu.S[SegmentRegister.Ds] = SegmentOf(Layout.KernelData);

        // Kernel steps run with interrupts off, no trap and no nested task; the entry's gate has cleared them.
        var flags = attempt.Register("eflags");
        _cpu.Eflags = user ? flags : flags & (Flag.Status | Flag.Direction) | Flag.Reserved;
        _cpu.Eip = stage switch
        {
            Stages.User => kind switch { WayKind.Slow => image.IpcSlow, WayKind.Exit => image.Exit, _ => attempt.Register("eip") },
            Stages.Pick => image.Pick,
            Stages.Receive => image.Receive,
            Stages.Accept => image.Accept,
            Stages.Leave => image.Leave,
            Stages.Wake => image.Wake,
            Stages.Map => image.Map,
            _ => image.IdleHalt + 1,
        };
        if (kind == WayKind.Slow) _cpu.R[Processor.Esp] = SavedStack;
        if (stage is not (Stages.Idle or Stages.Map)) return;
        _cpu.Halted = stage == Stages.Idle;
        _cpu.Eflags = _cpu.Eflags | Flag.Interrupt;
        _cpu.R[Processor.Esp] = IdleStack;
    }

    /// <summary>The stage of the cut point where the machine is.</summary>
    public uint Stage { get; private set; }

    public bool InUserMode { get; private set; }

    /// <summary>Where the kernel goes on; null where the run has ended in user mode.</summary>
    public uint? End => !InUserMode && Symbolic.TryValue(_cpu.Eip, out var eip) ? eip : null;

    /// <summary>Whether the run ended at the slow path of ipc, with the system call still to be done.</summary>
    public bool LeftFastPath { get; private set; }

    /// <summary>Addresses of the instructions executed, in order; of a set operation, of its first.</summary>
    public List<uint> Trail { get; } = [];

    /// <summary>What the set operations do; null where their bytes are executed.</summary>
    public Func<SetOperation, Ia32<Symbolic, KernelMemory>, IReadOnlyList<int>>? Contracts { get; set; }

    public Ia32<Symbolic, KernelMemory> Cpu => _cpu;

    public Symbolic Eip => _cpu.Eip;

    public Symbolic Eflags => _cpu.Eflags;

    public Symbolic Cr3 => _cpu.Cr3;

    public Symbolic Masks => _memory.Masks;

    /// <summary>ESP while idle: an interrupt then pushes EFLAGS, CS and EIP to their places in row 0.</summary>
    private Symbolic IdleStack => _image.Layout.Threads.Base + Layout.ThreadSize - 8;

    /// <summary>ESP in the kernel, once the current thread's registers are saved in its row.</summary>
    private Symbolic SavedStack
    {
        get
        {
            var (tss, stackTop) = (_image.Layout.TssStack, _image.Layout.StackTop);
            return Load(tss.Address<Symbolic>(0, stackTop)) - (Layout.ThreadSize - Layout.Edi.Offset);
        }
    }

    public Symbolic Load(Symbolic linear) => _memory.Peek(linear);

    public Symbolic Register(int number) => _cpu.R[number];

    public Symbolic Selector(int number) => _cpu.S[number].Selector;

    public (Symbolic Base, Symbolic Limit) Hidden(int number) => (_cpu.S[number].Base, _cpu.S[number].Limit);

    /// <summary>Enters the kernel (an own step is entered already) and runs to the next cut point.</summary>
    /// <exception cref="RefutedException">The kernel faults, loops, or leaves its tables.</exception>
    public void Run(Way way, Symbolic errorCode)
    {
        _hasSlowPath = way is { Step: Entry.Ipc, Kind: WayKind.SystemCall };
        if (_hasSlowPath) LoadedByUser();
        Guarded(() =>
        {
            switch (way.Kind)
            {
                case WayKind.SystemCall: _cpu.SoftwareInterrupt(way.Vector); break;
                case WayKind.Interrupt: _cpu.ExternalInterrupt(way.Vector); break;
                case WayKind.Exception when way.IsTrap: _cpu.Deliver(way.Vector, null); break;
                case WayKind.Exception: _cpu.DeliverFault(way.Vector, way.HasErrorCode ? (Symbolic?)errorCode : null); break;
                case WayKind.Own or WayKind.Slow or WayKind.Exit: break;
            }

            while (!AtCutPoint()) Step();
        });
        Leave();
    }

    /// <summary>Runs the bytes of a set operation, from its start until they leave it.</summary>
    /// <exception cref="RefutedException">The kernel faults, loops, or leaves its tables.</exception>
    public void Run(SetOperation operation)
    {
        Guarded(() =>
        {
            _cpu.Eip = operation.Start;
            do Step();
            while (Symbolic.TryValue(_cpu.Eip, out var eip) && eip != operation.End && eip != operation.None);
        });
    }

    private void Guarded(Action run)
    {
        try
        {
            run();
        }
        catch (Fault fault)
        {
            throw _path.Refuted($"the kernel raises exception {fault.Vector} at {_cpu.Eip}");
        }
        catch (Exception e) when (e is UnimplementedInstruction or UnknownValueException or ShutdownException)
        {
            throw _path.Refuted($"at {_cpu.Eip}: {e.Message}");
        }
    }

    private bool AtCutPoint()
    {
        InUserMode = _cpu.Cpl == 3;
        if (InUserMode) Stage = Stages.User;
        else if (Trail.Count == 0 || !Symbolic.TryValue(_cpu.Eip, out var eip)) return false;
        else if (eip == _image.Pick) Stage = Stages.Pick;
        else if (eip == _image.Receive) Stage = Stages.Receive;
        else if (eip == _image.Accept) Stage = Stages.Accept;
        else if (eip == _image.Leave) Stage = Stages.Leave;
        else if (eip == _image.Wake) Stage = Stages.Wake;
        else if (eip == _image.Exit) Stage = Stages.User;
        else if (eip == _image.Map) Stage = Stages.Map;
        else if (eip == _image.IdleHalt) Stage = Stages.Idle;
        else if (eip == _image.IpcSlow && _hasSlowPath) LeftFastPath = true;
        else return false;
        return true;
    }

    private void Step()
    {
        if (!Symbolic.TryValue(_cpu.Eip, out var eip)) throw _path.Refuted($"the kernel jumps to {_cpu.Eip}");
        if (Trail.Contains(eip)) throw _path.Refuted($"the kernel loops at {eip:X8}h inside a step");
        Trail.Add(eip);
        if (Contracts is { } contracts && _image.Operations.FirstOrDefault(operation => operation.Start == eip) is { } operation) contracts(operation, _cpu);
        else Execute(eip);
    }

    private void Execute(uint eip)
    {
        var operation = DecodeAt(eip);

        // A bit scan of 0 leaves its target undefined: with the operand shown not to be 0, the result is a bit's number.
        if (operation is { Op: Machine.Processor.Op.Bsf or Machine.Processor.Op.Bsr, Source: OperandKind.Register })
            _path.Shows(_cpu.R[operation.SourceRegister] != 0);
        _cpu.Step(operation);
        if (_cpu.Halted) throw _path.Refuted($"the kernel halts at {eip:X8}h");
    }

    private Operation DecodeAt(uint eip)
    {
        var code = new byte[15];
        for (var i = 0u; i < code.Length; i++)
        {
            var at = eip + i;
            if (_image.Constant(at & ~3u) is not { } dword) throw _path.Refuted($"the kernel executes {at:X8}h, outside its text");
            code[i] = (byte)(dword >> (int)(at & 3) * 8);
        }

        if (!Decode.TryDecode(code, 0, code.Length, true, out var operation))
            throw _path.Refuted($"the instruction at {eip:X8}h does not end");
        return operation;
    }

    /// <summary>What must hold of the processor at any cut point beyond the representation invariants.</summary>
    private void Leave()
    {
        var control = _image.Control;
        var user = InUserMode;
        _path.Require(_cpu.Cr0 == control.Cr0 & _cpu.Cr4 == control.Cr4 & _cpu.GdtBase == control.GdtBase
            & _cpu.GdtLimit == control.GdtLimit & _cpu.IdtBase == control.IdtBase & _cpu.IdtLimit == control.IdtLimit
            & _cpu.TaskRegister.Selector == control.TaskRegister, "the system registers stay as boot left them");
        _path.Require(_cpu.S[SegmentRegister.Cs].Selector == (user ? Layout.UserCode : Layout.KernelCode)
            & _cpu.S[SegmentRegister.Ss].Selector == (user ? Layout.UserData : Layout.KernelData), "CS and SS are those of the ring");
        _path.Require(_cpu.InterruptsEnabled == (user || Stage is Stages.Idle or Stages.Map),
            "interrupts are on in user mode, when idle and between steps on mappings, off in the kernel");
        if (Stage is Stages.Idle or Stages.Map)
            _path.Require(_cpu.R[Processor.Esp] == IdleStack, "the idle processor, and one between steps, pushes on row 0");
        else if (!user)
            _path.Require((_cpu.Eflags & (Flag.Trap | Flag.NestedTask | Flag.Virtual8086 | Flag.PrivilegeLevel)) == 0,
                "the kernel runs without trap, nested task and I/O privilege");
        if (LeftFastPath) _path.Require(_cpu.R[Processor.Esp] == SavedStack, "the slow path finds the saved registers");
    }

    /// <summary>
    /// The fast path looks at what the user has loaded. Where all are the flat data segment, they can be used; else the code must not
    /// rely on any, as if each were null, but with the selector of a segment that a user can load (SDM vol. 3, 5.5 and 5.6).
    /// </summary>
    private void LoadedByUser()
    {
        (uint Selector, Truth IsLoadable)[] selectors = [.. UserSelectors()];
        Truth flat = true;
        foreach (var segment in DataSegments)
        {
            var selector = _attempt.Register($"selector-{segment}");
            Truth loadable = false;
            foreach (var one in selectors) loadable |= selector == one.Selector & one.IsLoadable;
            _path.Assume(loadable);
            _cpu.S[segment].Selector = selector;
            flat &= selector == Layout.FlatData;
        }

        if (flat) foreach (var segment in DataSegments) _cpu.S[segment] = Flat(Layout.FlatData);
    }

    /// <summary>Null, and what of the GDT ring 3 may load into a data segment register. There is no LDT.</summary>
    private IEnumerable<(uint Selector, Truth IsLoadable)> UserSelectors()
    {
        for (var selector = 0u; selector <= _image.Control.GdtLimit; selector++)
        {
            if ((selector | 3) is Layout.UserCode or Layout.UserData or Layout.FlatData)
            {
                var high = Load(_image.Control.GdtBase + (selector & ~7u) + Layout.DescriptorHigh.Offset);
                yield return (selector, (high & UserSegments.Present) != 0);
                continue;
            }

            var a = (selector & 4) == 0 && selector >= 8 ? SegmentOf(selector).Attributes : 0;
            var readable = Processors.IsData(a) || Processors.IsReadableCode(a);
            if (selector < 4 || (readable && (Processors.IsConforming(a) || Processors.Dpl(a) == 3))) yield return (selector, true);
        }
    }

    private static Segment<Symbolic> Flat(uint selector)
    {
        var high = UserSegments.FlatHigh | (selector == Layout.UserCode ? UserSegments.Code : 0);
        return Segment<Symbolic>.Unpack(selector, UserSegments.FlatLow, high, high & Processors.Mask);
    }

    private Segment<Symbolic> SegmentOf(uint selector)
    {
        var address = _image.Control.GdtBase + (selector & ~7u);
        var (low, high) = (Constant(address), Constant(address + 4));
        return Segment<Symbolic>.Unpack(selector, low, high, high & Processors.Mask);
    }

    private uint Constant(uint address) =>
        _image.Constant(address) ?? throw new ProverException($"{address:X8}h holds no constant of the booted image");

    private static class Processor
    {
        public const int Esp = Machine.Processor.Register.Esp;
    }
}
