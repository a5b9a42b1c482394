using Iced.Intel;
using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;
using Cpu = Verified.Machine.Processor.Register;

namespace Verified.Proofs.Bench;

/// <summary>How fast the machine emulates.</summary>
public static class MachineSpeed
{
    private const uint Code = 0x10000, Table = 0x20000, Stack = 0x80000;

    /// <summary>Executes a loop of loads, stores, arithmetic, calls and branches; millions of instructions per second of a core.</summary>
    /// <param name="instructions">About how many to execute.</param>
    public static double LongRun(long instructions = 50_000_000)
    {
        var pc = new Pc(4 << 20);
        pc.Memory.Write(Code, Loop());
        pc.Cpu.Eip = Code;
        pc.Cpu.R[Cpu.Esp] = Stack;
        pc.Run(instructions / 10);
        var (clock, before) = (CoreClock.Start(), pc.Instructions);
        pc.Run(instructions);
        return (pc.Instructions - before) / clock.Seconds / 1e6;
    }

    /// <summary>
    /// Kernel entries from a snapshot, registers and touched memory restored after each; runs per second of a core, and instructions of a run.
    /// </summary>
    /// <param name="image">The kernel entered, by a short ipc.</param>
    /// <param name="runs">How many.</param>
    public static (double PerSecond, double Instructions) ShortRuns(KernelImage image, int runs = 200_000)
    {
        var machine = new ImageMachine(image);
        var state = KernelPaths.ShortIpc(image.Limits);
        machine.Place(state);
        var entry = new Event(Entry.Ipc, Registers.Of(state, state.Current.Value));
        long Repeat(int count)
        {
            var executed = 0L;
            for (var i = 0; i < count; i++)
            {
                var before = machine.Pc.Instructions;
                if (machine.Deliver(entry) is { } failure) throw new ImageException($"short ipc: {failure}");
                executed += machine.Pc.Instructions - before;
                machine.Return();
            }

            return executed;
        }

        Repeat(runs / 10);
        var clock = CoreClock.Start();
        var instructions = Repeat(runs);
        return (runs / clock.Seconds, (double)instructions / runs);
    }

    // Shuffles a table of 1,024 words for ever: some 20 instructions a turn, a seventh of them branches.
    private static byte[] Loop()
    {
        var c = new Assembler(32);
        var (turn, mix, even) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        c.xor(eax, eax);
        c.mov(ecx, 1);
        c.Label(ref turn);
        c.mov(edx, ecx);
        c.and(edx, 1023);
        c.mov(ebx, __dword_ptr[edx * 4 + Table]);
        c.add(ebx, ecx);
        c.call(mix);
        c.mov(__dword_ptr[edx * 4 + Table], ebx);
        c.test(ebx, 1);
        c.je(even);
        c.add(eax, ebx);
        c.Label(ref even);
        c.inc(ecx);
        c.jmp(turn);
        c.Label(ref mix);
        c.push(edx);
        c.mov(edx, ebx);
        c.shr(edx, 7);
        c.xor(ebx, edx);
        c.lea(ebx, __[ebx + ebx * 2 + 5]);
        c.adc(eax, 0);
        c.pop(edx);
        c.ret();
        using var code = new MemoryStream();
        c.Assemble(new StreamCodeWriter(code), Code);
        return code.ToArray();
    }
}
