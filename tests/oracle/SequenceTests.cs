using Verified.Proofs.Oracle;
using Verified.Tests.Host;
using Xunit;

namespace Verified.Tests.Oracle;

/// <summary>Sequences of instructions: on the host, compiled, and their undefined results.</summary>
public class SequenceTests
{
    [FactWith(Tool.HostProcessor)]
    public void Sequences_do_what_they_do_on_the_host()
    {
        var result = OracleRun.Run(
            Tools.NativeProgram,
            new OracleOptions(Seed: 20260102, Count: 40_000, Sequences: true)
        );
        Assert.True(
            result.Holds,
            string.Join(
                '\n',
                result.Failures.Select(failure => $"{Convert.ToHexString(failure.Case.Bytes)}: {failure.Difference}")
            )
        );
        Assert.True(result.Cases > 30_000, $"{result.Cases} sequences compared");
        Assert.InRange(result.Faulted, result.Cases / 50, result.Cases / 2);
    }

    [Fact]
    public void Compiled_they_do_what_they_do_interpreted()
    {
        var result = CompiledReading.Run(seed: 20260102, count: 500);
        Assert.True(
            result.Holds,
            $"{Convert.ToHexString(result.Failure?.Case.Bytes ?? [])}: {result.Failure?.Difference}"
        );
        Assert.True(result.Cases > 450, $"{result.Cases} sequences compared");
    }

    [Fact]
    public void Sequences_have_branches_loops_faults_and_segment_loads()
    {
        var cases = Enumerable.Range(0, 2_000).Select(number => Sequences.Make(1, number)).OfType<Case>().ToList();
        var own = new OwnProcessor();
        var outcomes = cases.Select(own.Execute).ToList();
        Assert.Contains(outcomes, outcome => outcome.Steps > 16);
        Assert.Contains(outcomes, outcome => outcome.Vector is not null);
        Assert.Contains(outcomes, outcome => outcome.Segments[3] != Arena.FlatData);
        Assert.Contains(cases.Zip(outcomes), pair =>
            pair.First.Sequence!.Steps.Any(step => step.Target is not null)
            && pair.Second.Steps < pair.First.Sequence.Steps.Count
            && pair.Second.Vector is null
        );
    }

    [Fact]
    public void What_comes_from_an_undefined_flag_is_open()
    {
        // MUL leaves ZF undefined: SETE of it is open, SETC is not, and after TEST all is defined but AF.
        var mul = new SequenceStep([0xF7, 0xE1]);
        Assert.True(Execute(mul, new([0x0F, 0x94, 0xC0])).IsOpen);
        var carry = Execute(mul, new([0x0F, 0x92, 0xC0]));
        Assert.Equal((false, 0xD4u), (carry.IsOpen, carry.Undefined));
        Assert.Equal(0x10u, Execute(mul, new([0x85, 0xC0])).Undefined);
        // A shift by CL = 0 leaves the undefined flags unchanged.
        Assert.Equal(0xD4u, Execute(mul, new([0xD3, 0xE0])).Undefined);
    }

    [Fact]
    public void A_branch_lands_where_the_layout_puts_its_target()
    {
        // JMP over INC ECX to INC EDX
        var outcome = Execute(new([0xEB, 0], Target: 2), new([0x41]), new([0x42]));
        Assert.Equal((0u, 1u, 2), (outcome.Registers[1], outcome.Registers[2], outcome.Steps));
    }

    [FactWith(Tool.HostProcessor)]
    public void A_failing_sequence_is_shrunk_to_the_instruction_that_fails()
    {
        using var host = new HostProcessor(Tools.NativeProgram);
        var own = new OwnProcessor();
        // RDTSC must differ.
        var c = Case(new([0x41]), new([0x0F, 0x31]), new([0x43]));
        var failure = SimplerCases.Compare(c, own, host, 0);
        Assert.NotNull(failure);
        Assert.Equal([0x0F, 0x31], SimplerCases.Smallest(failure, own, host).Case.Bytes);
    }

    private static Outcome Execute(params SequenceStep[] steps) => new OwnProcessor().Execute(Case(steps));

    private static Case Case(params SequenceStep[] steps) =>
        new Sequence(steps).In(
            new()
            {
                Instruction = default,
                Bytes = [],
                Registers = [0, 0, 0, 0, 0x9800, 0, 0x8800, 0x9100],
                Segments =
                [
                    Arena.FlatData,
                    Arena.FlatCode,
                    Arena.FlatData,
                    Arena.FlatData,
                    Arena.FlatData,
                    Arena.FlatData,
                ],
                Eip = Arena.Code + 0x400,
                Eflags = 0x202,
                Pokes = [],
            }
        )!;
}
