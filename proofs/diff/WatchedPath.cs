using Verified.Kernel;
using Verified.Machine.Computer;

namespace Verified.Proofs.Diff;

/// <summary>
/// The instructions of a step, or of a whole event, and which of them changed the place of a difference.
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
    private readonly Queue<uint> _addresses = [];
    private readonly HashSet<long> _near = [];
    private readonly long _start = step?.Start ?? 0,
        _end = step?.End ?? long.MaxValue;
    private long _executed;
    private uint _watched,
        _register;
    private long? _writer,
        _loader;

    /// <summary>The instructions that are kept, in order.</summary>
    public IReadOnlyCollection<uint> Addresses => _addresses;

    /// <summary>The number of instructions of the step or the event.</summary>
    public long Length { get; private set; }

    /// <summary>The number of the first instruction that is kept.</summary>
    public long First => Length - _addresses.Count;

    /// <summary>
    /// The number of the instruction that made the difference; null if none did. Numbers count from 0 on.
    /// </summary>
    public long? Cause => _writer ?? _loader;

    /// <summary>The numbers of the instructions that changed another dword of the same row.</summary>
    public IReadOnlySet<long> Near => _near;

    public Reason Reason =>
        Cause is not null ? Reason.Writes
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
        if (number == _end)
            return;
        if (_addresses.Count == most)
            _addresses.Dequeue();
        _addresses.Enqueue(pc.Cpu.Eip.Value);
        Length++;
    }

    /// <summary>Called after the event.</summary>
    public void End()
    {
        if (_executed <= _end && Length > 0)
            Compare(isFirst: false);
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
