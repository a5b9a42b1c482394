using System.Runtime.CompilerServices;
using Verified.Machine.Compiler;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Machine.Computer;

/// <summary>Compiles code that runs often (see <see cref="BlockCompiler"/>).</summary>
public sealed partial class Pc
{
    // Replaces code that could not be compiled.
    private static readonly CompiledCode Nothing = new(_ => 0, 0, 0);

    /// <summary>
    /// The number of executions of a trace's first block before the trace is compiled. Compilation takes some
    /// milliseconds.
    /// </summary>
    public int HotAfter { get; set; } = 5_000;

    /// <summary>
    /// The compiled trace from a block on for the present state. It is compiled now if the block is hot. Null if the
    /// block must be interpreted.
    /// </summary>
    private CompiledCode? Compiled(Block block)
    {
        if (block.Compiled is null && ++block.Uses <= HotAfter)
            return null;
        var reach = Reach;
        if (reach == 0 || !Cpu.S[SegmentRegister.Ss].Big || !block.Big || !block.IsValid || Cpu.Cpl is not (0 or 3))
            return null;
        block.Compiled ??= new CompiledCode?[2 * Ia32<Concrete, PcBus>.FlagForms];
        ref var compiled = ref block.Compiled[2 * Cpu.FlagForm + (Cpu.Cpl & 1)];
        if (compiled is null || compiled.Reach > reach)
            compiled = Compile(block, reach) ?? Nothing;
        return ReferenceEquals(compiled, Nothing) ? null : compiled;
    }

    /// <summary>
    /// The last byte that all segments reach that compiled code may use; 0 if one is no such segment.
    /// </summary>
    private uint Reach =>
        Math.Min(
            Math.Min(Cpu.S[SegmentRegister.Cs].ReachToRead, Cpu.S[SegmentRegister.Ds].ReachToWrite),
            Math.Min(Cpu.S[SegmentRegister.Es].ReachToWrite, Cpu.S[SegmentRegister.Ss].ReachToWrite)
        );

    // Not inlined: the caller runs for each block, and this seldom.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private CompiledCode? Compile(Block block, uint reach)
    {
        var (linear, user) = (Cpu.Eip, Cpu.Cpl == 3);
        return BlockCompiler.Compile(distance => _blocks.Along(block, linear, distance, user), Cpu, Mmu, reach);
    }

    /// <summary>Runs compiled traces as long as there are some.</summary>
    /// <returns>False if the first operation must be interpreted.</returns>
    private bool RunCompiled(Block block, CompiledCode compiled, long limit)
    {
        var user = Cpu.Cpl == 3;
        var left = (int)Math.Min(limit, int.MaxValue / 2);
        var done = 0;
        while (left - done >= compiled.Longest)
        {
            var start = Cpu.Eip;
            var executed = compiled.Execute(left - done);
            done += executed;
            if (executed == 0)
                break;
            Remember(block, start, Math.Min(executed, block.Operations.Length));
            if (
                _blocks.Find(Cpu.Eip, big: true, user, block) is not { } next
                || !Fits(Cpu.S[SegmentRegister.Cs], next)
                || Compiled(next) is not { } following
            )
                break;
            (block, compiled) = (next, following);
        }
        Count(done);
        return done > 0;
    }
}
