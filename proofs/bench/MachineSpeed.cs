using System.Runtime.InteropServices;
using Iced.Intel;
using Verified.Kernel;
using Verified.Machine.Computer;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Proofs.Diff;
using Verified.Proofs.Events;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;
using Cpu = Verified.Machine.Processor.Register;

namespace Verified.Proofs.Bench;

/// <summary>The speed of emulation.</summary>
public static class MachineSpeed
{
    internal const uint Data = 0x20000,
        Words = 1024,
        Counter = Data + 4 * Words,
        Stack = 0x80000,
        Turns = 10_250_000;
    private const uint Size = 4 << 20,
        Code = 0x10000,
        Checksum = 0xD1BA9708;

    private const uint ShortTurns = 5;

    // Turns of the loop, plus its start and the jump to its HLT.
    internal const long LoopInstructions = 199_907_522;
    private static readonly byte[] Loop = Assemble();
    private static readonly uint Halt = Code + (uint)Loop.Length - 1;

    /// <summary>
    /// Executes 200 million instructions: loads, stores, arithmetic, shifts, calls, pushes and a branch by data, about
    /// 20 in each turn. Returns millions of instructions per second of a core.
    /// </summary>
    /// <exception cref="MachineException">The final data differ from those of a processor.</exception>
    public static double LongRun()
    {
        var pc = WithLoop(Turns);
        var clock = CoreClock.Start();
        pc.Run(long.MaxValue);
        var speed = pc.Instructions / clock.Seconds / 1e6;
        if (pc.Instructions != LoopInstructions + 1)
            throw new MachineException($"the loop took {pc.Instructions:N0} instructions");
        Require(pc.Memory.Page(Data / PhysicalMemory.PageSize));
        return speed;
    }

    /// <summary><see cref="LongRun"/> on Unicorn; null if Unicorn is not installed.</summary>
    public static double? UnicornLongRun()
    {
        using var unicorn = Unicorn.TryCreate(Size);
        if (unicorn is null)
            return null;
        unicorn.Write(Code, Loop);
        unicorn.Write(Counter, BitConverter.GetBytes(Turns));
        unicorn.Set(Unicorn.Esi, Data);
        unicorn.Set(Unicorn.Esp, Stack);
        var clock = CoreClock.Start();
        unicorn.Run(Code, Halt);
        var seconds = clock.Seconds;
        var data = new byte[4 * Words];
        unicorn.Read(Data, data);
        Require(data);
        return LoopInstructions / seconds / 1e6;
    }

    /// <summary>
    /// Runs five turns of the same loop from a snapshot, about 100 instructions, and undoes each run. Returns runs per
    /// second of a core.
    /// </summary>
    public static double LoopRuns(int runs = 200_000)
    {
        var pc = WithLoop(ShortTurns);
        pc.Snapshot();
        CoreClock clock = default;
        for (var i = -runs / 10; i < runs; i++)
        {
            if (i == 0)
                clock = CoreClock.Start();
            if (pc.Run(1_000) != StopReason.Halted)
                throw new MachineException("the loop does not end");
            pc.Restore();
        }

        return runs / clock.Seconds;
    }

    /// <summary>
    /// <see cref="LoopRuns"/> on Unicorn. Each run writes the registers and the 4 KB of data back. Returns null if
    /// Unicorn is not installed.
    /// </summary>
    public static double? UnicornLoopRuns(int runs = 50_000)
    {
        using var unicorn = Unicorn.TryCreate(Size);
        if (unicorn is null)
            return null;
        unicorn.Write(Code, Loop);
        var data = new byte[4 * Words + 4];
        BitConverter.TryWriteBytes(data.AsSpan(4 * (int)Words), ShortTurns);
        CoreClock clock = default;
        for (var i = -runs / 10; i < runs; i++)
        {
            if (i == 0)
                clock = CoreClock.Start();
            unicorn.Write(Data, data);
            unicorn.Set(Unicorn.Esi, Data);
            unicorn.Set(Unicorn.Esp, Stack);
            unicorn.Run(Code, Halt);
        }

        return runs / clock.Seconds;
    }

    private static Pc WithLoop(uint turns)
    {
        var pc = new Pc(Size);
        pc.Memory.Write(Code, Loop);
        pc.Poke(Counter, turns);
        (pc.Cpu.Eip, pc.Cpu.R[Cpu.Esi], pc.Cpu.R[Cpu.Esp]) = (Code, Data, Stack);
        return pc;
    }

    private static void Require(ReadOnlySpan<byte> data)
    {
        var sum = 0u;
        foreach (var word in MemoryMarshal.Cast<byte, uint>(data))
            sum += word;
        if (sum != Checksum)
            throw new MachineException($"the loop's data add up to {sum:X8}h, on a processor to {Checksum:X8}h");
    }

    /// <summary>
    /// Enters the kernel from a snapshot, and restores the registers and the changed memory after each run. Returns
    /// runs per second of a core, and instructions of a run.
    /// </summary>
    /// <param name="image">The kernel is entered by a short ipc.</param>
    /// <param name="runs">The number of runs.</param>
    public static (double PerSecond, double Instructions) ShortRuns(KernelImage image, int runs = 200_000)
    {
        var machine = new ImageMachine(image, servers: false);
        var state = KernelPaths.ShortIpc(image.Limits);
        machine.Place(state);
        machine.Pc.HotAfter = 1_000;
        var entry = new Event(Entry.Ipc, Registers.Of(state, state.Current.Value));
        Access(machine, entry);
        long Repeat(int count)
        {
            var executed = 0L;
            for (var i = 0; i < count; i++)
            {
                var before = machine.Pc.Instructions;
                if (machine.Deliver(entry) is { } failure)
                    throw new ImageException($"short ipc: {failure}");
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

    /// <summary>Accesses the pages that an entry uses, because a running kernel has accessed them before.</summary>
    private static void Access(ImageMachine machine, Event entry)
    {
        const uint accessedAndDirty = 0x60;
        if (machine.Deliver(entry) is { } failure)
            throw new ImageException($"short ipc: {failure}");
        var memory = machine.Pc.Memory;
        List<(uint Address, uint Value)> entries = [];
        foreach (var (address, former) in memory.Log.Changes())
            if (
                memory.Load(address, 4) is var now
                && now != former
                && (now & ~accessedAndDirty) == (former & ~accessedAndDirty)
            )
                entries.Add((address, now));
        machine.Return();
        foreach (var (address, value) in entries)
            memory.Store(address, 4, value);
        machine.Pc.Snapshot();
    }

    private static byte[] Assemble()
    {
        var c = new Assembler(32);
        WriteLoop(c);
        c.hlt();
        using var code = new MemoryStream();
        c.Assemble(new StreamCodeWriter(code), Code);
        return code.ToArray();
    }

    /// <summary>The loop over the data at ESI; the counter gives the number of turns.</summary>
    internal static void WriteLoop(Assembler c)
    {
        var (turn, even, difference, done) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
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
        c.jmp(done);
        c.Label(ref difference);
        c.sub(eax, ebx);
        c.ret();
        c.Label(ref done);
    }
}
