using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Proofs.Prove;

namespace Verified.Proofs.Bench;

/// <summary>
/// Counts the instructions that a machine executes between two windows for interrupts, and compares them with the bound
/// (<see cref="InterruptLatency.BetweenWindows"/>). It counts the waiting threads when it leaves a window.
/// </summary>
public sealed class WindowMeter : IDisposable
{
    private readonly Pc _pc;
    private readonly Layout _layout;
    private readonly InterruptLatency _latency;
    private readonly Action<Pc>? _former;
    private int _instructions;
    private long _taken;
    private bool _returns;
    private WaitingThreads _threads;

    /// <param name="pc">The machine; an existing trace function stays active.</param>
    /// <param name="layout">The places of the kernel's tables.</param>
    /// <param name="latency">The bound.</param>
    public WindowMeter(Pc pc, Layout layout, InterruptLatency latency)
    {
        (_pc, _layout, _latency, _former) = (pc, layout, latency, pc.Trace);
        pc.Trace = _ =>
        {
            _former?.Invoke(pc);
            Next();
        };
    }

    /// <summary>The number of sections, each from a window to the next.</summary>
    public long Sections { get; private set; }

    /// <summary>The instructions of the longest section.</summary>
    public int Longest { get; private set; }

    /// <summary>The section that comes nearest to its bound: its instructions, its threads, and the bound.</summary>
    public (int Instructions, WaitingThreads Threads, long Bound) Nearest { get; private set; } = (0, default, 1);

    /// <summary>The nearest section as a part of its bound; above 1 if the bound is wrong.</summary>
    public double Ratio => (double)Nearest.Instructions / Nearest.Bound;

    public void Dispose() => _pc.Trace = _former;

    /// <summary>The run has ended at a window.</summary>
    public void End() => Close();

    // An interrupt is taken at a window, after IRET or HLT, or it comes before this instruction.
    private void Next()
    {
        var cpu = _pc.Cpu;
        var isWindow = cpu.Cpl == 3 || (cpu.InterruptsEnabled.Known && !cpu.InterruptShadow);
        if (isWindow || _returns || _pc.InterruptsTaken != _taken)
            Close();
        if (_instructions == 0)
            _threads = WaitingThreads.In(_pc, _layout);
        _instructions++;
        _taken = _pc.InterruptsTaken;
        _returns = cpu.Cpl == 0 && _pc.TryPeek(cpu.Eip.Value) is { } code && (byte)code is Iret or Hlt;
    }

    private const byte Iret = 0xCF,
        Hlt = 0xF4;

    private void Close()
    {
        if (_instructions == 0)
            return;
        var bound = _latency.BetweenWindows(_threads.NextSleepers, _threads.InIpc);
        if (_instructions > Ratio * bound)
            Nearest = (_instructions, _threads, bound);
        Longest = Math.Max(Longest, _instructions);
        Sections++;
        _instructions = 0;
    }
}
