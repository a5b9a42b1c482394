using Iced.Intel;
using Verified.Machine.Computer;
using Verified.Machine.Processor;
using Verified.Machine.Timing;
using Verified.Tests.Machine;
using Xunit;
using static Iced.Intel.AssemblerRegisters;
using static Verified.Tests.Timing.Pipelines;
using Register = Iced.Intel.Register;

namespace Verified.Tests.Timing;

/// <summary>The pipeline against the rules and examples of the Pentium's data book, and the known totals.</summary>
public class PipelineTests
{
    [Fact]
    public void An_address_written_in_the_cycle_before_costs_one()
    {
        var timed = Straight(c =>
        {
            c.mov(eax, 1);
            c.mov(ecx, __[eax]);
        });
        Assert.Equal((1, 2), (timed[1].Stall, timed[1].Cycles));
        Assert.Equal(
            0,
            Straight(c =>
                {
                    c.mov(eax, 1);
                    c.mov(edx, 1);
                    c.inc(edi);
                    c.inc(esi);
                    c.mov(ecx, __[eax]);
                })
                .Sum(t => t.Stall)
        );
        Assert.Equal(
            1,
            Straight(c =>
            {
                c.add(esp, 4);
                c.pop(eax);
            })[1].Stall
        );
        Assert.Equal(
            0,
            Straight(c =>
                {
                    c.push(eax);
                    c.mov(ecx, __[esp + 8]);
                })
                .Sum(t => t.Stall)
        );

        // The second instruction of a pair waits by itself, and the pair waits with it.
        Assert.Equal(
            3,
            Cycles(c =>
            {
                c.mov(eax, 1);
                c.nop();
                c.inc(edx);
                c.mov(ecx, __[eax]);
            })
        );
    }

    [Fact]
    public void Memory_operands_take_two_and_three_and_pair_imperfectly()
    {
        Assert.Equal(1, Cycles(c => c.mov(eax, __[esi])));
        Assert.Equal(2, Cycles(c => c.add(eax, __[esi])));
        Assert.Equal(3, Cycles(c => c.add(__[esi], eax)));
        Assert.Equal(
            2,
            Cycles(c =>
            {
                c.add(eax, __[esi]);
                c.add(ecx, __[edi]);
            })
        );
        Assert.Equal(
            3,
            Cycles(c =>
            {
                c.add(eax, __[esi]);
                c.add(__[edi], ecx);
            })
        );
        Assert.Equal(
            4,
            Cycles(c =>
            {
                c.add(__[esi], eax);
                c.add(ecx, __[edi]);
            })
        );
        Assert.Equal(
            5,
            Cycles(c =>
            {
                c.add(__[esi], eax);
                c.add(__[edi], ecx);
            })
        );
    }

    [Fact]
    public void Unknown_branches_cost_three_and_four()
    {
        int Cold(Action<Assembler> code) =>
            Pipeline
                .Time(Straight(code).Select(timed => timed.Step with { Taken = true }), Prediction.Cold)
                .Sum(timed => timed.Cycles);
        Assert.Equal(1 + 3, Cold(c => c.je(TestPc.Code + 0x20)));
        Assert.Equal(
            1 + 4,
            Cold(c =>
            {
                c.test(eax, eax);
                c.je(TestPc.Code + 0x20);
            })
        );
        Assert.Equal(
            1 + 3,
            Cold(c =>
            {
                c.inc(eax);
                c.jmp(TestPc.Code + 0x20);
            })
        );
    }

    [Fact]
    public void Entering_and_leaving_the_kernel_takes_what_is_known()
    {
        // 82 was measured on a P5. The gates alone take 75, with saving and restoring of all registers 85.
        var gate = new Step(Instruction.Create(Code.Int_imm8, 0x30), Taken: true, Ring: 3, NextRing: 0);
        Assert.Equal(
            75,
            Pipeline
                .Time([gate, new(Instruction.Create(Code.Iretd), Taken: true, Ring: 0, NextRing: 3)])
                .Sum(t => t.Cycles)
        );
        Assert.Equal(
            37,
            Cycles(c =>
            {
                c.pushad();
                c.popad();
                c.iretd();
            })
        );
    }

    [Fact]
    public void What_has_no_figure_is_refused() =>
        Assert.Contains(
            "no cycles are known for Addps",
            Assert.Throws<MachineException>(() => Straight(c => c.addps(xmm0, xmm1))).Message
        );

    [Fact]
    public void A_counter_beside_a_run_counts_the_path_that_was_taken()
    {
        var pc = TestPc.With(c =>
        {
            var again = c.CreateLabel();
            c.mov(ecx, 3);
            c.Label(ref again);
            c.dec(ecx);
            c.jne(again);
            c.mov(edi, TestPc.Data);
            c.mov(ecx, 100);
            c.rep.stosd();
            c.mov(edx, 0x100);
            c.bsf(eax, edx);
            c.hlt();
        });
        List<Timed> path = [];
        using (new CycleCounter(pc, Prediction.Hot, path.Add))
            pc.RunToHalt();

        // The string instruction is executed in pieces, which the processor would not do.
        var rep = path.Where(timed => timed.Step.Instruction.Mnemonic == Mnemonic.Stosd).ToList();
        Assert.Equal(100u, (uint)rep.Sum(timed => timed.Step.Count));
        Assert.Equal(8u, path.Single(timed => timed.Step.Instruction.Mnemonic == Mnemonic.Bsf).Step.Count);
        Assert.Equal(
            [true, true, false],
            path.Where(timed => timed.Step.Instruction.Mnemonic == Mnemonic.Jne).Select(t => t.Step.Taken)
        );
        Assert.Equal(
            4,
            path.TakeWhile(timed => timed.Step.Instruction.Op0Register != Register.EDI).Sum(timed => timed.Cycles)
        );
        Assert.Null(pc.Trace);
        Assert.Equal(StopReason.Halted, pc.Run(10));
    }
}
