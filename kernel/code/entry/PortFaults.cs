using System.Numerics;
using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Values;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>General-protection exceptions, including forbidden port accesses.</summary>
internal sealed partial class KernelProgram
{
    /// <summary>
    /// Only the instruction itself says whether it is a port access. The code never reads beyond the instruction,
    /// because the next byte may be in a page that is not present. A prefix is always followed by a byte, and so is an
    /// opcode with a port.
    /// </summary>
    private void Protection(Label outgrow, Label saved)
    {
        DefineLabel(ref _protection);
        IfInSmallSpace(outgrow);
        c.pop(OnEntryStack(Layout.Fault));
        Enter();
        c.shl(Current(Layout.Fault), 16);
        c.or(Current(Layout.Fault), FaultMessage.Of<Concrete>(FaultMessage.Protection, 0).Value);

        // EBX = the position of the opcode, after at most two prefixes; EAX = the opcode; EDI = 1 if a prefix makes the
        // operand 16 bits wide.
        c.mov(ebx, Current(Layout.Eip));
        c.xor(edi, edi);
        SkipPrefix();
        SkipPrefix();
        c.movzx(eax, __byte_ptr[ebx]);

        // The port is in EDX, or in the byte after the opcode.
        c.mov(edx, Current(Layout.Edx));
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

        // ECX = the last port: 0, 1 or 3 after the first.
        c.mov(ecx, edi);
        c.mov(esi, 3);
        c.shr(esi, cl);
        c.and(eax, 1);
        c.neg(eax);
        c.and(eax, esi);
        c.lea(ecx, __[edx + eax]);
        c.cmp(ecx, _layout.Limits.Paging.Ports * 16);
        c.jae(saved);

        // If the task has both ports, the processor forbade something else.
        LoadCurrentRow(esi);
        c.shr(esi, (byte)Layout.BlockShift);
        c.and(esi, _layout.Limits.Tasks - 1);
        c.shl(esi, (byte)BitOperations.Log2(MappingLayout.PortWords));
        Denied(edx, eax);
        Denied(ecx, ebx);
        c.or(eax, ebx);
        c.je(saved);

        // The smallest fpage that contains both ports.
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
        c.mov(Current(Layout.Fault), eax);
        c.jmp(saved);
    }

    // Opcodes without their last two bits, which give the direction and the width (SDM 2, appendix A). INS and OUTS are
    // 6Ch, IN and OUT by DX are ECh.
    private const byte Immediate = 0xE4,
        ByDx = 0x6C,
        OperandSize = 0x66;

    /// <summary>
    /// If EBX points at a prefix, moves it behind the prefix. EDI becomes 1 if the prefix makes the operand 16 bits
    /// wide. Uses EAX, ECX, EDX.
    /// </summary>
    private void SkipPrefix()
    {
        c.movzx(eax, __byte_ptr[ebx]);
        c.xor(edx, edx);

        // Segment, size and repetition prefixes.
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

    /// <summary>
    /// The result is not 0 if the current task may not use a port. ESI is the first row of the task's I/O bitmap.
    /// </summary>
    private void Denied(AssemblerRegister32 port, AssemblerRegister32 denied)
    {
        c.mov(denied, port);
        c.shr(denied, 5);
        c.or(denied, esi);
        c.mov(denied, Element(Maps.PortMaps, denied));
        c.bt(denied, port);
        c.sbb(denied, denied);
    }
}
