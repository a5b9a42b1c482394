using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Proofs.Execution;

/// <summary>
/// A processor that starts at one cut point and ends at another. Hypotheses and goals come from the same list of fields
/// (<see cref="ProcessorState{W, TBus}"/>) and from the cut points' contracts, so no field is left out.
/// </summary>
/// <param name="cpu">The processor.</param>
public sealed class ContractedProcessor<W, TBus>(Ia32<W, TBus> cpu)
    where W : struct, IWord<W>
    where TBus : IBus<W>
{
    private readonly Dictionary<string, W> _before = [];

    /// <summary>Gives each field the value that the contract says.</summary>
    /// <param name="start">The cut point.</param>
    /// <param name="eflags">EFLAGS where the contract leaves bits of it open.</param>
    /// <param name="open">The value of a field that the contract does not fix; null if it keeps its value.</param>
    public void Start(CutPoint start, Func<W> eflags, Func<string, Holding, W?> open)
    {
        var flags = ProcessorNames.Eflags.ToDictionary(flag => flag.Name, flag => flag.Mask);
        var (known, unknown) = (0u, 0u);
        foreach (var field in ProcessorState<W, TBus>.All)
        {
            if (field.Write is not { } write)
                continue;
            var holding = start[field.Name];
            if (flags.TryGetValue(field.Name, out var mask))
            {
                if (holding.Kind == HoldingKind.Is)
                    known |= holding.Value;
                else
                    unknown |= mask;
            }
            else if (holding.Kind == HoldingKind.Is)
                write(cpu, holding.Value);
            else if (open(field.Name, holding) is { } value)
                write(cpu, value);
        }

        cpu.Eflags = unknown == 0 ? known : eflags() & unknown | known;
    }

    /// <summary>Remembers the fields, for those that the run has to keep.</summary>
    public void Begun()
    {
        foreach (var field in ProcessorState<W, TBus>.All)
            if (field.Read is { } read)
                _before[field.Name] = read(cpu);
    }

    /// <summary>The conditions of the cut point at the end of the run.</summary>
    /// <param name="end">The cut point.</param>
    /// <param name="named">Decides a condition of kind <see cref="HoldingKind.Named"/> for a field's value.</param>
    public IReadOnlyList<(Truth Goal, string What)> Goals(CutPoint end, Func<string, Holding, W, Truth> named)
    {
        var goals = new List<(Truth, string)>();
        foreach (var field in ProcessorState<W, TBus>.All)
        {
            if (
                field.Read is not { } read
                || end[field.Name] is not { Kind: not (HoldingKind.Any or HoldingKind.Compared) } holding
            )
                continue;
            var value = read(cpu);
            var holds =
                holding.Kind == HoldingKind.Named
                    ? named(field.Name, holding, value)
                    : holding.Allows(value, _before[field.Name]);
            goals.Add((holds, $"at cut point {end.Name} {field.Name} is {holding}"));
        }

        return goals;
    }
}
