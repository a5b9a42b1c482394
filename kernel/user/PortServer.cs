using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// The root task gives ports up, and its second thread then uses them. The first thread is its pager, and prints the
/// reports of the kernel. It gets the missing ports back from σ0. The last report is about an instruction that no right
/// allows.
/// </summary>
internal static class PortServer
{
    private const uint Stack = RootCode.Data + 0x2000;

    // 60h to 7Fh: the keyboard's ports and the clock's.
    private const uint First = 0x64,
        AtEnd = 0x6F,
        GivenUp = Fpage.PortsTag << 24 | 0x60 << 8 | 5 << 2;
    private const uint Forbidden = 0x0D01;

    public static byte[] File()
    {
        var p = new RootCode();
        var c = p.c;
        var (next, done, wrong) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        p.Unmap(GivenUp);
        p.Elsewhere(() =>
        {
            c.@in(al, (byte)First);
            c.mov(edx, AtEnd);
            c.@in(ax, dx);
            c.@in(al, (byte)First);
            c.hlt();
        });
        p.StartThread(lthread: 1, Stack, ServerThreads.Root.Id);
        p.Receive(ref next, RootCode.Second, wrong);
        c.mov(edi, edx);
        c.mov(ebp, ebx);
        c.mov(ebx, edx);
        p.PrintNumber("ports: reported ");

        // The second word is the address of the instruction: IN with a port, IN with an operand-size prefix, or HLT.
        c.movzx(eax, __byte_ptr[ebp]);
        c.cmp(edi, Forbidden);
        c.je(done);
        c.cmp(al, 0xE4);
        c.sete(bl);
        c.cmp(al, 0x66);
        c.sete(bh);
        c.or(bl, bh);
        c.je(wrong);
        c.mov(edx, edi);
        c.xor(ebx, ebx);
        c.mov(esi, ServerThreads.Sigma0.Id);
        p.Ipc(RootCode.Call, Fpage.Whole | RootCode.AcceptsItems);
        c.cmp(eax, RootCode.MappedDope);
        c.jne(wrong);
        c.mov(esi, RootCode.Second);
        p.Ipc(RootCode.Send, RootCode.Open);
        c.jmp(next);

        c.Label(ref done);
        c.cmp(al, 0xF4);
        c.jne(wrong);
        p.Print("ports: given back");
        p.Exit(0);
        c.Label(ref wrong);
        p.Print("ports: wrong");
        p.Exit(1);
        return p.File();
    }
}
