using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// σ0 owns all memory at boot. It gives each frame to one task, which may ask again, and maps it idempotently. Its
/// clients send the messages and page faults of section 17 of the interface.
/// </summary>
internal static class Sigma0
{
    /// <summary>The link address, below the addresses at which programs are usually linked.</summary>
    public const uint Origin = 0x20000;

    // For each frame, the task that has it, or one of these values. σ0 gives a claimable frame only to a task that asks
    // for it by address.
    private const byte Free = 0,
        Claimable = 0xFE,
        Reserved = 0xFF;

    private const uint Frames = Layout.MemorySize / Layout.PageSize,
        SuperpageFrames = 1024;
    private const uint Data = Origin + 0x1000;
    private const uint Info = Data,
        NextFree = Data + 4,
        Owners = Data + Layout.PageSize;

    // Requests: any page; a frame or 4 MB by address; an I/O fault.
    private const uint AnyPage = 0xFFFFFFFC,
        InfoPage = 1,
        MostFrame = 0x40000000,
        MostSuperpage = 0xC0000000,
        IoFpage = 0xF0;
    private const uint Page = 12 << 2,
        Superpage = 22 << 2,
        Writable = 2;
    private const uint Registers = 0,
        MapItem = 2,
        OpenReceive = 1,
        SendTimeoutZero = 0x10;

    public static byte[] File()
    {
        var code = Program();
        return ElfProgram.Of(Origin, new ProgramSegment(Origin, code, Owners + Frames - Origin));
    }

    private static byte[] Program()
    {
        var p = new UserCode(Origin);
        var c = p.c;
        var (wait, next, refuse, map, reply) = (
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel()
        );
        var (any, info, io, frame, superpage) = (
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel(),
            c.CreateLabel()
        );
        TakeOver(c, wait);

        c.Label(ref wait);
        p.Ipc(Descriptor.None, OpenReceive);
        c.Label(ref next);
        c.test(eax, eax);
        c.jne(wait);

        // CL is the client's task.
        c.mov(ecx, esi);
        c.shr(ecx, 16);
        c.cmp(edx, AnyPage);
        c.je(any);
        c.cmp(edx, InfoPage);
        c.je(info);
        c.cmp(edx, MostFrame);
        c.jbe(frame);
        c.sub(edx, MostFrame);
        c.cmp(edx, MostSuperpage - MostFrame);
        c.jbe(superpage);
        c.add(edx, MostFrame);
        c.mov(eax, edx);
        c.shr(eax, 24);
        c.cmp(eax, IoFpage);
        c.je(io);

        c.Label(ref refuse);
        c.xor(edx, edx);
        c.xor(ebx, ebx);
        c.xor(edi, edi);
        c.mov(eax, Registers);
        c.jmp(reply);

        // EDX is the address, EBX the fpage. A client that is not waiting for its answer loses it.
        c.Label(ref map);
        c.xor(edi, edi);
        c.mov(eax, MapItem);
        c.Label(ref reply);
        c.mov(ecx, SendTimeoutZero);
        c.mov(ebp, OpenReceive);
        c.@int(WaysIn.Int(Entry.Ipc));
        c.jmp(next);

        c.Label(ref info);
        c.cmp(bl, 1);
        c.jne(refuse);
        c.mov(edx, __dword_ptr[Info]);
        c.lea(ebx, __[edx + Page]);
        c.jmp(map);

        // σ0 has all ports, and gives them to the root task only: who has a chip's ports can stop the machine.
        c.Label(ref io);
        c.cmp(cl, (sbyte)ServerThreads.RootTask);
        c.jne(refuse);
        c.mov(ebx, edx);
        c.xor(edx, edx);
        c.jmp(map);

        GiveFrame(c, any, frame, superpage, wait, refuse, map);
        GiveSuperpage(c, superpage, refuse, map);
        return p.Assemble();
    }

    /// <summary>Fills the table of owners from the info page.</summary>
    private static void TakeOver(Assembler c, Label wait)
    {
        var mark = c.CreateLabel();
        c.mov(ebp, __[esp]);
        c.mov(__dword_ptr[Info], ebp);
        c.mov(edi, Owners);
        c.mov(ecx, Frames);
        c.mov(al, Reserved);
        c.rep.stosb();
        Mark(KernelInfo.MainMemory, Free);
        for (var i = 0u; i < 5; i++)
            Mark(KernelInfo.Dedicated + i * 8, Claimable);
        Mark(KernelInfo.Reserved, Reserved);
        Mark(KernelInfo.Reserved1, Reserved);
        Mark(KernelInfo.Root + KernelInfo.StartBegin, (byte)ServerThreads.RootTask);
        foreach (var server in (uint[])[KernelInfo.KernelDebugger, KernelInfo.Sigma0, KernelInfo.Sigma1])
            Mark(server + KernelInfo.StartBegin, Reserved);

        // A free page at address 0 would look like a refusal.
        c.mov(__byte_ptr[Owners], Claimable);
        c.jmp(wait);

        // Sets the owner of all pages in a range to AL. EDX is the offset, in the info page, of the range's first byte
        // and end.
        var none = c.CreateLabel();
        c.Label(ref mark);
        c.mov(edi, __dword_ptr[ebp + edx]);
        c.mov(ecx, __dword_ptr[ebp + edx + 4]);
        c.add(ecx, Layout.PageSize - 1);
        c.shr(edi, 12);
        c.shr(ecx, 12);
        c.cmp(ecx, Frames);
        c.ja(none);
        c.sub(ecx, edi);
        c.jbe(none);
        c.add(edi, Owners);
        c.rep.stosb();
        c.Label(ref none);
        c.ret();

        void Mark(uint offset, byte owner)
        {
            c.mov(edx, offset);
            c.mov(al, owner);
            c.call(mark);
        }
    }

    /// <summary>EDX is an address; for any page it has no meaning. CL is the client's task.</summary>
    private static void GiveFrame(
        Assembler c,
        Label any,
        Label frame,
        Label superpage,
        Label wait,
        Label refuse,
        Label map
    )
    {
        var (search, page, take, give) = (c.CreateLabel(), c.CreateLabel(), c.CreateLabel(), c.CreateLabel());
        c.Label(ref any);
        c.mov(eax, __dword_ptr[NextFree]);
        c.Label(ref search);
        c.cmp(eax, Frames);
        c.jae(refuse);
        c.mov(__dword_ptr[NextFree], eax);
        c.cmp(__byte_ptr[eax + Owners], Free);
        c.je(take);
        c.inc(eax);
        c.jmp(search);

        // With bit 0 and this size, the client asks for the 4 MB around the address. Otherwise the message reports an
        // exception. No answer can help, so the client waits for ever.
        c.Label(ref frame);
        c.test(dl, 1);
        c.je(page);
        c.cmp(bl, (sbyte)Superpage);
        c.je(superpage);
        c.jmp(wait);
        c.Label(ref page);
        c.mov(eax, edx);
        c.shr(eax, 12);
        c.cmp(eax, Frames);
        c.jae(refuse);
        c.mov(ch, __byte_ptr[eax + Owners]);
        c.cmp(ch, cl);
        c.je(give);
        c.cmp(ch, Free);
        c.je(take);
        c.cmp(ch, unchecked((sbyte)Claimable));
        c.jne(refuse);
        c.Label(ref take);
        c.mov(__byte_ptr[eax + Owners], cl);
        c.Label(ref give);
        c.shl(eax, 12);
        c.mov(edx, eax);
        c.lea(ebx, __[eax + (Page | Writable)]);
        c.jmp(map);
    }

    /// <summary>
    /// EDX is an address in the 4 MB, and CL is the client's task, which gets all of its frames or none.
    /// </summary>
    private static void GiveSuperpage(Assembler c, Label superpage, Label refuse, Label map)
    {
        var (check, good) = (c.CreateLabel(), c.CreateLabel());
        c.Label(ref superpage);
        c.shr(edx, 22);
        c.cmp(edx, Frames / SuperpageFrames);
        c.jae(refuse);
        c.mov(edi, edx);
        c.shl(edi, 10);
        c.add(edi, Owners);
        c.mov(ebp, SuperpageFrames - 1);
        c.Label(ref check);
        c.mov(al, __byte_ptr[edi + ebp]);
        c.cmp(al, cl);
        c.je(good);
        c.cmp(al, Free);
        c.je(good);
        c.cmp(al, unchecked((sbyte)Claimable));
        c.jne(refuse);
        c.Label(ref good);
        c.dec(ebp);
        c.jns(check);
        c.mov(al, cl);
        c.mov(ecx, SuperpageFrames);
        c.rep.stosb();
        c.shl(edx, 22);
        c.lea(ebx, __[edx + (Superpage | Writable)]);
        c.jmp(map);
    }
}
