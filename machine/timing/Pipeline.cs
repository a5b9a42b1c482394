using Iced.Intel;
using Verified.Machine.Processor;

namespace Verified.Machine.Timing;

/// <summary>
/// The Pentium's two integer pipes: which instructions share a cycle, which wait for an address, and the cost of
/// branches. It also models the single pipe of the 486.
/// </summary>
/// <remarks> The model leaves out:
/// <list type="bullet">
/// <item>Bank conflicts between paired memory accesses.</item>
/// <item>Prefetch that runs ahead, and the decoder's alignment.</item>
/// <item>The rule that code pairs only from its second execution on.</item>
/// <item>Full write buffers, misses of the second-level cache, snooping, refresh and the bus.</item>
/// <item>Waits for caches and translations, unless the counter has <see cref="Buffers"/>.</item>
/// </list>
/// </remarks>
/// <param name="prediction">The branches that are predicted.</param>
/// <param name="timings">The processor; by default the first Pentium.</param>
/// <param name="buffers">The learned branches, if branches are learned.</param>
public sealed class Pipeline(Prediction prediction = Prediction.Hot, Timings? timings = null, Buffers? buffers = null)
{
    private readonly Timings _timings = timings ?? Timings.P5;

    // The last instruction, if it is alone in the U pipe and can get a partner.
    private (Cost Cost, Effects Effects, bool Stalled)? _first;

    // The registers written by the last pair, and by the pair before it.
    private int _written,
        _before;

    /// <summary>The total of cycles so far.</summary>
    public long Cycles { get; private set; }

    /// <summary>Times a path of instructions.</summary>
    public static IReadOnlyList<Timed> Time(
        IEnumerable<Step> path,
        Prediction prediction = Prediction.Hot,
        Timings? timings = null
    )
    {
        var pipeline = new Pipeline(prediction, timings);
        return [.. path.Select(step => pipeline.Next(step))];
    }

    /// <summary>
    /// Times code in its order: no conditional branch is taken, IRET goes to an outer ring, and a bit scan passes the
    /// whole register.
    /// </summary>
    /// <param name="code">The bytes of whole instructions.</param>
    /// <param name="address">The linear address of the first instruction.</param>
    /// <param name="timings">The processor; by default the first Pentium.</param>
    public static IReadOnlyList<Timed> Straight(byte[] code, uint address, Timings? timings = null)
    {
        var decoder = Decoder.Create(32, code, address);
        var path = new List<Step>();
        while (decoder.IP < address + (ulong)code.Length)
        {
            var i = decoder.Decode();
            path.Add(
                new(
                    i,
                    Taken: i.FlowControl == FlowControl.UnconditionalBranch,
                    NextRing: i.Mnemonic is Mnemonic.Iret or Mnemonic.Iretd ? 3 : 0,
                    Count: i.Mnemonic is Mnemonic.Bsf or Mnemonic.Bsr ? 31u : 0
                )
            );
        }

        return Time(path, timings: timings);
    }

    /// <summary>The next instruction executed.</summary>
    /// <param name="step">The executed instruction.</param>
    /// <param name="waited">Cycles for which the instruction waited for its code and data.</param>
    /// <exception cref="MachineException">The cycles of the instruction are not known.</exception>
    public Timed Next(in Step step, int waited = 0)
    {
        var cost = _timings.Of(step);
        var effects = Effects.Of(step.Instruction);
        var timed =
            _first is { } first && Pairs(first.Cost, first.Effects, cost, effects)
                ? Second(step, first.Cost, first.Stalled, cost, effects)
                : First(step, cost, effects);
        Cycles += waited;
        return timed with { Cycles = timed.Cycles + waited, Waited = waited };
    }

    /// <summary>Time that belongs to no instruction: an interrupt. Nothing pairs across it.</summary>
    public void Wait(int cycles)
    {
        Cycles += cycles;
        _first = null;
        _before = _written = 0;
    }

    private Timed First(in Step step, Cost cost, Effects effects)
    {
        var stall = (effects.Address & _written) != 0 ? _timings.AddressInterlock : 0;
        (_before, _written) = (stall > 0 ? 0 : _written, effects.Written);
        _first = cost.Pairing is Pairing.U or Pairing.Either ? (cost, effects, stall > 0) : null;
        var lost = Mispredicted(step) ? _timings.Mispredicted : 0;
        var timed = new Timed(step, Cycles + stall, stall + cost.Cycles + lost, cost.Pairing, false, stall, lost);
        Cycles += timed.Cycles;
        return timed;
    }

    private Timed Second(in Step step, Cost first, bool stalled, Cost cost, Effects effects)
    {
        // If the first instruction has waited, the address of the second one is ready, too.
        var stall = !stalled && (effects.Address & _before) != 0 ? _timings.AddressInterlock : 0;
        _written |= effects.Written;
        _first = null;
        var conditional = step.Instruction.FlowControl == FlowControl.ConditionalBranch;
        var lost =
            !Mispredicted(step) ? 0
            : conditional ? _timings.MispredictedSecond
            : _timings.Mispredicted;
        var added = _timings.Pair(first.Cycles, stall + cost.Cycles) - first.Cycles + lost;
        var timed = new Timed(step, Cycles - first.Cycles + stall, added, cost.Pairing, true, stall, lost);
        Cycles += added;
        return timed;
    }

    private static bool Pairs(Cost first, Effects firstEffects, Cost second, Effects secondEffects) =>
        first.Pairing is Pairing.U or Pairing.Either
        && second.Pairing is Pairing.V or Pairing.Either
        && (firstEffects.Written & (secondEffects.Read | secondEffects.Address | secondEffects.Written)) == 0;

    // Gates and far transfers are never predicted. Their cycles are in the table.
    private bool Mispredicted(in Step step)
    {
        if (
            prediction == Prediction.Hot
            || step.Ring != step.NextRing
            || step.Instruction.FlowControl
                is not (
                    FlowControl.ConditionalBranch
                    or FlowControl.UnconditionalBranch
                    or FlowControl.IndirectBranch
                    or FlowControl.Call
                    or FlowControl.IndirectCall
                    or FlowControl.Return
                )
        )
            return false;
        return buffers is null ? step.Taken : !buffers.Predicts(step.Instruction.IP32, step.Taken, step.Next);
    }
}
