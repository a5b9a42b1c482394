using Verified.Machine.Compiler;
using Verified.Machine.Memory;
using Verified.Machine.Processor;
using Verified.Spec.Values;

namespace Verified.Machine.Computer;

/// <summary>What is executed often is compiled: see <see cref="BlockCompiler"/>.</summary>
public sealed partial class Pc
{
    // What takes the place of code that could not be made.
    private static readonly CompiledCode Nothing = new(_ => 0, 0);

    /// <summary>
    /// A way is compiled when its first block has been executed so often; making its code takes some milliseconds.
    /// </summary>
    public int HotAfter { get; set; } = 5_000;

    /// <summary>
    /// The code from a block on for the present state, made now if the block is hot; null where it is to be
    /// interpreted.
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

    /// <summary>Runs compiled code as far as there is some.</summary>
    /// <returns>False where the first operation is to be interpreted.</returns>
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
