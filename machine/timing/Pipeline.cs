using Iced.Intel;

namespace Verified.Machine.Timing;

/// <summary>
/// The Pentium's two integer pipes: which instructions share a cycle, which wait for an address, and what branches cost.
/// </summary>
/// <remarks>
/// Left out: cache and TLB misses (so nothing is charged for the TLB that a load of CR3 empties, <see cref="P5.TlbMiss"/> for each
/// page touched after it), bank conflicts between paired memory accesses, misaligned operands and code fetch, the rule that code
/// pairs only from its second execution on, and every branch prediction between "knows all" and "knows none".
/// </remarks>
public sealed class Pipeline(Prediction prediction = Prediction.Hot)
{
    // The last instruction, if it is alone in the U pipe and may get a partner.
    private (Cost Cost, Effects Effects, bool Stalled)? _first;

    // Registers written by the last pair, and by the one before it.
    private int _written, _before;

    /// <summary>Cycles of everything so far.</summary>
    public long Cycles { get; private set; }

    /// <summary>Times a path of instructions.</summary>
    public static IReadOnlyList<Timed> Time(IEnumerable<Step> path, Prediction prediction = Prediction.Hot)
    {
        var pipeline = new Pipeline(prediction);
        return [.. path.Select(step => pipeline.Next(step))];
    }

    /// <summary>
    /// Times code as it stands: no conditional branch taken, IRET to an outer ring, bit scans of a register's whole length.
    /// </summary>
    /// <param name="code">The bytes of whole instructions.</param>
    /// <param name="address">Linear address of the first.</param>
    public static IReadOnlyList<Timed> Straight(byte[] code, uint address)
    {
        var decoder = Decoder.Create(32, code, address);
        var path = new List<Step>();
        while (decoder.IP < address + (ulong)code.Length)
        {
            var i = decoder.Decode();
            path.Add(new(i, Taken: i.FlowControl == FlowControl.UnconditionalBranch,
                NextRing: i.Mnemonic is Mnemonic.Iret or Mnemonic.Iretd ? 3 : 0,
                Count: i.Mnemonic is Mnemonic.Bsf or Mnemonic.Bsr ? 31u : 0));
        }

        return Time(path);
    }

    /// <summary>The next instruction executed.</summary>
    /// <exception cref="MachineException">No figure is known for it.</exception>
    public Timed Next(in Step step)
    {
        var cost = P5.Of(step);
        var effects = Effects.Of(step.Instruction);
        return _first is { } first && Pairs(first.Cost, first.Effects, cost, effects)
            ? Second(step, first.Cost, first.Stalled, cost, effects)
            : First(step, cost, effects);
    }

    /// <summary>Time that no instruction takes: an interrupt. Nothing pairs across it.</summary>
    public void Wait(int cycles)
    {
        Cycles += cycles;
        _first = null;
        _before = _written = 0;
    }

    private Timed First(in Step step, Cost cost, Effects effects)
    {
        var stall = (effects.Address & _written) != 0 ? P5.AddressInterlock : 0;
        (_before, _written) = (stall > 0 ? 0 : _written, effects.Written);
        _first = cost.Pairing is Pairing.U or Pairing.Either ? (cost, effects, stall > 0) : null;
        var lost = Mispredicted(step) ? P5.Mispredicted : 0;
        var timed = new Timed(step, Cycles + stall, stall + cost.Cycles + lost, cost.Pairing, false, stall, lost);
        Cycles += timed.Cycles;
        return timed;
    }

    private Timed Second(in Step step, Cost first, bool stalled, Cost cost, Effects effects)
    {
        // Where the first has waited, the second's address is ready too.
        var stall = !stalled && (effects.Address & _before) != 0 ? P5.AddressInterlock : 0;
        _written |= effects.Written;
        _first = null;
        var conditional = step.Instruction.FlowControl == FlowControl.ConditionalBranch;
        var lost = !Mispredicted(step) ? 0 : conditional ? P5.MispredictedSecond : P5.Mispredicted;
        var added = P5.Pair(first.Cycles, stall + cost.Cycles) - first.Cycles + lost;
        var timed = new Timed(step, Cycles - first.Cycles + stall, added, cost.Pairing, true, stall, lost);
        Cycles += added;
        return timed;
    }

    private static bool Pairs(Cost first, Effects firstEffects, Cost second, Effects secondEffects) =>
        first.Pairing is Pairing.U or Pairing.Either && second.Pairing is Pairing.V or Pairing.Either
        && (firstEffects.Written & (secondEffects.Read | secondEffects.Address | secondEffects.Written)) == 0;

    // Gates and far transfers are never predicted; their cycles are in the table.
    private bool Mispredicted(in Step step) => prediction == Prediction.Cold && step.Taken && step.Ring == step.NextRing
        && step.Instruction.FlowControl is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch
            or FlowControl.IndirectBranch or FlowControl.Call or FlowControl.IndirectCall or FlowControl.Return;
}
