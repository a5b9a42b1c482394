using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Values;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Prove;

/// <summary>
/// A processor over the kernel's typed memory. It starts at a cut point with the values of the cut point's contract. It
/// runs to the next cut point, whose contract it must satisfy.
/// </summary>
public sealed partial class SymbolicMachine : IMachine<Symbolic>
{
    private readonly BootedImage _image;
    private readonly Attempt _attempt;
    private readonly Exploration _path;
    private readonly KernelMemory _memory;
    private readonly CutPoint _start;
    private readonly Ia32<Symbolic, KernelMemory> _cpu;
    private readonly Dictionary<string, Symbolic> _before = [];
    private bool _hasSlowPath;

    /// <summary>
    /// The processor at a cut point. Each field has the contract's value, or an unknown value if the contract leaves it
    /// open.
    /// </summary>
    public SymbolicMachine(BootedImage image, Attempt attempt, KernelMemory memory, CutPoint start)
    {
        (_image, _attempt, _path, _memory, _start, Stage, InUserMode) = (
            image,
            attempt,
            attempt.Path,
            memory,
            start,
            start.Stage,
            start.InUserMode
        );
        _cpu = new Ia32<Symbolic, KernelMemory>(memory);
        Assume(start);
    }

    /// <summary>The stage of the machine's cut point.</summary>
    public uint Stage { get; private set; }

    public bool InUserMode { get; private set; }

    /// <summary>The cut point where the run has ended; null before.</summary>
    public CutPoint? Reached { get; private set; }

    /// <summary>The address where the kernel continues; null if the run has ended in user mode.</summary>
    public uint? End => !InUserMode && Symbolic.TryValue(_cpu.Eip, out var eip) ? eip : null;

    /// <summary>True if the run ended at the slow path of ipc, and the system call is still to be done.</summary>
    public bool LeftFastPath => _hasSlowPath && Reached == _image.Points.Slow;

    /// <summary>Addresses of the instructions executed, in order; of a set operation, of its first.</summary>
    public List<uint> Trail { get; } = [];

    /// <summary>The effect of the set operations; null if their bytes are executed.</summary>
    public Func<SetOperation, Ia32<Symbolic, KernelMemory>, IReadOnlyList<int>>? Contracts { get; set; }

    public Ia32<Symbolic, KernelMemory> Cpu => _cpu;

    public Symbolic Eip => _cpu.Eip;

    public Symbolic Eflags => _cpu.Eflags;

    public Symbolic Cr3 => _cpu.Cr3;

    public Symbolic Masks => _memory.Masks;

    public Symbolic Load(Symbolic linear) => _memory.Peek(linear);

    public Symbolic Register(int number) => _cpu.R[number];

    public Symbolic Selector(int number) => _cpu.S[number].Selector;

    public (Symbolic Base, Symbolic Limit) Hidden(int number) => (_cpu.S[number].Base, _cpu.S[number].Limit);

    /// <summary>Enters the kernel (an own step is entered already) and runs to the next cut point.</summary>
    /// <exception cref="RefutedException">
    /// The kernel faults, loops, leaves its tables, or breaks the contract of the cut point.
    /// </exception>
    public void Run(Way way, Symbolic errorCode)
    {
        _hasSlowPath = way is { Step: Entry.Ipc, Kind: WayKind.SystemCall };
        if (_hasSlowPath)
            FlatIfAllAre();
        Guarded(() =>
        {
            Enter(way, errorCode);
            for (; (Reached = CutPointHere()) is null; Step())
                if (Trail.Count > 0 || way.Kind is WayKind.SystemCall or WayKind.Interrupt or WayKind.Exception)
                    TakesNoInterrupt();
        });
        (Stage, InUserMode) = (Reached!.Stage, Reached.InUserMode);
        Show(Reached);
    }

    /// <summary>Runs the bytes of a set operation, from its start until they leave it.</summary>
    /// <exception cref="RefutedException">The kernel faults, loops, or leaves its tables.</exception>
    public void Run(SetOperation operation)
    {
        Guarded(() =>
        {
            _cpu.Eip = operation.Start;
            do
            {
                TakesNoInterrupt();
                Step();
            } while (Symbolic.TryValue(_cpu.Eip, out var eip) && eip != operation.End && eip != operation.None);
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

    private CutPoint? CutPointHere()
    {
        var points = _image.Points;
        if (_cpu.Cpl == 3)
            return points.User;
        if (Trail.Count == 0)
            return null;
        if (!Symbolic.TryValue(_cpu.Eip, out var eip))
            return _start == points.Idle && _path.Shows(IsIdle(_cpu.Eip)) ? points.Idle : null;

        // In the shadow of STI the HLT has not yet been executed.
        if (eip == _image.IdleHalt + 1 || (eip == _image.IdleHalt && !_cpu.InterruptShadow))
            return points.Idle;
        var point = points.All.FirstOrDefault(point => point.Stage != Stages.Idle && _image.AddressOf(point) == eip);
        return point == points.Slow && !_hasSlowPath ? null : point;
    }

    /// <summary>True if an address is that of the idle processor's HLT, or of the instruction after it.</summary>
    private Truth IsIdle(Symbolic eip) => eip == _image.IdleHalt | eip == _image.IdleHalt + 1;

    /// <summary>
    /// Requires that no interrupt is taken here. Only cut points may take one, because theorems start there.
    /// </summary>
    private void TakesNoInterrupt()
    {
        if (!_cpu.InterruptShadow)
            _path.RequireOfProcessor([
                (!_cpu.InterruptsEnabled, $"no interrupt is taken at {_cpu.Eip}, which is not a cut point"),
            ]);
    }

    private void Step()
    {
        if (!Symbolic.TryValue(_cpu.Eip, out var eip))
            throw _path.Refuted($"the kernel jumps to {_cpu.Eip}");
        if (Trail.Contains(eip))
            throw _path.Refuted($"the kernel loops at {eip:X8}h inside a step");
        Trail.Add(eip);
        if (
            Contracts is { } contracts
            && _image.Operations.FirstOrDefault(operation => operation.Start == eip) is { } operation
        )
            contracts(operation, _cpu);
        else
            Execute(eip);
    }

    private void Execute(uint eip)
    {
        var operation = DecodeAt(eip);
        if (Unmodelled.Effect(operation) is { } effect)
            throw _path.Refuted($"at {eip:X8}h the kernel {effect}");

        // A bit scan of 0 leaves its target undefined: with the operand shown not to be 0, the result is a bit's
        // number.
        if (operation is { Op: Machine.Processor.Op.Bsf or Machine.Processor.Op.Bsr, Source: OperandKind.Register })
            _path.Shows(_cpu.R[operation.SourceRegister] != 0);
        _cpu.Step(operation);
        if (_cpu.Halted && eip != _image.IdleHalt)
            throw _path.Refuted($"the kernel halts at {eip:X8}h");
    }

    private Operation DecodeAt(uint eip)
    {
        var code = new byte[15];
        for (var i = 0u; i < code.Length; i++)
        {
            var at = eip + i;
            if (_image.Constant(at & ~3u) is not { } dword)
                throw _path.Refuted($"the kernel executes {at:X8}h, outside its text");
            code[i] = (byte)(dword >> (int)(at & 3) * 8);
        }

        if (!Decode.TryDecode(code, 0, code.Length, true, out var operation))
            throw _path.Refuted($"the instruction at {eip:X8}h does not end");
        return operation;
    }
}
