using Iced.Intel;
using Verified.Kernel;
using Verified.Machine.Timing;
using Verified.Proofs.Paths;

namespace Verified.Proofs.Prove;

/// <summary>
/// Times a path of the kernel's code by the Pentium's model (<see cref="Timings.P5"/>), for all states. A bit scan
/// takes the time of a scan over all bits. An operation on the sets of threads is one address in a path. It takes the
/// time of the longest way through its code, and an interlock before and after it.
/// </summary>
/// <remarks>
/// Misses are counted once for each line and page of code. Each data read misses in its cache and TLB; a write misses
/// only in the TLB. So data that the path itself has loaded counts as missing again.
/// </remarks>
public sealed class PathTimer(BootedImage image)
{
    private const uint MostScanned = 31,
        Page = 4096;

    private static readonly Timings P5 = Timings.P5;

    private readonly DecodedText _text = new(image);
    private readonly Dictionary<SetOperation, WorstCase> _operations = [];
    private readonly InstructionInfoFactory _factory = new();

    /// <summary>The time of one path.</summary>
    /// <param name="trail">
    /// Addresses of the instructions, in order; for an operation on sets, the address of its first instruction.
    /// </param>
    /// <param name="end">The address where the kernel continues; null if that is user mode.</param>
    /// <param name="way">The way in, if it is part of the path.</param>
    /// <param name="byContract">True if each operation on sets is one address.</param>
    public WorstCase Time(IReadOnlyList<uint> trail, uint? end, Way? way, bool byContract)
    {
        var pipeline = new Pipeline();
        var (instructions, misses) = (0, 0L);
        HashSet<uint> lines = [],
            pages = [];
        if (way is not null && way.Kind is not (WayKind.Own or WayKind.Slow or WayKind.Exit))
        {
            pipeline.Wait(way.FromUser ? P5.Interrupt : P5.InterruptWithinRing);
            misses += ImpliedAccesses.OfGate(way.FromUser ? 3 : 0, 0).Sum(Misses);
        }

        for (var k = 0; k < trail.Count; k++)
        {
            if (
                byContract && image.Operations.FirstOrDefault(operation => operation.Start == trail[k]) is { } operation
            )
            {
                var worst = Of(operation);
                pipeline.Wait((int)worst.Cycles + 2 * P5.AddressInterlock);
                instructions += worst.Instructions;
                misses += worst.Missing - worst.Cycles;
                continue;
            }

            var instruction = _text.At(trail[k]);
            var next = k + 1 < trail.Count ? trail[k + 1] : end;
            var leaves = next is null;
            pipeline.Next(
                new(
                    instruction,
                    Taken: next != instruction.NextIP32 && instruction.FlowControl != FlowControl.Next,
                    NextRing: leaves ? 3 : 0,
                    Count: instruction.Mnemonic is Mnemonic.Bsf or Mnemonic.Bsr ? MostScanned : 0u
                )
            );
            instructions++;
            misses += Misses(instruction, leaves ? 3 : 0);
            foreach (var at in (uint[])[instruction.IP32, instruction.NextIP32 - 1])
            {
                if (lines.Add(at / (uint)P5.Memory.Code.Line))
                    misses += P5.Memory.LineFill;
                if (pages.Add(at / Page))
                    misses += P5.Memory.TableWalk;
            }
        }

        return new(instructions, pipeline.Cycles, pipeline.Cycles + misses);
    }

    /// <summary>The longest way through an operation's code, which has no loop.</summary>
    private WorstCase Of(SetOperation operation)
    {
        if (_operations.TryGetValue(operation, out var known))
            return known;
        var worst = default(WorstCase);
        List<uint> trail = [];
        Go(operation.Start);
        return _operations[operation] = worst;

        void Go(uint at)
        {
            if (at == operation.None || at < operation.Start || at >= operation.End)
            {
                worst = worst.Or(Time(trail, at, null, byContract: false));
                return;
            }

            if (trail.Contains(at))
                throw new ProverException($"operation {operation.Name} loops at {at:X8}h");
            var instruction = _text.At(at);
            trail.Add(at);
            if (instruction.FlowControl is FlowControl.Next or FlowControl.ConditionalBranch)
                Go(instruction.NextIP32);
            if (instruction.FlowControl is FlowControl.UnconditionalBranch or FlowControl.ConditionalBranch)
                Go((uint)instruction.NearBranchTarget);
            trail.RemoveAt(trail.Count - 1);
        }
    }

    private int Misses(in Instruction instruction, int nextRing)
    {
        var misses = ImpliedAccesses.Of(instruction, 0, nextRing).Sum(Misses);
        if (!ImpliedAccesses.IsGate(instruction))
            foreach (var used in _factory.GetInfo(instruction).GetUsedMemory())
                if (used.Access is not (OpAccess.None or OpAccess.NoMemAccess))
                    misses += Misses(
                        used.MemorySize.GetSize(),
                        writes: used.Access is OpAccess.Write or OpAccess.CondWrite
                    );
        return misses
            + instruction.FlowControl switch
            {
                FlowControl.Next => 0,
                FlowControl.ConditionalBranch => Math.Max(P5.Mispredicted, P5.MispredictedSecond),
                _ => P5.Mispredicted,
            };
    }

    private static int Misses(ImpliedAccess access) =>
        access switch
        {
            ImpliedAccess.PushedFrame => Misses(ImpliedAccesses.FrameSize, writes: true),
            ImpliedAccess.PoppedFrame => Misses(ImpliedAccesses.FrameSize, writes: false),
            _ => Misses(ImpliedAccesses.DescriptorSize, writes: false),
        };

    // The kernel's dwords and descriptors are aligned. A larger item may touch one line more than it fills, and is
    // within one page.
    private static int Misses(int size, bool writes)
    {
        var lines = size <= ImpliedAccesses.DescriptorSize ? 1 : (size - 1) / P5.Memory.Code.Line + 2;
        return P5.Memory.TableWalk + (writes ? 0 : lines * P5.Memory.LineFill);
    }
}
