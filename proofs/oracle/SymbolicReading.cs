using System.Buffers.Binary;
using Verified.Machine.Processor;
using Verified.Proofs.Values;

namespace Verified.Proofs.Oracle;

/// <param name="Cases">Compared.</param>
/// <param name="Left">
/// Cases that the symbolic reading cannot do, because a selector or code address must be a constant.
/// </param>
/// <param name="Failure">The first case on which the readings differ.</param>
/// <param name="Seconds">Wall clock.</param>
public sealed record SymbolicResult(
    long Cases,
    long Left,
    (Case Case, FieldDifference Difference)? Failure,
    double Seconds
)
{
    public bool Holds => Failure is null;
}

/// <summary>
/// Compares the symbolic reading of the processor with the concrete one. Registers, flags and memory start as
/// variables, and the case's values decide each condition. The resulting terms must have the values that the concrete
/// reading computes.
/// </summary>
public static class SymbolicReading
{
    public static SymbolicResult Run(int seed, long count)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var own = new OwnProcessor();
        var (cases, left) = (0L, 0L);
        for (var number = 0L; number < count; number++)
        {
            if (CaseGenerator.Make(Forms.Compared[(int)(number % Forms.Compared.Count)], seed, number) is not { } c)
                continue;
            var concrete = own.Execute(c);
            if (OracleRun.Strays(c, concrete))
                continue;
            if (Execute(c, own) is not { } symbolic || UndefinedResults.Destination(c, zero: false))
            {
                left++;
                continue;
            }

            cases++;
            // An undefined result is a variable in the symbolic reading, and has the usual value in the concrete one.
            var undefined = symbolic.Vector is null ? UndefinedResults.Flags(c) : 0;
            symbolic = symbolic with { Eflags = symbolic.Eflags & ~undefined | concrete.Eflags & undefined };
            if (OutcomeComparison.Exactly(symbolic, concrete) is { } difference)
                return new(cases, left, (c, difference), clock.Elapsed.TotalSeconds);
        }

        return new(cases, left, null, clock.Elapsed.TotalSeconds);
    }

    /// <summary>The outcome by the symbolic reading; null if the reading must know the value of a variable.</summary>
    public static Outcome? Execute(Case c, OwnProcessor own)
    {
        using var terms = new Terms();
        Terms.Current = terms;
        var evaluation = new Evaluation(variable => Value(c, variable.Name!));
        terms.Decider = new ByValue(evaluation);
        var bus = new ArenaBus(terms, evaluation.Of, own.System);
        var cpu = new Ia32<Symbolic, ArenaBus>(bus);
        own.CopySystemTo(cpu);
        for (var i = 0; i < 8; i++)
            cpu.R[i] = terms.Variable($"r{i}");
        for (var i = 0; i < 6; i++)
            cpu.S[i] = OwnProcessor.Load<Symbolic>(c.Segments[i]);
        cpu.Eip = c.Eip;
        cpu.Eflags = (Symbolic)terms.Variable("flags") & Flag.Status | c.Eflags & ~Flag.Status;
        cpu.UpdateAlignment();
        Fault? fault = null;
        try
        {
            Decode.TryDecode(c.Bytes, 0, c.Bytes.Length, c.CodeSegment.Big, out var operation);
            for (var bursts = 0; bursts < OwnProcessor.MostBursts; bursts++)
            {
                cpu.Step(operation);
                if (!c.Instruction.IsStringInstruction || evaluation.Of(cpu.Eip) != c.Eip)
                    break;
            }
        }
        catch (Fault raised)
        {
            fault = raised;
        }
        catch (UnknownValueException)
        {
            return null;
        }

        if (cpu.Cpl != 3)
            return null; // what it pushed for its handler is compared in the concrete reading
        return new Outcome
        {
            Vector = fault?.Vector,
            Error = fault?.ErrorCode ?? 0,
            Address = fault?.Address ?? 0,
            Registers = [.. Enumerable.Range(0, 8).Select(i => evaluation.Of(cpu.R[i]))],
            Eip = evaluation.Of(cpu.Eip),
            Eflags = evaluation.Of(cpu.Eflags),
            Segments = [.. Enumerable.Range(0, 6).Select(i => (ushort)evaluation.Of(cpu.S[i].Selector))],
            Changes =
            [
                .. c
                    .Pokes.Select(poke => poke.Address)
                    .Union(bus.Words.Keys)
                    .Order()
                    .Select(at =>
                        (
                            at,
                            evaluation.Of(
                                bus.Words.TryGetValue(at, out var word) ? word : terms.Variable(ArenaBus.Name(at))
                            )
                        )
                    )
                    .Where(change => change.Item2 != Background(change.at)),
            ],
        };
    }

    private static uint Value(Case c, string variable)
    {
        // Values without any known fact are 0 in the concrete reading.
        if (variable.StartsWith("any", StringComparison.Ordinal))
            return 0;
        if (variable == "flags")
            return c.Eflags;
        var number = Convert.ToUInt32(variable[1..], 16);
        if (variable[0] == 'r')
            return c.Registers[number];
        foreach (var (address, value) in c.Pokes)
            if (address == number)
                return value;
        return Background(number);
    }

    private static uint Background(uint address) =>
        BinaryPrimitives.ReadUInt32LittleEndian(Arena.Background.AsSpan((int)(address - Arena.Data)));

    /// <summary>Takes the side that the values decide, and records nothing.</summary>
    private sealed class ByValue(Evaluation evaluation) : IDecider
    {
        public bool Decide(Bool condition) => evaluation.Of(condition);

        public bool? Known(Bool condition) => null;
    }
}
