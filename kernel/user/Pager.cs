using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// A pager stacked on σ0. A second thread of the root task writes to unmapped addresses. The first thread is its pager:
/// it prints each fault, and makes σ0 map a free page there. When the pager unmaps a page, the next access faults again
/// and gets an empty page.
/// </summary>
internal static class Pager
{
    private const uint Finish = 0xFFFFFFFF,
        Pages = 3,
        Stack = RootCode.Data + 0x2000,
        Again = RootCode.Window + Layout.PageSize;

    public static byte[] File()
    {
        var p = new RootCode();
        var c = p.c;
        var (next, done, wrong) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        p.Elsewhere(() => Client(p));
        p.StartThread(lthread: 1, Stack, ServerThreads.Root.Id);
        p.Receive(ref next, RootCode.Second, wrong);
        c.cmp(edx, Finish);
        c.je(done);
        c.mov(edi, edx);
        c.mov(ebx, edx);
        p.PrintNumber("pager: missed ");

        // Any page, into a window at the address of the fault.
        c.mov(edx, 0xFFFFFFFC);
        c.mov(esi, ServerThreads.Sigma0.Id);
        c.mov(ebp, edi);
        c.and(ebp, ~(Layout.PageSize - 1));
        c.or(ebp, RootCode.Page | RootCode.AcceptsItems);
        c.xor(eax, eax);
        c.xor(ecx, ecx);
        c.@int(WaysIn.Int(Entry.Ipc));
        c.cmp(eax, RootCode.MappedDope);
        c.jne(wrong);
        c.mov(esi, RootCode.Second);
        p.Ipc(RootCode.Send, RootCode.Open);
        c.jmp(next);

        c.Label(ref done);
        p.Print("pager: its client found all as it should be");
        p.Exit(0);
        c.Label(ref wrong);
        p.Print("pager: wrong");
        p.Exit(1);
        return p.File();
    }

    private static void Client(RootCode p)
    {
        var c = p.c;
        var (write, read, wrong) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        c.mov(edi, RootCode.Window);
        c.Label(ref write);
        c.mov(__dword_ptr[edi + 8], edi);
        c.add(edi, Layout.PageSize);
        c.cmp(edi, RootCode.Window + Pages * Layout.PageSize);
        c.jne(write);
        c.Label(ref read);
        c.sub(edi, Layout.PageSize);
        c.cmp(__dword_ptr[edi + 8], edi);
        c.jne(wrong);
        c.cmp(edi, RootCode.Window);
        c.jne(read);

        p.Unmap(Again | RootCode.Page);
        c.cmp(__dword_ptr[Again + 8], 0);
        c.jne(wrong);
        c.mov(edx, Finish);
        c.Label(ref wrong);
        c.mov(esi, ServerThreads.Root.Id);
        p.Ipc(RootCode.Send, Descriptor.None);
        p.Sleep();
    }
}
