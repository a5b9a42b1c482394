using Iced.Intel;
using Verified.Kernel;
using Verified.Machine.Computer;

namespace Verified.Proofs.Diff;

/// <summary>An executed instruction.</summary>
/// <param name="Address">Linear address.</param>
/// <param name="Place">Symbol and distance.</param>
/// <param name="Text">Its disassembly.</param>
/// <param name="Deviates">True for the instruction that <see cref="Explained.Reason"/> is about.</param>
/// <param name="Source">The line of the kernel's source that emits it; null if unknown.</param>
/// <param name="Jumps">True if a conditional jump was taken; null for any other instruction.</param>
/// <param name="IsNear">True if it changed another dword of the row that differs.</param>
/// <param name="IsOrigin">True if it computed the value that the deviating instruction wrote.</param>
public sealed record Executed(
    uint Address,
    string Place,
    string Text,
    bool Deviates,
    SourceLine? Source = null,
    bool? Jumps = null,
    bool IsNear = false,
    bool IsOrigin = false
);

/// <summary>The reason why image and spec differ after an event, as far as the path shows it.</summary>
public enum Reason
{
    /// <summary>The marked instruction was the last to change the dword that differs.</summary>
    Writes,

    /// <summary>No instruction changed the dword that differs. The marked instruction ends the path.</summary>
    NothingWritten,

    /// <summary>The difference is not in a single dword of the tables. The marked instruction ends the path.</summary>
    NoPlace,
}

/// <summary>The image's path after an event, and the instruction that went wrong.</summary>
/// <param name="Last">The end of the path, with the deviating instruction marked.</param>
/// <param name="Length">The length of the whole path in instructions.</param>
/// <param name="Reason">The meaning of the mark.</param>
public sealed record Explained(IReadOnlyList<Executed> Last, long Length, Reason Reason)
{
    /// <summary>The conditional jumps before the end, in order.</summary>
    public IEnumerable<Executed> Decisions => Last.Where(executed => executed.Jumps is not null);

    /// <summary>The instructions that computed the wrong value, in order.</summary>
    public IEnumerable<Executed> Origins => Last.Where(executed => executed.IsOrigin);

    /// <summary>The marked instruction; null if it is not among the last ones, or nothing was executed.</summary>
    public Executed? Deviating => Last.FirstOrDefault(executed => executed.Deviates);
}

/// <summary>Finds the instruction that causes a difference.</summary>
public static class Explanation
{
    /// <summary>
    /// The report of a longer path (an endless loop, or a long operation) has only its last instructions.
    /// </summary>
    public const int Most = 500;

    private const int LongestInstruction = 15;

    // The size of a thread's row. Smaller rows include their neighbours.
    private const uint RowSize = Layout.ThreadSize;

    /// <summary>The path of a disagreement's last event, the kernel's own steps after it included.</summary>
    public static Explained Path(Duel duel, Disagreement disagreement)
    {
        var trace = disagreement.Trace;
        var machine = duel.Machine;
        if (trace.Events.Count == 0)
            return new([], 0, Reason.NoPlace);
        DiffRun.Replay(duel, trace with { Events = [.. trace.Events.Take(trace.Events.Count - 1)] });

        Queue<uint> path = [];
        HashSet<long> near = [];
        var row = new uint[RowSize / 4];
        var (watched, length, deviating) = (Watched(), 0L, -1L);
        Compare();
        near.Clear();
        deviating = -1;
        machine.Pc.Trace = Record;
        try
        {
            duel.Step(trace.Events[^1]);
            Compare();
        }
        finally
        {
            machine.Pc.Trace = null;
        }

        var reason =
            deviating >= 0 ? Reason.Writes
            : disagreement.Difference.Address is null ? Reason.NoPlace
            : disagreement.Difference.IfUnwritten;
        if (deviating < 0)
            deviating = length - 1;
        var (first, lines) = (length - path.Count, machine.Image.SourceLines);
        uint[] addresses = [.. path];
        Instruction[] instructions = [.. addresses.Select(address => Decode(machine, address))];
        var origins =
            reason == Reason.Writes && deviating >= first ? Origins.Of(instructions, (int)(deviating - first)) : null;
        return new(
            [
                .. addresses.Select(
                    (address, i) =>
                    {
                        var instruction = instructions[i];
                        bool? jumps =
                            instruction.FlowControl == FlowControl.ConditionalBranch && i + 1 < addresses.Length
                                ? addresses[i + 1] != instruction.NextIP32
                                : null;
                        return new Executed(
                            address,
                            machine.Image.Name(address),
                            instruction.ToString(),
                            first + i == deviating,
                            lines.GetValueOrDefault(address),
                            jumps,
                            near.Contains(first + i) && first + i != deviating,
                            origins?.Contains(i) == true
                        );
                    }
                ),
            ],
            length,
            reason
        );

        uint Watched() => disagreement.Difference.Address is { } address ? machine.Load(address).Value : 0;

        void Compare()
        {
            for (var i = 0; i < row.Length && disagreement.Difference.Address is { } at; i++)
                if (machine.Load((at & ~(RowSize - 1)) + (uint)i * 4).Value is var value && value != row[i])
                {
                    row[i] = value;
                    near.Add(length - 1);
                }

            if (Watched() is var now && now == watched)
                return;
            (watched, deviating) = (now, length - 1);
        }

        void Record(Pc pc)
        {
            Compare();
            if (path.Count == Most)
                path.Dequeue();
            path.Enqueue(pc.Cpu.Eip.Value);
            length++;
        }
    }

    private static Instruction Decode(ImageMachine machine, uint address)
    {
        var bytes = new byte[LongestInstruction];
        for (var i = 0u; i < bytes.Length; i++)
            bytes[i] = (byte)(machine.Load((address + i) & ~3u).Value >> (int)(8 * ((address + i) & 3)));
        return Decoder.Create(32, bytes, address).Decode();
    }
}
