using Iced.Intel;
using Verified.Kernel;
using Verified.Machine;
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
    private const uint Code = 0x10000, Data = 0x20000, Words = 1024, Counter = Data + 4 * Words, Stack = 0x80000;
    private const uint Turns = 10_250_000, Checksum = 0xD1BA9708;

    /// <summary>
    /// Executes 200 million instructions: loads, stores, arithmetic, shifts, calls, pushes and a branch by data, some 20 a turn. Millions of
    /// instructions per second of a core.
    /// </summary>
    /// <exception cref="MachineException">The data ends up other than on a processor.</exception>
    public static double LongRun()
    {
        var pc = new Pc(4 << 20);
        pc.Memory.Write(Code, Loop());
        pc.Poke(Counter, Turns);
        (pc.Cpu.Eip, pc.Cpu.R[Cpu.Esi], pc.Cpu.R[Cpu.Esp]) = (Code, Data, Stack);
        var clock = CoreClock.Start();
        pc.Run(long.MaxValue);
        var speed = pc.Instructions / clock.Seconds / 1e6;
        var sum = 0u;
        for (var i = 0u; i < Words; i++) sum += pc.Peek(Data + 4 * i);
        return sum == Checksum ? speed : throw new MachineException($"the loop's data add up to {sum:X8}h, on a processor to {Checksum:X8}h");
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
        machine.Pc.HotAfter = 1_000;
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

    private static byte[] Loop()
    {
        var c = new Assembler(32);
        var (turn, even, difference) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        c.xor(ecx, ecx);
        c.mov(edx, 0x12345678);
        c.Label(ref turn);
        c.mov(eax, __dword_ptr[esi + ecx * 4]);
        c.add(eax, edx);
        c.xor(eax, 0x5bd1e995);
        c.mov(ebx, eax);
        c.shr(ebx, 7);
        c.lea(edi, __[eax + ebx * 2]);
        c.mov(__dword_ptr[esi + ecx * 4], eax);
        c.inc(ecx);
        c.and(ecx, Words - 1);
        c.test(bl, 1);
        c.je(even);
        c.add(edx, 3);
        c.Label(ref even);
        c.adc(edx, edi);
        c.call(difference);
        c.push(eax);
        c.pop(ebp);
        c.sub(__dword_ptr[esi + 4 * Words], 1);
        c.jne(turn);
        c.hlt();
        c.Label(ref difference);
        c.sub(eax, ebx);
        c.ret();
        using var code = new MemoryStream();
        c.Assemble(new StreamCodeWriter(code), Code);
        return code.ToArray();
    }
}
