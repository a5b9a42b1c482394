using Verified.Machine.Compiler;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Machine.Computer;

/// <summary>Compiles code that runs often (see <see cref="BlockCompiler"/>).</summary>
public sealed partial class Pc
{
    // Replaces code that could not be compiled.
    private static readonly CompiledCode Nothing = new(_ => 0, 0);

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
        if (
            !Cpu.S[SegmentRegister.Cs].FlatToRead
            || !Cpu.S[SegmentRegister.Ds].FlatToWrite
            || !Cpu.S[SegmentRegister.Es].FlatToWrite
            || !Cpu.S[SegmentRegister.Ss].FlatToWrite
            || !Cpu.S[SegmentRegister.Ss].Big
            || !block.Big
            || !block.IsValid
            || Cpu.Cpl is not (0 or 3)
        )
            return null;
        block.Compiled ??= new CompiledCode?[2 * Ia32<Concrete, PcBus>.FlagForms];
        ref var compiled = ref block.Compiled[2 * Cpu.FlagForm + (Cpu.Cpl & 1)];
        compiled ??= Compile(block) ?? Nothing;
        return ReferenceEquals(compiled, Nothing) ? null : compiled;
    }

    private CompiledCode? Compile(Block block)
    {
        var (linear, user) = (Cpu.Eip, Cpu.Cpl == 3);
        return BlockCompiler.Compile(distance => _blocks.Along(block, linear, distance, user), Cpu, Mmu);
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
            if (_blocks.Find(Cpu.Eip, big: true, user) is not { } next || Compiled(next) is not { } following)
                break;
            (block, compiled) = (next, following);
        }
        Count(done);
        return done > 0;
    }
}
