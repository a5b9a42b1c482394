namespace Verified.Machine.Processor;

/// <summary>What an operation does; its operands are in <see cref="Operation"/>. Names are the manual's mnemonics.</summary>
public enum Op : ushort
{
    Invalid,
    Mov, Movzx, Movsx, Lea, Xchg, Bswap, Cbw, Cwd, Xlat, Lahf, Sahf, Salc,
    Add, Or, Adc, Sbb, And, Sub, Xor, Cmp, Test, Inc, Dec, Not, Neg,
    Mul, Imul, ImulTwo, ImulThree, Div, Idiv, Aaa, Aad, Aam, Aas, Daa, Das,
    Rol, Ror, Rcl, Rcr, Shl, Shr, Sar, Shld, Shrd,
    Bt, Bts, Btr, Btc, Bsf, Bsr, Setcc, Cmpxchg, Cmpxchg8b, Xadd,
    Push, Pop, Pusha, Popa, Pushf, Popf, Enter, Leave,
    Jmp, JmpIndirect, JmpFar, Jcc, Jcxz, Loop, Loope, Loopne, Call, CallIndirect, CallFar, Ret, RetFar,
    Int, Into, Iret, Bound,
    Movs, Cmps, Stos, Lods, Scas, Ins, Outs,
    Clc, Stc, Cmc, Cld, Std, Cli, Sti, Hlt, Nop, In, Out, Cpuid, Rdtsc, Rdpmc,
    MovSegment, MovFromSegment, PushSegment, PopSegment, LoadFarPointer,
    MovFromControl, MovToControl, Invlpg, Wbinvd, Clts, Lmsw, Smsw,
    Lgdt, Lidt, Sgdt, Sidt, Lldt, Ltr, Sldt, Str, Lar, Lsl, Verr, Verw, Arpl,
    Icebp, Rdmsr, Wrmsr, Sysenter, Sysexit, Cmovcc, LongNop, Fwait, Coprocessor, Umov,

    // 32-bit forms with a register target: the source is a register or immediate (Quick), or memory (Load). Of MovStore and CmpMemory the target
    // is memory.
    MovQuick, MovLoad, MovStore, LeaQuick, AddQuick, SubQuick, AndQuick, OrQuick, XorQuick, CmpQuick, TestQuick, AdcQuick,
    AddLoad, SubLoad, CmpLoad, CmpMemory, IncQuick, DecQuick, ShlQuick, ShrQuick, PushQuick, PopQuick,
}
