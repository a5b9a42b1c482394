using Verified.Kernel;
using Verified.Machine.Boot;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Machine.Timing;
using Verified.Proofs.Unix;

namespace Verified.Proofs.Bench;

/// <summary>The part of the Unix system that executes an instruction.</summary>
public enum Runner
{
    Program,
    Library,
    Kernel,
    Server,
}

/// <summary>The measuring program's output on one kind of Unix.</summary>
/// <param name="Cycles">Cycles of each operation, by its name.</param>
/// <param name="Shares">The parts that took the cycles of each row, with the work since the row before.</param>
/// <param name="Parts">
/// Cycles between a program's jump into the library and its return, in order: library, kernel, server, kernel, library.
/// The median of all calls that took this way; empty if there is none.
/// </param>
public sealed record UnixRun(
    IReadOnlyDictionary<string, double> Cycles,
    IReadOnlyDictionary<string, CycleShares> Shares,
    IReadOnlyList<double> Parts
)
{
    /// <summary>A line that ends the preparations. It is no row.</summary>
    private const string Ready = "ready";

    private const long Slice = 1_000_000,
        Budget = 2_000_000_000;

    private static readonly Runner[] Call =
    [
        Runner.Program,
        Runner.Library,
        Runner.Kernel,
        Runner.Server,
        Runner.Kernel,
        Runner.Library,
        Runner.Program,
    ];

    /// <summary>Runs the program on the P5 model, with caches and translations.</summary>
    /// <param name="boot">The system, whose process 1 is the measuring program.</param>
    /// <param name="timings">The processor; by default the first Pentium.</param>
    /// <param name="oneShot">The cycles of the one-shot device at port E9h; without it there is no such device.</param>
    /// <param name="lines">The source of the microkernel's code, by address; null if it is not wanted.</param>
    /// <exception cref="MachineException">The program did not end, or ended with a failure.</exception>
    public static UnixRun Of(
        UnixBoot boot,
        Timings? timings = null,
        long? oneShot = null,
        IReadOnlyDictionary<uint, SourceLine>? lines = null
    )
    {
        // Programs of Debian for i386 need the instructions of a Pentium Pro; the timing is a Pentium's.
        var pc = new Pc();
        pc.Cpu.Model = ProcessorModel.PentiumII;
        Multiboot.Load(pc, boot.Kernel, "", [.. boot.Modules]);
        var reader = new Reader(lines);
        using var counter = new CycleCounter(
            pc,
            Prediction.Learned,
            timed: reader.Next,
            timings: timings ?? Timings.P5,
            buffers: new Buffers(timings ?? Timings.P5)
        );
        if (oneShot is { } delay)
        {
            var device = new OneShot(pc, delay);
            pc.ConsoleSent = _ => device.Set(counter.Cycles);
            counter.Timed += _ => device.Pass(counter.Cycles);
        }
        pc.TimeStamp = () => counter.Cycles + pc.Time - pc.Instructions;
        pc.Serial.Sent = reader.Print;
        var reason = StopReason.Budget;
        while (reason == StopReason.Budget && pc.Instructions < Budget)
            reason = pc.Run(Slice);
        if (reason != StopReason.Exited || pc.ExitStatus != 1)
            throw new MachineException(
                $"the measuring program ended with {reason}, status {pc.ExitStatus}: {reader.Last}"
            );
        return new(reader.Cycles, reader.Shares, reader.Parts());
    }

    /// <summary>The part that executes at an address of a ring: the server is linked below usual programs.</summary>
    internal static Runner At(int ring, uint address) =>
        ring == 0 ? Runner.Kernel
        : address < 0x2000 ? Runner.Library
        : address is >= 0x100000 and < 0x200000 ? Runner.Server
        : Runner.Program;

    /// <summary>Reads lines "name: cycles", and adds up the cycles of each runner in between.</summary>
    internal sealed class Reader(IReadOnlyDictionary<uint, SourceLine>? lines = null)
    {
        private readonly Dictionary<string, double> _cycles = [];
        private readonly Dictionary<string, CycleShares> _shares = [];
        private readonly List<(Runner Runner, long Cycles)> _way = [];
        private readonly List<long[]> _calls = [];
        private readonly System.Text.StringBuilder _line = new();
        private CycleShares _running = new();

        public IReadOnlyDictionary<string, double> Cycles => _cycles;

        public IReadOnlyDictionary<string, CycleShares> Shares => _shares;

        /// <summary>The last line.</summary>
        public string Last { get; private set; } = "";

        public void Next(Timed timed)
        {
            var (ring, address) = (timed.Step.Ring, timed.Step.Instruction.IP32);
            var file = ring == 0 ? lines?.GetValueOrDefault(address)?.File : null;
            Add(At(ring, address), timed.Cycles, timed.Waited, file);
        }

        /// <summary>Adds the cycles of an instruction.</summary>
        public void Add(Runner runner, int cycles, int waited = 0, string? file = null)
        {
            _running.Add(runner, cycles, waited, file);
            if (_cycles.Count > 0)
                return;
            if (_way.Count > 0 && _way[^1].Runner == runner)
            {
                _way[^1] = (runner, _way[^1].Cycles + cycles);
                return;
            }
            _way.Add((runner, cycles));
            if (runner != Runner.Program || _way.Count == 1)
                return;

            // From one program part to the next. Calls that were interrupted or waited went another way.
            if (_way.Select(part => part.Runner).SequenceEqual(Call))
                _calls.Add([.. _way[1..^1].Select(part => part.Cycles)]);
            _way.RemoveRange(0, _way.Count - 1);
        }

        public void Print(byte sent)
        {
            if (sent != '\n')
            {
                if (sent != '\r')
                    _line.Append((char)sent);
                return;
            }
            Last = _line.ToString();
            _line.Clear();
            var colon = Last.LastIndexOf(": ", StringComparison.Ordinal);
            if (colon < 0 || !long.TryParse(Last[(colon + 2)..], out var cycles))
                return;
            var row = Last[..colon];
            if (row != Ready)
                (_cycles[row], _shares[row]) = (cycles, _running);
            _running = new();
        }

        /// <summary>The median of each part of a call.</summary>
        public IReadOnlyList<double> Parts() =>
            _calls.Count == 0
                ? []
                : [.. Enumerable.Range(0, Call.Length - 2).Select(part => Median(_calls.Select(call => call[part])))];

        private static double Median(IEnumerable<long> values)
        {
            var all = values.Order().ToList();
            return all[all.Count / 2];
        }
    }
}
