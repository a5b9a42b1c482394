using System.Numerics;
using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Values;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>General-protection exceptions, and those among them that want a port without the right.</summary>
internal sealed partial class KernelProgram
{
    /// <summary>
    /// Only the instruction itself tells. No byte is read that it does not have, as the next may be in a page that is
    /// not there: behind a prefix there is one, and behind an opcode with a port.
    /// </summary>
    private void Protection(Label outgrow, Label saved)
    {
        Mark($"exception_{FaultMessage.Protection}");
        IfInSmallSpace(outgrow);
        c.pop(AtStack(Layout.Fault));
        Enter();
        c.shl(Me(Layout.Fault), 16);
        c.or(Me(Layout.Fault), FaultMessage.Of<Concrete>(FaultMessage.Protection, 0).Value);

        // EBX the opcode's place behind two prefixes at most, EAX the opcode, EDI 1 if a prefix makes its operand
        // small.
        c.mov(ebx, Me(Layout.Eip));
        c.xor(edi, edi);
        SkipPrefix();
        SkipPrefix();
        c.movzx(eax, __byte_ptr[ebx]);

        // Its port: EDX, or the byte behind the opcode.
        c.mov(edx, Me(Layout.Edx));
        c.and(edx, 0xFFFF);
        c.mov(ecx, eax);
        c.and(ecx, 0xFC);
        c.cmp(ecx, Immediate);
        c.sete(cl);
        c.movzx(ecx, cl);
        c.movzx(esi, __byte_ptr[ebx + ecx]);
        c.neg(ecx);
        c.xor(esi, edx);
        c.and(esi, ecx);
        c.xor(edx, esi);
        c.mov(ebx, eax);
        c.and(ebx, 0x7C);
        c.cmp(ebx, ByDx);
        c.sete(bl);
        c.or(bl, cl);
        c.test(bl, bl);
        c.je(saved);

        // ECX the last one: 0, 1 or 3 further on.
        c.mov(ecx, edi);
        c.mov(esi, 3);
        c.shr(esi, cl);
        c.and(eax, 1);
        c.neg(eax);
        c.and(eax, esi);
        c.lea(ecx, __[edx + eax]);
        c.cmp(ecx, _layout.Limits.Paging.Ports * 16);
        c.jae(saved);

        // Whoever has the right to both was forbidden something else.
        LoadMe(esi);
        c.shr(esi, (byte)Layout.BlockShift);
        c.and(esi, _layout.Limits.Tasks - 1);
        c.shl(esi, (byte)BitOperations.Log2(MappingLayout.PortWords));
        Denied(edx, eax);
        Denied(ecx, ebx);
        c.or(eax, ebx);
        c.je(saved);

        // The least fpage that has both.
        c.xor(ecx, edx);
        c.shr(ecx, 3);
        c.or(ecx, 1);
        c.bsr(ecx, ecx);
        c.add(ecx, 4);
        c.shr(edx, cl);
        c.shl(edx, cl);
        c.shl(edx, 8);
        c.lea(eax, __[edx + ecx * 4]);
        c.or(eax, Fpage.PortsTag << 24);
        c.mov(Me(Layout.Fault), eax);
        c.jmp(saved);
    }

    // Opcodes, but for their last two bits: in or out, and how much (SDM 2, appendix A). INS and OUTS are 6Ch, IN and
    // OUT by DX are ECh.
    private const byte Immediate = 0xE4,
        ByDx = 0x6C,
        OperandSize = 0x66;

    /// <summary>
    /// EBX goes behind a prefix, if it is at one; EDI becomes 1 if that makes the operand small. Uses EAX, ECX, EDX.
    /// </summary>
    private void SkipPrefix()
    {
        c.movzx(eax, __byte_ptr[ebx]);
        c.xor(edx, edx);

        // Segments, sizes, repetition.
        foreach (var (mask, prefix) in ((byte, byte)[])[(0xE7, 0x26), (0xFC, 0x64), (0xFE, 0xF2)])
        {
            c.mov(ecx, eax);
            c.and(ecx, mask);
            c.cmp(ecx, prefix);
            c.sete(cl);
            c.or(dl, cl);
        }

        c.add(ebx, edx);
        c.cmp(eax, OperandSize);
        c.sete(cl);
        c.movzx(ecx, cl);
        c.or(edi, ecx);
    }

    /// <summary>Not 0 where the current task, whose map's first row is in ESI, may not use a port.</summary>
    private void Denied(AssemblerRegister32 port, AssemblerRegister32 denied)
    {
        c.mov(denied, port);
        c.shr(denied, 5);
        c.or(denied, esi);
        c.mov(denied, In(Maps.PortMaps, denied));
        c.bt(denied, port);
        c.sbb(denied, denied);
    }
}
