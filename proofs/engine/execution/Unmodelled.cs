using Verified.Machine.Processor;

namespace Verified.Proofs.Execution;

/// <summary>
/// Instructions that do more on a processor than in the model, or differ between processors. Foreign software may
/// execute them. Code in a theorem must not, because the theorem would hold for the model and not for the processor.
/// </summary>
internal static class Unmodelled
{
    private const Prefix Repeats = Prefix.Repeat | Prefix.RepeatNotEqual;

    // The operations of a step. Each does the same on every processor from the 486 on, but for what the model leaves
    // arbitrary. Each cut point compares the processor's own registers.
    private static readonly HashSet<Op> OfSteps =
    [
        .. (IEnumerable<Op>)[Op.Mov, Op.Movzx, Op.Movsx, Op.Lea, Op.Xchg, Op.Bswap, Op.Cbw, Op.Cwd, Op.Nop],
        .. (IEnumerable<Op>)[Op.Add, Op.Or, Op.Adc, Op.Sbb, Op.And, Op.Sub, Op.Xor, Op.Cmp, Op.Test],
        .. (IEnumerable<Op>)[Op.Inc, Op.Dec, Op.Not, Op.Neg, Op.Mul, Op.Imul, Op.ImulTwo, Op.ImulThree],
        .. (IEnumerable<Op>)[Op.Div, Op.Idiv, Op.Rol, Op.Ror, Op.Rcl, Op.Rcr, Op.Shl, Op.Shr, Op.Sar],
        .. (IEnumerable<Op>)[Op.Shld, Op.Shrd, Op.Bt, Op.Bts, Op.Btr, Op.Btc, Op.Bsf, Op.Bsr, Op.Setcc],
        .. (IEnumerable<Op>)[Op.Push, Op.Pop, Op.Pusha, Op.Popa, Op.Pushf, Op.Popf, Op.Leave],
        .. (IEnumerable<Op>)[Op.Jmp, Op.JmpIndirect, Op.Jcc, Op.Call, Op.CallIndirect, Op.Ret, Op.Iret],
        .. (IEnumerable<Op>)[Op.Movs, Op.Stos, Op.Lods, Op.Clc, Op.Stc, Op.Cmc, Op.Cld, Op.Std],
        .. (IEnumerable<Op>)[Op.Cli, Op.Sti, Op.Hlt, Op.In, Op.Out, Op.Invlpg, Op.Clts, Op.Lldt],
        .. (IEnumerable<Op>)[Op.MovSegment, Op.MovFromSegment, Op.MovFromControl, Op.MovToControl],
        .. (IEnumerable<Op>)[Op.MovQuick, Op.MovLoad, Op.MovStore, Op.LeaQuick, Op.AddQuick, Op.SubQuick],
        .. (IEnumerable<Op>)[Op.AndQuick, Op.OrQuick, Op.XorQuick, Op.CmpQuick, Op.TestQuick, Op.AdcQuick],
        .. (IEnumerable<Op>)[Op.AddLoad, Op.SubLoad, Op.CmpLoad, Op.CmpMemory, Op.IncQuick, Op.DecQuick],
        .. (IEnumerable<Op>)[Op.ShlQuick, Op.ShrQuick, Op.PushQuick, Op.PopQuick],
    ];

    /// <summary>
    /// The effect of an instruction beyond the model, as the end of a sentence; null if the model is complete.
    /// </summary>
    public static string? Effect(Operation operation) =>
        operation.Op == Op.Wbinvd
            // SDM vol. 2, INVD: modified lines of the caches are lost. The model has no caches of memory.
            ? "empties the caches by INVD or WBINVD, and what INVD finds modified there never reaches memory"
            : null;

    /// <summary>
    /// The same for an instruction of a step. A step is proved for every processor, without debug exceptions, and with
    /// a bound on its time.
    /// </summary>
    public static string? EffectInStep(Operation operation) =>
        operation switch
        {
            // SDM vol. 3, 17.2: a breakpoint takes effect at once, long before the next cut point.
            { Op: Op.MovToControl, TargetRegister: >= Decode.FirstDebugRegister } =>
                "writes a debug or test register, which the model does not act on",
            // SDM vol. 2, MOV: of several instructions in a row that delay interrupts, only the first is sure to.
            { Op: Op.MovSegment, TargetRegister: SegmentRegister.Ss } =>
                "loads SS, which delays interrupts and debug exceptions, in the model more surely than in a processor",
            _ when (operation.Prefix & Repeats) != 0 =>
                "repeats a string instruction, which the worst case counts as one instruction",
            _ when Effect(operation) is { } effect => effect,
            _ when !OfSteps.Contains(operation.Op) =>
                $"executes {operation.Op}, which may differ between processors, and is none of those of steps",
            _ => null,
        };
}
