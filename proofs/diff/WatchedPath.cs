using Verified.Kernel;
using Verified.Machine.Computer;

namespace Verified.Proofs.Diff;

/// <summary>
/// The instructions of a step, or of a whole event, with their values, and which of them changed the place of a
/// difference.
/// </summary>
/// <param name="machine">The machine that runs the event.</param>
/// <param name="difference">The difference.</param>
/// <param name="step">The step; null for the whole event.</param>
/// <param name="most">The number of instructions to keep: the last ones.</param>
internal sealed class WatchedPath(ImageMachine machine, Difference difference, SpecStep? step, int most)
{
    // The size of a thread's row. Smaller rows include their neighbours.
    private const uint RowSize = Layout.ThreadSize;

    private readonly uint[] _row = new uint[RowSize / 4];
    private readonly DecodedCode _code = new();
    private readonly Queue<Seen> _instructions = [];
    private readonly HashSet<long> _near = [];
    private readonly long _start = step?.Start ?? 0,
        _end = step?.End ?? long.MaxValue;
    private Seen? _last;
    private long _executed,
        _taken;
    private uint _watched,
        _register;
    private long? _writer,
        _loader,
        _raised;

    /// <summary>The instructions that are kept, in order.</summary>
    public IReadOnlyCollection<Seen> Instructions => _instructions;

    /// <summary>The number of instructions of the step or the event.</summary>
    public long Length { get; private set; }

    /// <summary>The number of the first instruction that is kept.</summary>
    public long First => Length - _instructions.Count;

    /// <summary>The number of instructions of the event before the path.</summary>
    public long Before => _start;

    /// <summary>The first exception that the kernel's code raised; null if it raised none.</summary>
    public KernelException? Exception { get; private set; }

    /// <summary>
    /// The number of the instruction that <see cref="Reason"/> is about; null if there is none. Numbers count from 0
    /// on.
    /// </summary>
    public long? Cause => _raised ?? _writer ?? _loader;

    /// <summary>The numbers of the instructions that changed another dword of the same row.</summary>
    public IReadOnlySet<long> Near => _near;

    // After an exception the kernel writes to places that the step does not know, so the exception is the reason.
    public Reason Reason =>
        Exception is not null ? Reason.Raised
        : Cause is not null ? Reason.Writes
        : difference.Address is null && difference.Register is null && difference.IfUnwritten == Reason.NothingWritten
            ? Reason.NoPlace
        : difference.IfUnwritten;

    /// <summary>Called before each instruction.</summary>
    public void Record(Pc pc)
    {
        var number = _executed++;
        if (number < _start || number > _end)
            return;
        Compare(isFirst: number == _start);
        Complete(pc);
        if (number == _end)
            return;
        if (_instructions.Count == most)
            _instructions.Dequeue();
        _instructions.Enqueue(_last = new(pc, _code.Next(pc)));
        Length++;
    }

    /// <summary>Called after the event.</summary>
    public void End()
    {
        if (_executed > _end || Length == 0)
            return;
        Compare(isFirst: false);

        // A machine that stopped has not finished its last instruction.
        if (difference.IfUnwritten != Reason.Stopped)
            Complete(machine.Pc);
    }

    // The values after the last instruction. Between it and the next one, the processor may have entered a handler,
    // which has changed the stack.
    private void Complete(Pc pc)
    {
        var isInterrupt = pc.InterruptsTaken != _taken;
        _taken = pc.InterruptsTaken;
        if (_last is not { } last)
            return;
        _last = null;
        if (!isInterrupt && !pc.Cpu.Entered)
            last.End(pc);
        else if (!isInterrupt && last.IsKernel && pc.Cpu.Cpl == 0 && Exception is null)
            (Exception, _raised) = (KernelException.Entered(pc), Length - 1);
    }

    // Finds what the last instruction changed.
    private void Compare(bool isFirst)
    {
        var last = Length - 1;
        if (difference.Address is { } address)
        {
            for (var i = 0; i < _row.Length; i++)
                if (machine.Load((address & ~(RowSize - 1)) + (uint)i * 4).Value is var value && value != _row[i])
                {
                    _row[i] = value;
                    if (!isFirst)
                        _near.Add(last);
                }

            if (machine.Load(address).Value is var now && now != _watched)
            {
                _watched = now;
                if (!isFirst)
                    _writer = last;
            }
        }

        if (difference.Register is { } register && register.Read(machine.Pc.Cpu) is var content)
        {
            if (!isFirst && register.IsCause(_register, content))
                _loader = last;
            _register = content;
        }
    }
}
