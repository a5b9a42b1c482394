using Iced.Intel;
using Verified.Machine.Computer;

namespace Verified.Proofs.Diff;

/// <summary>An executed instruction.</summary>
/// <param name="Address">Linear address.</param>
/// <param name="Place">Symbol and distance.</param>
/// <param name="Text">Its disassembly.</param>
/// <param name="Deviates">Whether it was the last to write the dword that differs, or the last of all where there is none.</param>
public sealed record Executed(uint Address, string Place, string Text, bool Deviates);

/// <summary>What the image executed, and where it went wrong.</summary>
public static class Explanation
{
    /// <summary>Of a longer path only the last instructions are told: of an endless loop, or a long operation.</summary>
    public const int Most = 500;

    private const int LongestInstruction = 15;

    /// <summary>The end of the path of a disagreement's last event, the kernel's own steps after it included, and the path's length in instructions.</summary>
    public static (IReadOnlyList<Executed> Last, long Length) Path(Duel duel, Disagreement disagreement)
    {
        var trace = disagreement.Trace;
        var machine = duel.Machine;
        if (trace.Events.Count == 0) return ([], 0);
        DiffRun.Replay(duel, trace with { Events = [.. trace.Events.Take(trace.Events.Count - 1)] });

        Queue<uint> path = [];
        var (watched, length, deviating) = (Watched(), 0L, -1L);
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

        if (deviating < 0) deviating = length - 1;
        var first = length - path.Count;
        return ([.. path.Select((address, i) => new Executed(address, machine.Image.Name(address), Disassemble(machine, address), first + i == deviating))], length);

        uint Watched() => disagreement.Difference.Address is { } address ? machine.Load(address).Value : 0;

        void Compare()
        {
            if (Watched() is var now && now == watched) return;
            (watched, deviating) = (now, length - 1);
        }

        void Record(Pc pc)
        {
            Compare();
            if (path.Count == Most) path.Dequeue();
            path.Enqueue(pc.Cpu.Eip.Value);
            length++;
        }
    }

    private static string Disassemble(ImageMachine machine, uint address)
    {
        var bytes = new byte[LongestInstruction];
        for (var i = 0u; i < bytes.Length; i++)
            bytes[i] = (byte)(machine.Load((address + i) & ~3u).Value >> (int)(8 * ((address + i) & 3)));
        var decoder = Decoder.Create(32, bytes, address);
        return decoder.Decode().ToString();
    }
}
