using Iced.Intel;
using Verified.Machine.Processor;
using Xunit;
using static Iced.Intel.AssemblerRegisters;
using Pc = Verified.Machine.Computer.Pc;

namespace Verified.Tests.Machine;

/// <summary>
/// Register forms compared with the host's own processor over random and boundary operands. Flags that the manual leaves
/// undefined for a form are masked by the row's last column.
/// </summary>
public class AgainstHostTests
{
    private const uint C = Flag.Carry, P = Flag.Parity, A = Flag.Adjust, Z = Flag.Zero, S = Flag.Sign, O = Flag.Overflow;
    private const int CasesPerForm = 400;
    private const int Seed = 20260101;

    private static readonly uint[] s_boundaries =
        [0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF];

    private delegate uint Undefined(HostState before);

    private static readonly (string Name, Action<Assembler> Code, Undefined Undefined)[] s_forms =
    [
        .. Binary("add", c => c.add(al, cl), c => c.add(ax, cx), c => c.add(eax, ecx), 0),
        .. Binary("adc", c => c.adc(ah, bl), c => c.adc(dx, cx), c => c.adc(edx, ecx), 0),
        .. Binary("sub", c => c.sub(ch, cl), c => c.sub(ax, bx), c => c.sub(eax, ecx), 0),
        .. Binary("sbb", c => c.sbb(al, cl), c => c.sbb(ax, cx), c => c.sbb(eax, ecx), 0),
        .. Binary("cmp", c => c.cmp(al, cl), c => c.cmp(ax, cx), c => c.cmp(eax, ecx), 0),
        .. Binary("and", c => c.and(al, cl), c => c.and(ax, cx), c => c.and(eax, ecx), A),
        .. Binary("or", c => c.or(al, cl), c => c.or(ax, cx), c => c.or(eax, ecx), A),
        .. Binary("xor", c => c.xor(al, cl), c => c.xor(ax, cx), c => c.xor(eax, ecx), A),
        .. Binary("test", c => c.test(al, cl), c => c.test(ax, cx), c => c.test(eax, ecx), A),
        .. Binary("inc", c => c.inc(dh), c => c.inc(si), c => c.inc(esi), 0),
        .. Binary("dec", c => c.dec(bl), c => c.dec(di), c => c.dec(edi), 0),
        .. Binary("neg", c => c.neg(al), c => c.neg(ax), c => c.neg(eax), 0),
        .. Binary("not", c => c.not(al), c => c.not(ax), c => c.not(eax), 0),
        .. Binary("xchg", c => c.xchg(al, dh), c => c.xchg(dx, cx), c => c.xchg(edx, ebx), 0),
        .. Binary("xadd", c => c.xadd(al, cl), c => c.xadd(ax, ax), c => c.xadd(eax, ecx), 0),
        .. Binary("cmpxchg", c => c.cmpxchg(cl, dl), c => c.cmpxchg(cx, dx), c => c.cmpxchg(ecx, edx), 0),
        .. Binary("mul", c => c.mul(cl), c => c.mul(cx), c => c.mul(ecx), S | Z | A | P),
        .. Binary("imul", c => c.imul(cl), c => c.imul(cx), c => c.imul(ecx), S | Z | A | P),
        ("imul two", c => c.imul(ebx, ecx), _ => S | Z | A | P),
        ("imul two 16", c => c.imul(bx, cx), _ => S | Z | A | P),
        ("imul three", c => c.imul(ebx, ecx, -77), _ => S | Z | A | P),
        ("imul three 16", c => c.imul(bx, cx, 0x1234), _ => S | Z | A | P),
        .. Shift("shl", c => c.shl(al, cl), c => c.shl(ax, cl), c => c.shl(eax, cl)),
        .. Shift("shr", c => c.shr(al, cl), c => c.shr(ax, cl), c => c.shr(eax, cl)),
        .. Shift("sar", c => c.sar(al, cl), c => c.sar(ax, cl), c => c.sar(eax, cl)),
        .. Rotate("rol", c => c.rol(al, cl), c => c.rol(ax, cl), c => c.rol(eax, cl)),
        .. Rotate("ror", c => c.ror(al, cl), c => c.ror(ax, cl), c => c.ror(eax, cl)),
        .. Rotate("rcl", c => c.rcl(al, cl), c => c.rcl(ax, cl), c => c.rcl(eax, cl)),
        .. Rotate("rcr", c => c.rcr(al, cl), c => c.rcr(ax, cl), c => c.rcr(eax, cl)),
        ("shl 1", c => c.shl(eax, 1), _ => A),
        ("shr 31", c => c.shr(ebx, 31), _ => A | O),
        ("sar 5", c => c.sar(edx, 5), _ => A | O),
        ("shld cl", c => c.shld(eax, edx, cl), s => (s.Ecx & 31) == 0 ? 0 : (s.Ecx & 31) == 1 ? A : A | O),
        ("shrd cl", c => c.shrd(eax, edx, cl), s => (s.Ecx & 31) == 0 ? 0 : (s.Ecx & 31) == 1 ? A : A | O),
        ("shld 16", c => c.shld(ax, dx, 7), _ => A | O),
        ("shrd 16", c => c.shrd(ax, dx, 16), _ => A | O),
        ("bt", c => c.bt(eax, ecx), _ => O | S | A | P),
        ("bts", c => c.bts(eax, ecx), _ => O | S | A | P),
        ("btr", c => c.btr(ax, cx), _ => O | S | A | P),
        ("btc", c => c.btc(eax, 17), _ => O | S | A | P),
        ("bsf", c => c.bsf(eax, ecx), _ => C | O | S | A | P),
        ("bsr", c => c.bsr(eax, ecx), _ => C | O | S | A | P),
        ("bsf 16", c => c.bsf(ax, cx), _ => C | O | S | A | P),
        ("bswap", c => c.bswap(ebx), _ => 0),
        ("cbw", c => c.cbw(), _ => 0),
        ("cwde", c => c.cwde(), _ => 0),
        ("cwd", c => c.cwd(), _ => 0),
        ("cdq", c => c.cdq(), _ => 0),
        ("movzx 8", c => c.movzx(eax, bh), _ => 0),
        ("movzx 16", c => c.movzx(eax, bx), _ => 0),
        ("movsx 8", c => c.movsx(dx, al), _ => 0),
        ("movsx 16", c => c.movsx(edx, ax), _ => 0),
        ("lahf", c => c.lahf(), _ => 0),
        ("sahf", c => c.sahf(), _ => 0),
        ("cmc", c => c.cmc(), _ => 0),
        ("stc", c => c.stc(), _ => 0),
        ("clc", c => c.clc(), _ => 0),
        ("lea", c => c.lea(eax, __[ebx + ecx * 4 - 7]), _ => 0),
        ("cmp, seta", c => { c.cmp(eax, ecx); c.seta(al); c.setl(ah); c.setle(bl); c.setg(bh); }, _ => 0),
        ("sub 8, setcc", c => { c.sub(al, cl); c.setbe(ah); c.setl(bl); c.setge(bh); c.setle(dl); c.sets(dh); }, _ => 0),
        ("dec, setcc", c => { c.dec(ax); c.setb(ah); c.setl(bl); c.setg(bh); c.seto(dl); c.setp(dh); }, _ => 0),
        ("and, setcc", c => { c.and(eax, ecx); c.setb(ah); c.setl(bl); c.setg(bh); c.setne(dl); c.setnp(dh); }, _ => A),
    ];

    [HostFact]
    public void Every_register_form_does_what_the_host_does()
    {
        var random = new Random(Seed);
        foreach (var (name, code, undefined) in s_forms)
        {
            using var host = new HostProcessor(code);
            var pc = TestPc.With(c => { code(c); c.hlt(); });
            for (var i = 0; i < CasesPerForm; i++)
                Compare(name, host, pc, RandomState(random), undefined);
        }
    }

    [HostFact]
    public void Division_does_what_the_host_does_where_it_does_not_fault()
    {
        var random = new Random(Seed);
        const uint all = Flag.Status;
        (string Name, Action<Assembler> Code, Func<HostState, bool> Fits)[] forms =
        [
            ("div 32", c => c.div(ecx), s => s.Ecx > s.Edx),
            ("div 16", c => c.div(cx), s => (ushort)s.Ecx > (ushort)s.Edx),
            ("div 8", c => c.div(cl), s => (byte)s.Ecx > (byte)(s.Eax >> 8)),
            ("idiv 32", c => c.idiv(ecx), s => Quotient((long)((ulong)s.Edx << 32 | s.Eax), (int)s.Ecx, int.MaxValue)),
            ("idiv 16", c => c.idiv(cx), s => Quotient((int)(s.Edx << 16 | s.Eax & 0xFFFF), (short)s.Ecx, short.MaxValue)),
            ("idiv 8", c => c.idiv(cl), s => Quotient((short)s.Eax, (sbyte)s.Ecx, sbyte.MaxValue)),
        ];
        foreach (var (name, code, fits) in forms)
        {
            using var host = new HostProcessor(code);
            var pc = TestPc.With(c => { code(c); c.hlt(); });
            var (compared, faulted) = (0, 0);
            for (var i = 0; i < 4 * CasesPerForm; i++)
            {
                var state = RandomState(random);
                // Half of the dividends are small, so that quotients fit.
                if (i % 2 == 0)
                    state = state with { Edx = (uint)((int)state.Eax >> 31), Ecx = state.Ecx >> i % 31 };
                if (fits(state))
                {
                    Compare(name, host, pc, state, _ => all);
                    compared++;
                }
                else
                {
                    Assert.Equal(Vectors.DivideError, FaultOf(pc, state));
                    faulted++;
                }
            }
            Assert.True(compared > 100 && faulted > 100, $"{name}: {compared} compared, {faulted} faulted");
        }
    }

    private static bool Quotient(long dividend, long divisor, long most) =>
        divisor != 0 && !(dividend == long.MinValue && divisor == -1) && dividend / divisor <= most && dividend / divisor >= -most - 1;

    private static void Compare(string name, HostProcessor host, Pc pc, HostState before, Undefined undefined)
    {
        Set(pc, before);
        pc.Cpu.Halted = false;
        pc.Cpu.Eip = TestPc.Code;
        pc.RunToHalt();
        var expected = host.Execute(before);
        var mask = Flag.Status & ~undefined(before);
        var ours = Get(pc);
        Assert.True(expected with { Flags = expected.Flags & mask } == ours with { Flags = ours.Flags & mask },
            $"{name} (seed {Seed}, compared flags {mask:X})\nbefore {before}\nhost   {expected}\nours   {ours}");
    }

    private static int FaultOf(Pc pc, HostState before)
    {
        Set(pc, before);
        pc.Cpu.Eip = TestPc.Code;
        Assert.True(Decode.TryDecode(pc.Memory.Page(TestPc.Code / 4096).ToArray(), 0, 15, true, out var operation));
        var fault = Assert.Throws<Fault>(() => pc.Cpu.Step(operation));
        Assert.Equal(before, Get(pc));
        Assert.Equal(TestPc.Code, pc.Cpu.Eip.Value);
        return fault.Vector;
    }

    private static void Set(Pc pc, HostState s)
    {
        var cpu = pc.Cpu;
        (cpu.R[0], cpu.R[1], cpu.R[2], cpu.R[3]) = (s.Eax, s.Ecx, s.Edx, s.Ebx);
        (cpu.R[5], cpu.R[6], cpu.R[7], cpu.Eflags) = (s.Ebp, s.Esi, s.Edi, s.Flags);
    }

    private static HostState Get(Pc pc)
    {
        var r = pc.Cpu.R;
        return new(r[0], r[1], r[2], r[3], r[6], r[7], r[5], pc.Cpu.Eflags);
    }

    private static HostState RandomState(Random random) => new(Word(random), Word(random), Word(random), Word(random), Word(random),
        Word(random), Word(random), (uint)random.Next() & Flag.Status | Flag.Reserved);

    private static uint Word(Random random) => random.Next(3) switch
    {
        0 => s_boundaries[random.Next(s_boundaries.Length)],
        1 => (uint)random.Next(64),
        _ => (uint)random.NextInt64(1L << 32),
    };

    private static IEnumerable<(string, Action<Assembler>, Undefined)> Binary(string name, Action<Assembler> narrow,
        Action<Assembler> middle, Action<Assembler> wide, uint undefined) =>
        [($"{name} 8", narrow, _ => undefined), ($"{name} 16", middle, _ => undefined), ($"{name} 32", wide, _ => undefined)];

    /// <summary>SDM vol. 2, SAL/SAR/SHL/SHR: none changes for 0, OF is defined for 1, CF up to the operand's width.</summary>
    private static IEnumerable<(string, Action<Assembler>, Undefined)> Shift(string name, params Action<Assembler>[] forms) =>
        forms.Select((form, i) => ($"{name} {8 << i}", form, (Undefined)(s => (s.Ecx & 31) switch
        {
            0 => 0,
            1 => A,
            var count when count <= 8 << i => A | O,
            _ => A | O | C,
        })));

    private static IEnumerable<(string, Action<Assembler>, Undefined)> Rotate(string name, params Action<Assembler>[] forms) =>
        forms.Select((form, i) => ($"{name} {8 << i}", form, (Undefined)(s => (s.Ecx & 31) > 1 ? O : 0)));
}
