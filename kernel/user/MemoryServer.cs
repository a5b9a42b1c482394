using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// A memory server. The root task maps one page to a client in another task, grants it another page, and flushes the
/// first. It is also the client's pager, for its code, its stack and the ports for printing.
/// </summary>
internal static class MemoryServer
{
    // The client's requests. No page fault can have these addresses.
    private const uint Map = 0xFFFFFF10,
        Grant = 0xFFFFFF20,
        Flush = 0xFFFFFF30;

    // The pages of the server and of the client, and the words that each writes.
    private const uint Mapped = RootCode.Window,
        Granted = Mapped + Layout.PageSize,
        Client = 0x20000000,
        ClientStack = RootCode.Data + 0x4000;
    private const uint Greeting = 0x11111111,
        Answer = 0x22222222,
        Gift = 0x33333333;

    public static byte[] File()
    {
        var p = new RootCode();
        var c = p.c;
        var (next, reply, ports, map, grant, flush) = (
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel()
        );
        var (missed, wrong) = (c.CreateLabel(), c.CreateLabel());
        p.AskSigma0(0xFFFFFFFC, 0, Mapped);
        p.AskSigma0(0xFFFFFFFC, 0, Granted);
        p.Elsewhere(() => Run(p));
        p.StartTask(ClientStack);
        p.Receive(ref next, RootCode.Child, wrong);
        c.cmp(edx, Map);
        c.je(map);
        c.cmp(edx, Grant);
        c.je(grant);
        c.cmp(edx, Flush);
        c.je(flush);
        c.mov(eax, edx);
        c.shr(eax, 24);
        c.cmp(eax, Fpage.PortsTag);
        c.je(ports);

        // The client's pages have the same addresses as the server's. The server gets such a page by reading it.
        c.and(edx, ~(Layout.PageSize - 1));
        c.mov(eax, edx);
        c.sub(eax, RootCode.Origin);
        c.cmp(eax, ClientStack - RootCode.Origin);
        c.jae(missed);
        c.mov(eax, __dword_ptr[edx]);
        c.lea(ebx, __[edx + (RootCode.Page | RootCode.Writable)]);
        c.Label(ref reply);
        c.mov(esi, RootCode.Child);
        p.Ipc(RootCode.MapItems, RootCode.Open);
        c.jmp(next);

        c.Label(ref ports);
        c.mov(ebx, edx);
        c.jmp(reply);

        c.Label(ref map);
        c.mov(__dword_ptr[Mapped], Greeting);
        c.mov(ebx, Mapped | RootCode.Page | RootCode.Writable);
        c.jmp(reply);

        c.Label(ref grant);
        c.mov(__dword_ptr[Granted], Gift);
        c.mov(ebx, Granted | RootCode.Page | RootCode.Writable | Fpage.Grant);
        c.jmp(reply);

        c.Label(ref flush);
        c.mov(ebx, __dword_ptr[Mapped]);
        p.PrintNumber("memory: the client wrote ");
        c.mov(eax, Mapped | RootCode.Page);
        c.mov(ecx, Fpage.Unmap);
        c.@int(WaysIn.Int(Entry.FpageUnmap));
        c.mov(esi, RootCode.Child);
        p.Ipc(RootCode.Send, RootCode.Open);
        c.jmp(next);

        c.Label(ref missed);
        c.mov(ebx, edx);
        p.PrintNumber("memory: flushed, and missed at ");
        p.Exit(0);
        c.Label(ref wrong);
        p.Print("memory: wrong");
        p.Exit(1);
        return p.File();
    }

    private static void Run(RootCode p)
    {
        var c = p.c;
        p.Print("memory: a client in a task of its own");
        Ask(p, Map, Client | RootCode.Page | RootCode.AcceptsItems);
        c.mov(ebx, __dword_ptr[Client]);
        p.PrintNumber("memory: mapped, it holds ");
        c.mov(__dword_ptr[Client], Answer);
        Ask(p, Grant, Client + Layout.PageSize | RootCode.Page | RootCode.AcceptsItems);
        c.mov(ebx, __dword_ptr[Client + Layout.PageSize]);
        p.PrintNumber("memory: granted, it holds ");
        Ask(p, Flush, RootCode.Closed);
        c.mov(ebx, __dword_ptr[Client + Layout.PageSize]);
        p.PrintNumber("memory: what was granted stays, and holds ");
        c.mov(ebx, __dword_ptr[Client]);
        p.Sleep();
    }

    private static void Ask(RootCode p, uint what, uint receive)
    {
        p.c.mov(edx, what);
        p.c.mov(esi, ServerThreads.Root.Id);
        p.Ipc(RootCode.Call, receive);
    }
}
