using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// A root task that is the pager of a second task, on top of σ0: it maps its own code to the child to be read, and for all else pages that it
/// has got from σ0. It sees what the child writes to them, takes a page away again (flush), and gives one for good (grant).
/// </summary>
internal static class MemoryServer
{
    private const uint Stack = 0x08001000, First = 0x08100000, Second = 0x08200000, Pages = RootCode.Window;
    private const uint Pattern = 0x600DF00D, Done = 1, FlushFirst = 3, WholePage = RootCode.Page | RootCode.Writable, Grant = 1;
    private const byte FpageUnmap = 0x32;
    private const uint Unmap = 2;

    // Pages got from σ0 so far; the one that the child has at First.
    private static AssemblerMemoryOperand Count => __dword_ptr[RootCode.Data];
    private static AssemblerMemoryOperand Shared => __dword_ptr[RootCode.Data + 4];

    public static byte[] File()
    {
        var p = new RootCode();
        var c = p.c;
        var (wait, next, own, done, flush, wrong) =
            (c.CreateLabel(), c.CreateLabel(), c.CreateLabel(), c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        var (reply, map, notFirst, fresh) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        p.Elsewhere(() => Child(p));
        p.StartTask(Stack);
        c.test(esi, esi);
        c.je(wrong);

        c.Label(ref wait);
        p.Ipc(Descriptor.None, RootCode.Open);
        c.Label(ref next);
        c.test(eax, eax);
        c.jne(wrong);
        c.cmp(esi, RootCode.Child);
        c.jne(wrong);
        c.cmp(edx, Done);
        c.je(done);
        c.cmp(edx, FlushFirst);
        c.je(flush);

        // A page fault: EDX the address.
        c.and(edx, ~(Layout.PageSize - 1));
        c.mov(eax, edx);
        c.sub(eax, RootCode.Origin);
        c.cmp(eax, RootCode.Data - RootCode.Origin);
        c.jb(own);

        // A new page, at Pages + number * 4096, which the child has where it faulted.
        c.mov(__dword_ptr[RootCode.Data + 8], edx);
        c.mov(eax, Count);
        c.inc(Count);
        c.shl(eax, 12);
        c.lea(eax, __[eax + (Pages | RootCode.Page | RootCode.AcceptsItems)]);
        c.mov(ebp, eax);
        c.mov(edx, 0xFFFFFFFC);
        c.mov(esi, ServerThreads.Sigma0.Id);
        c.mov(eax, RootCode.Call);
        c.xor(ecx, ecx);
        c.@int((byte)Layout.IpcVector);
        c.cmp(eax, RootCode.MappedDope);
        c.jne(wrong);
        c.lea(ebx, __[ebp + (int)(RootCode.Writable - RootCode.AcceptsItems)]);
        c.mov(edx, __dword_ptr[RootCode.Data + 8]);
        c.cmp(edx, First);
        c.jne(notFirst);
        c.mov(Shared, ebx);
        c.Label(ref notFirst);
        c.cmp(edx, Second);
        c.jne(map);
        c.or(ebx, Grant);
        c.jmp(map);

        c.Label(ref own);
        c.lea(ebx, __[edx + RootCode.Page]);
        c.Label(ref map);
        c.mov(esi, RootCode.Child);
        c.mov(eax, RootCode.MapItems);
        c.Label(ref reply);
        c.xor(ecx, ecx);
        c.mov(ebp, RootCode.Open);
        c.@int((byte)Layout.IpcVector);
        c.jmp(next);

        // The child has written to First: the pattern is here too; then the page is taken from it.
        c.Label(ref flush);
        c.mov(ebx, Shared);
        c.and(ebx, ~(Layout.PageSize - 1));
        c.cmp(__dword_ptr[ebx], Pattern);
        c.jne(wrong);
        p.Print("memory: the child's words are here");
        c.mov(eax, Shared);
        c.mov(ecx, Unmap);
        c.@int(FpageUnmap);
        c.mov(esi, RootCode.Child);
        c.xor(edx, edx);
        c.mov(eax, RootCode.Send);
        c.jmp(reply);

        c.Label(ref done);
        c.cmp(ebx, Pattern);
        c.jne(wrong);
        p.Print("memory: mapped, flushed, mapped anew, granted");
        p.Exit(0);
        c.Label(ref wrong);
        p.Print("memory: wrong");
        p.Exit(1);
        return p.File();
    }

    /// <summary>Writes to a page; has it taken away, and finds a new one in its place; writes to a granted one; tells what it read there.</summary>
    private static void Child(RootCode p)
    {
        var c = p.c;
        var empty = c.CreateLabel();
        c.mov(__dword_ptr[First], Pattern);
        c.mov(esi, ServerThreads.Root.Id);
        c.mov(edx, FlushFirst);
        p.Ipc(RootCode.Call, RootCode.Closed);
        c.mov(ebx, 0);
        c.cmp(__dword_ptr[First], Pattern);
        c.je(empty);
        c.mov(__dword_ptr[Second], Pattern);
        c.mov(ebx, __dword_ptr[Second]);
        c.Label(ref empty);
        c.mov(esi, ServerThreads.Root.Id);
        c.mov(edx, Done);
        p.Ipc(RootCode.Send, Descriptor.None);
        p.Sleep();
    }
}
