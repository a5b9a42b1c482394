using Iced.Intel;
using B = Iced.Intel.AssemblerRegister8;
using File = System.Runtime.CompilerServices.CallerFilePathAttribute;
using Line = System.Runtime.CompilerServices.CallerLineNumberAttribute;
using M = Iced.Intel.AssemblerMemoryOperand;
using R = Iced.Intel.AssemblerRegister32;
using W = Iced.Intel.AssemblerRegister16;

namespace Verified.Kernel;

#pragma warning disable IDE1006 // The methods have the instructions' own names.

/// <summary>Instructions beyond those of two operands.</summary>
internal sealed partial class KernelAssembler
{
    // Arithmetic of one operand, shifts, bits.
    public void inc(R of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).inc(of);

    public void inc(M of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).inc(of);

    public void dec(R of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).dec(of);

    public void dec(M of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).dec(of);

    public void neg(R of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).neg(of);

    public void not(R of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).not(of);

    public void mul(R of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mul(of);

    public void mul(M of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mul(of);

    public void div(R of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).div(of);

    public void bsf(R to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).bsf(to, from);

    public void bsr(R to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).bsr(to, from);

    public void bsr(R to, M from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).bsr(to, from);

    public void bt(R to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).bt(to, from);

    public void lea(R to, M from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).lea(to, from);

    public void movzx(R to, M from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).movzx(to, from);

    public void movzx(R to, B from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).movzx(to, from);

    public void sete(B of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sete(of);

    public void setne(B of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).setne(of);

    public void shl(R to, B from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).shl(to, from);

    public void shl(R to, byte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).shl(to, from);

    public void shl(R to, sbyte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).shl(to, from);

    public void shr(R to, B from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).shr(to, from);

    public void shr(R to, byte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).shr(to, from);

    public void shr(R to, sbyte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).shr(to, from);

    public void rol(R to, B from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).rol(to, from);

    public void rol(R to, byte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).rol(to, from);

    public void rol(R to, sbyte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).rol(to, from);

    public void shl(M to, sbyte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).shl(to, from);

    // Jumps, the stack, flags.
    public void call(Label of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).call(of);

    public void jmp(Label of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).jmp(of);

    public void ja(Label of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).ja(of);

    public void jae(Label of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).jae(of);

    public void jb(Label of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).jb(of);

    public void jbe(Label of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).jbe(of);

    public void je(Label of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).je(of);

    public void jnc(Label of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).jnc(of);

    public void jne(Label of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).jne(of);

    public void jle(Label of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).jle(of);

    public void jns(Label of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).jns(of);

    public void js(Label of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).js(of);

    public void ret([File] string f = "", [Line] int l = 0) => OnLine(f, l).ret();

    public void iretd([File] string f = "", [Line] int l = 0) => OnLine(f, l).iretd();

    public void hlt([File] string f = "", [Line] int l = 0) => OnLine(f, l).hlt();

    public void cli([File] string f = "", [Line] int l = 0) => OnLine(f, l).cli();

    public void sti([File] string f = "", [Line] int l = 0) => OnLine(f, l).sti();

    public void clc([File] string f = "", [Line] int l = 0) => OnLine(f, l).clc();

    public void stc([File] string f = "", [Line] int l = 0) => OnLine(f, l).stc();

    public void cld([File] string f = "", [Line] int l = 0) => OnLine(f, l).cld();

    public void nop([File] string f = "", [Line] int l = 0) => OnLine(f, l).nop();

    public void cpuid([File] string f = "", [Line] int l = 0) => OnLine(f, l).cpuid();

    public void rdtsc([File] string f = "", [Line] int l = 0) => OnLine(f, l).rdtsc();

    public void lodsb([File] string f = "", [Line] int l = 0) => OnLine(f, l).lodsb();

    public void pushad([File] string f = "", [Line] int l = 0) => OnLine(f, l).pushad();

    public void popad([File] string f = "", [Line] int l = 0) => OnLine(f, l).popad();

    public void pushfd([File] string f = "", [Line] int l = 0) => OnLine(f, l).pushfd();

    public void popfd([File] string f = "", [Line] int l = 0) => OnLine(f, l).popfd();

    public void push(R of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).push(of);

    public void pop(R of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).pop(of);

    public void pop(M of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).pop(of);

    // Ports and the processor's tables.
    public void @in(B to, W from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).@in(to, from);

    public void @in(B to, byte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).@in(to, from);

    public void @out(W to, B from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).@out(to, from);

    public void @out(byte to, B from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).@out(to, from);

    public void invlpg(M of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).invlpg(of);

    public void lgdt(M of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).lgdt(of);

    public void lidt(M of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).lidt(of);

    public void lldt(W of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).lldt(of);

    public void ltr(W of, [File] string f = "", [Line] int l = 0) => OnLine(f, l).ltr(of);

    // String instructions, with their prefix.
    public void rep_movsb([File] string f = "", [Line] int l = 0) => OnLine(f, l).rep.movsb();

    public void rep_stosb([File] string f = "", [Line] int l = 0) => OnLine(f, l).rep.stosb();

    public void rep_stosd([File] string f = "", [Line] int l = 0) => OnLine(f, l).rep.stosd();

    public void repne_scasb([File] string f = "", [Line] int l = 0) => OnLine(f, l).repne.scasb();

    /// <summary>An instruction that has no method of its own.</summary>
    public void Emit(Instruction instruction, [File] string f = "", [Line] int l = 0) =>
        OnLine(f, l).AddInstruction(instruction);
}
