using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Execution;
using Verified.Proofs.Paths;
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
    private readonly ProofContext _attempt;
    private readonly Exploration _path;
    private readonly KernelMemory _memory;
    private readonly CutPoint _start;
    private readonly Ia32<Symbolic, KernelMemory> _cpu;
    private readonly Execution<KernelMemory> _execution;
    private readonly ContractedProcessor<Symbolic, KernelMemory> _contracted;
    private bool _hasSlowPath;

    /// <summary>
    /// The processor at a cut point. Each field has the contract's value, or an unknown value if the contract leaves it
    /// open.
    /// </summary>
    public SymbolicMachine(BootedImage image, ProofContext proof, KernelMemory memory, CutPoint start)
    {
        (_image, _attempt, _path, _memory, _start, Stage, InUserMode) = (
            image,
            proof,
            proof.Path,
            memory,
            start,
            start.Stage,
            start.InUserMode
        );
        _cpu = new Ia32<Symbolic, KernelMemory>(memory);
        (_execution, _contracted) = (new(_cpu, _path, image.Constant), new(_cpu));
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
    public List<uint> Trail => _execution.Trail;

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
        if (way.ExaminesSegments)
            FlatIfAllAre();
        _execution.Guarded(() =>
        {
            Enter(way, errorCode);
            for (; (Reached = CutPointHere()) is null; Step())
                if (Trail.Count > 0 || way.Kind is WayKind.SystemCall or WayKind.Interrupt or WayKind.Exception)
                    _execution.TakesNoInterrupt();
        });
        (Stage, InUserMode) = (Reached!.Stage, Reached.InUserMode);
        Show(Reached);
    }

    /// <summary>Runs the bytes of a set operation, from its start until they leave it.</summary>
    /// <exception cref="RefutedException">The kernel faults, loops, or leaves its tables.</exception>
    public void Run(SetOperation operation)
    {
        _execution.Guarded(() =>
        {
            _cpu.Eip = operation.Start;
            do
            {
                _execution.TakesNoInterrupt();
                Step();
            } while (Symbolic.TryValue(_cpu.Eip, out var eip) && eip != operation.End && eip != operation.None);
        });
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
    private void Step()
    {
        var eip = _execution.Next();
        if (
            Contracts is { } contracts
            && _image.Operations.FirstOrDefault(operation => operation.Start == eip) is { } operation
        )
        {
            contracts(operation, _cpu);
            return;
        }

        _execution.Execute(eip);
        if (_cpu.Halted && eip != _image.IdleHalt)
            throw _path.Refuted($"the kernel halts at {eip:X8}h");
    }
}
