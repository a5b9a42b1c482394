using Verified.Machine.Compiler;
using Verified.Machine.Memory;
using Verified.Machine.Processor;

namespace Verified.Machine.Computer;

/// <summary>Bytes whose accesses stop the machine: writes, reads, or both.</summary>
public readonly record struct Watchpoint(uint Linear, uint Length, bool Reads, bool Writes);

/// <summary>
/// Execution one instruction at a time: the trap flag, the processor's own breakpoints (SDM vol. 3, 17.2 and 17.3), and
/// the breakpoints of an external debugger.
/// </summary>
public sealed partial class Pc
{
    private const int Status = 6,
        Control = 7;
    private const uint Execute = 0,
        Write = 1,
        Port = 2;

    private readonly HashSet<uint> _breakpoints = [];
    private readonly List<Watchpoint> _watchpoints = [];

    // Bits of DR6 for the breakpoints that the present instruction has hit.
    private uint _met;
    private bool _watchful,
        _passing;
    private (uint, uint, uint, uint, uint) _armed = (0x400, 0, 0, 0, 0);

    /// <summary>
    /// Linear addresses at which <see cref="Run"/> stops before the instruction, except at the start of the run.
    /// </summary>
    public IReadOnlySet<uint> Breakpoints => _breakpoints;

    /// <summary>
    /// The address whose access stopped <see cref="Run"/>, with the watchpoint; null if a breakpoint stopped it.
    /// </summary>
    public (Watchpoint Watchpoint, uint Linear)? Watched { get; private set; }

    public void SetBreakpoint(uint linear, bool set)
    {
        _ = set ? _breakpoints.Add(linear) : _breakpoints.Remove(linear);
        UpdateWatch();
    }

    public void SetWatchpoint(Watchpoint watchpoint, bool set)
    {
        if (set)
            _watchpoints.Add(watchpoint);
        else
            _watchpoints.Remove(watchpoint);
        UpdateWatch();
    }

    private void PassBreakpoint()
    {
        if (_stop == StopReason.Breakpoint)
            _stop = null;
        Watched = null;
        _passing = true;
    }

    /// <summary>Decides whether execution must go step by step, and which pages' accesses must be reported.</summary>
    private void UpdateWatch()
    {
        _watchful = _breakpoints.Count > 0 || _watchpoints.Count > 0;
        Cpu.StepsAlone |= _watchful;
        var pages = new HashSet<uint>();
        foreach (var watchpoint in _watchpoints)
            AddPages(pages, watchpoint.Linear, watchpoint.Length);
        for (var i = 0; i < 4; i++)
            if (IsEnabled(i) && KindOf(i) is not (Execute or Port))
                AddPages(pages, Cpu.D[i], LengthOf(i));
        Mmu.Watch(pages);
    }

    private void WatchDebugRegisters()
    {
        var armed = (Cpu.D[Control].Value, Cpu.D[0].Value, Cpu.D[1].Value, Cpu.D[2].Value, Cpu.D[3].Value);
        if (armed == _armed)
            return;
        _armed = armed;
        UpdateWatch();
    }

    private static void AddPages(HashSet<uint> pages, uint linear, uint length)
    {
        for (
            var page = linear & ~(PhysicalMemory.PageSize - 1);
            page - (linear & ~(PhysicalMemory.PageSize - 1)) <= (linear & 0xFFF) + length - 1;
            page += PhysicalMemory.PageSize
        )
            pages.Add(page);
    }

    private bool IsEnabled(int i) => (Cpu.D[Control].Value >> 2 * i & 3) != 0;

    private uint KindOf(int i) => Cpu.D[Control].Value >> 16 + 4 * i & 3;

    private uint LengthOf(int i) => (Cpu.D[Control].Value >> 18 + 4 * i & 3) + 1;

    /// <summary>The bits of DR6 for the breakpoints that overlap a range with a kind of access.</summary>
    private uint Meets(uint start, uint length, Func<uint, bool> kind)
    {
        uint met = 0;
        for (var i = 0; i < 4; i++)
        {
            var size = LengthOf(i);
            var first = Cpu.D[i].Value & ~(size - 1);
            if (kind(KindOf(i)) && first - start < length | start - first < size)
                met |= 1u << i;
        }
        return met;
    }

    private uint Enabled(uint met)
    {
        for (var i = 0; i < 4; i++)
            if (!IsEnabled(i))
                met &= ~(1u << i);
        return met;
    }

    private void NoteAccess(uint linear, int size, bool write)
    {
        if (Cpu.BreakpointsArmed)
            _met |= Meets(linear, (uint)size, kind => kind == (Write | Port) || (write && kind == Write));
        foreach (var watchpoint in _watchpoints)
            if (
                (write ? watchpoint.Writes : watchpoint.Reads)
                && (watchpoint.Linear - linear < (uint)size || linear - watchpoint.Linear < watchpoint.Length)
            )
                Watched ??= (watchpoint, linear);
    }

    private void NotePort(uint port, int size)
    {
        if (Cpu.BreakpointsArmed && (Cpu.Cr4 & ControlBit.DebugExtensions) != 0)
            _met |= Meets(port, (uint)size, kind => kind == Port);
    }

    private void StepOne(Block block, uint linear)
    {
        if (Cpu.PendingTrap != 0)
        {
            TakeDebugTrap();
            return;
        }
        ref var code = ref Cpu.S[SegmentRegister.Cs];
        WatchDebugRegisters();
        if (StopsBefore(linear))
            return;
        Trace?.Invoke(this);
        var (traps, resumed, shadowed) = (Cpu.SingleStep.Known, Cpu.Resumes.Known, Cpu.InterruptShadow);
        _met = 0;
        BeginRun(block, linear);
        Cpu.Entered = false;
        Cpu.OneIteration = traps || _watchful || Cpu.BreakpointsArmed;
        ref var operation = ref block.Operations[0];
        if (code.FlatToRead || (ulong)Cpu.Eip.Value + operation.Length - 1 <= code.Limit.Value)
            Count(Cpu.Run(block.Operations.AsSpan(0, 1)));
        else
        {
            Cpu.FaultOfInstruction(Fault.Protection(0));
            Count(1);
        }
        Cpu.OneIteration = false;
        Remember(block, linear, begun: 1);
        if (resumed && operation.Op is not (Op.Iret or Op.Popf))
            Cpu.Resume();
        var loadsStack = Cpu.InterruptShadow && !shadowed && operation.Op is Op.MovSegment or Op.PopSegment;
        // The handler of an interrupt that the instruction raised is not traced. After MOV SS the trap waits for the
        // next instruction.
        if (traps && !Cpu.Entered && !loadsStack)
            Cpu.PendingTrap |= DebugStatus.SingleStep;
        var met = Cpu.BreakpointsArmed ? Enabled(_met) : 0;
        var held = Cpu.HeldTrap ?? 0;
        Cpu.HeldTrap = loadsStack ? met : null;
        // ICEBP raises #DB itself.
        if (operation.Op == Op.Icebp)
            Cpu.D[Status] |= held;
        else
            Cpu.PendingTrap |= held;
        if (!loadsStack)
            Cpu.PendingTrap |= met;
        if (Watched is not null)
            _stop ??= StopReason.Breakpoint;
        _passing = false;
        Cpu.StepsAlone = _watchful || Cpu.BreakpointsArmed;
        if (Cpu.PendingTrap != 0)
            TakeDebugTrap();
    }

    /// <summary>
    /// Whether a breakpoint is set on the instruction at <paramref name="linear"/>: the debugger's, or the processor's,
    /// for which this method raises the exception.
    /// </summary>
    private bool StopsBefore(uint linear)
    {
        if (_breakpoints.Contains(linear) && !_passing)
        {
            _stop = StopReason.Breakpoint;
            return true;
        }
        if (!Cpu.BreakpointsArmed || Cpu.Resumes.Known || Cpu.HeldTrap is not null)
            return false;
        var met = Meets(linear, 1, kind => kind == Execute);
        if (Enabled(met) == 0)
            return false;
        Cpu.DebugException(met);
        Count(1);
        return true;
    }

    private void TakeDebugTrap()
    {
        var trap = Cpu.PendingTrap;
        Cpu.PendingTrap = 0;
        Cpu.DebugException(trap);
    }
}
