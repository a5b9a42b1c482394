using Iced.Intel;
using B = Iced.Intel.AssemblerRegister8;
using C = Iced.Intel.AssemblerRegisterCR;
using D = Iced.Intel.AssemblerRegisterDR;
using File = System.Runtime.CompilerServices.CallerFilePathAttribute;
using Line = System.Runtime.CompilerServices.CallerLineNumberAttribute;
using M = Iced.Intel.AssemblerMemoryOperand;
using R = Iced.Intel.AssemblerRegister32;
using R16 = Iced.Intel.AssemblerRegister16;
using S = Iced.Intel.AssemblerRegisterSegment;

namespace Verified.Kernel;

#pragma warning disable IDE1006 // The methods have the instructions' own names.

/// <summary>
/// The assembler of the kernel's code. It records the source line that emits each instruction, so that reports can name
/// it. An instruction without a method here can be emitted too; a test then reports that its line is missing.
/// </summary>
internal sealed partial class KernelAssembler() : Assembler(32)
{
    private readonly List<(string Path, int Line)?> _lines = [];

    /// <summary>The line that emitted the instruction with the given number; null if it is not known.</summary>
    public SourceLine? LineOf(int instruction) =>
        instruction < _lines.Count && _lines[instruction] is var (path, line) ? SourceLine.Of(path, line) : null;

    /// <summary>Records the line that emits the next instruction.</summary>
    public Assembler OnLine(string path, int line)
    {
        while (_lines.Count <= Instructions.Count)
            _lines.Add(null);
        _lines[Instructions.Count] = (path, line);
        return this;
    }

    // Moves and arithmetic of two operands.
    public void mov(R to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(R to, M from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(M to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(R to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(R to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(M to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(M to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(B to, M from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(R16 to, ushort from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(B to, byte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void add(R to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).add(to, from);

    public void add(R to, M from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).add(to, from);

    public void add(M to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).add(to, from);

    public void add(R to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).add(to, from);

    public void add(R to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).add(to, from);

    public void add(M to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).add(to, from);

    public void add(M to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).add(to, from);

    public void add(B to, B from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).add(to, from);

    public void add(B to, byte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).add(to, from);

    public void add(B to, sbyte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).add(to, from);

    public void adc(R to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).adc(to, from);

    public void adc(R to, M from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).adc(to, from);

    public void adc(M to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).adc(to, from);

    public void adc(R to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).adc(to, from);

    public void adc(R to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).adc(to, from);

    public void adc(M to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).adc(to, from);

    public void adc(M to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).adc(to, from);

    public void sub(R to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sub(to, from);

    public void sub(R to, M from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sub(to, from);

    public void sub(M to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sub(to, from);

    public void sub(R to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sub(to, from);

    public void sub(R to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sub(to, from);

    public void sub(M to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sub(to, from);

    public void sub(M to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sub(to, from);

    public void sbb(R to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sbb(to, from);

    public void sbb(R to, M from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sbb(to, from);

    public void sbb(M to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sbb(to, from);

    public void sbb(R to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sbb(to, from);

    public void sbb(R to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sbb(to, from);

    public void sbb(M to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sbb(to, from);

    public void sbb(M to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).sbb(to, from);

    public void and(R to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).and(to, from);

    public void and(R to, M from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).and(to, from);

    public void and(M to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).and(to, from);

    public void and(R to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).and(to, from);

    public void and(R to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).and(to, from);

    public void and(M to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).and(to, from);

    public void and(M to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).and(to, from);

    public void or(R to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).or(to, from);

    public void or(R to, M from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).or(to, from);

    public void or(M to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).or(to, from);

    public void or(R to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).or(to, from);

    public void or(R to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).or(to, from);

    public void or(M to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).or(to, from);

    public void or(M to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).or(to, from);

    public void or(B to, B from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).or(to, from);

    public void xor(R to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).xor(to, from);

    public void xor(R to, M from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).xor(to, from);

    public void xor(M to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).xor(to, from);

    public void xor(R to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).xor(to, from);

    public void xor(R to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).xor(to, from);

    public void xor(M to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).xor(to, from);

    public void xor(M to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).xor(to, from);

    public void cmp(R to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).cmp(to, from);

    public void cmp(R to, M from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).cmp(to, from);

    public void cmp(M to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).cmp(to, from);

    public void cmp(R to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).cmp(to, from);

    public void cmp(R to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).cmp(to, from);

    public void cmp(M to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).cmp(to, from);

    public void cmp(M to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).cmp(to, from);

    public void cmp(B to, byte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).cmp(to, from);

    public void test(R to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).test(to, from);

    public void test(M to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).test(to, from);

    public void test(R to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).test(to, from);

    public void test(R to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).test(to, from);

    public void test(M to, int from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).test(to, from);

    public void test(M to, uint from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).test(to, from);

    public void test(B to, B from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).test(to, from);

    public void test(B to, byte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).test(to, from);

    public void test(B to, sbyte from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).test(to, from);

    public void mov(R to, C from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(C to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(R to, D from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(D to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(R to, S from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);

    public void mov(S to, R from, [File] string f = "", [Line] int l = 0) => OnLine(f, l).mov(to, from);
}
