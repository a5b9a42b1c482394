using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Tests.Machine;

/// <summary>Random programs with loops and branches, for comparisons of compiled and interpreted code.</summary>
internal static class RandomProgram
{
    private static readonly AssemblerRegister32[] Registers = [eax, ecx, edx, ebx, ebp, edi];
    private static readonly AssemblerRegister8[] Bytes = [al, cl, dl, bl, ah, ch, dh, bh];

    // A loop over random instructions, some of them in a function; ESI stays on the data, the counter is in memory.
    internal static void Write(Assembler c, Random random)
    {
        const uint counter = TestPc.Data + 0xF00;
        var (turn, function) = (c.CreateLabel(), c.CreateLabel());
        foreach (var register in Registers)
            c.mov(register, (uint)random.NextInt64(1L << 32));
        c.mov(__dword_ptr[counter], 40);
        c.Label(ref turn);
        for (var i = 0; i < 12; i++)
            Instruction(c, random);
        c.call(function);
        for (var i = 0; i < 4; i++)
            Instruction(c, random);
        c.dec(__dword_ptr[counter]);
        c.jne(turn);
        c.hlt();
        c.Label(ref function);
        for (var i = 0; i < 5; i++)
            Instruction(c, random);
        c.ret();
    }

    private static void Instruction(Assembler c, Random random)
    {
        var (a, b) = (Registers[random.Next(6)], Registers[random.Next(6)]);
        var (low, other) = (Bytes[random.Next(8)], Bytes[random.Next(8)]);
        var at = random.Next(0xE0) * 4 + random.Next(2);
        var memory = __dword_ptr[esi + at];
        var number = random.Next(3) == 0 ? random.Next() : random.Next(-4, 5);
        var skipped = c.CreateLabel();
        switch (random.Next(36))
        {
            case 0:
                c.add(a, b);
                break;
            case 1:
                c.sub(a, number);
                break;
            case 2:
                c.adc(a, memory);
                break;
            case 3:
                c.sbb(memory, b);
                break;
            case 4:
                c.and(a, b);
                break;
            case 5:
                c.or(memory, number);
                break;
            case 6:
                c.xor(low, other);
                break;
            case 7:
                c.inc(a);
                break;
            case 8:
                c.dec(memory);
                break;
            case 9:
                c.neg(a);
                break;
            case 10:
                c.not(low);
                break;
            case 11:
                c.shl(a, (byte)random.Next(34));
                break;
            case 12:
                c.shr(memory, (byte)random.Next(1, 32));
                break;
            case 13:
                c.sar(low, (byte)random.Next(1, 8));
                break;
            case 14:
                c.rol(a, (byte)random.Next(1, 32));
                break;
            case 15:
                c.ror(low, (byte)random.Next(1, 12));
                break;
            case 16:
                c.mov(a, memory);
                break;
            case 17:
                c.mov(memory, b);
                break;
            case 18:
                c.mov(low, __byte_ptr[esi + at]);
                break;
            case 19:
                c.mov(__byte_ptr[esi + at], low);
                break;
            case 20:
                c.movzx(a, low);
                break;
            case 21:
                c.movsx(a, __word_ptr[esi + at]);
                break;
            case 22:
                c.lea(a, __[b + a * 4 + number]);
                break;
            case 23:
                c.xchg(a, b);
                break;
            case 24:
                c.xchg(memory, a);
                break;
            case 25:
                c.push(a);
                c.pop(b);
                break;
            case 26:
                c.imul(a, b);
                break;
            case 27:
                c.mul(memory);
                break;
            case 28:
                c.setl(low);
                break;
            case 29:
                c.setbe(__byte_ptr[esi + at]);
                break;
            case 30:
                c.bts(a, (byte)random.Next(32));
                break;
            case 31:
                c.bswap(a);
                break;
            case 32:
                c.shld(a, b, (byte)random.Next(1, 32));
                break;
            case 33:
                c.cdq();
                break;
            case 34:
                c.pushfd();
                c.pop(a);
                break;
            default:
                c.cmp(a, random.Next(2) == 0 ? b : ebx);
                switch (random.Next(5))
                {
                    case 0:
                        c.je(skipped);
                        break;
                    case 1:
                        c.jb(skipped);
                        break;
                    case 2:
                        c.jg(skipped);
                        break;
                    case 3:
                        c.js(skipped);
                        break;
                    default:
                        c.jpe(skipped);
                        break;
                }

                c.add(b, number);
                c.Label(ref skipped);
                c.nop();
                break;
        }
    }
}
