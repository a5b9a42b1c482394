using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>The common parts of the root tasks: link address, requests to σ0, code of other threads.</summary>
internal sealed class RootCode() : UserCode(Origin)
{
    /// <summary>The link address of the root tasks.</summary>
    public const uint Origin = 0x400000;

    /// <summary>Memory that is zero at boot.</summary>
    public const uint Data = Origin + 0x2000;

    /// <summary>No page is mapped from this address on.</summary>
    public const uint Window = 0x10000000;

    public const uint Call = 0,
        Send = 0,
        MapItems = 2,
        Closed = 0,
        Open = 1,
        AcceptsItems = 2;

    /// <summary>The size bits of a page in an fpage, and its right to write.</summary>
    public const uint Page = 12 << 2,
        Writable = 2;

    /// <summary>EAX of a message with map items that arrived.</summary>
    public const uint MappedDope = 2;

    private const uint DataSize = 0x4000;

    /// <summary>
    /// Calls σ0 with two words. The page that σ0 maps arrives at <paramref name="window"/>. If that fails, ends the
    /// run.
    /// </summary>
    public void AskSigma0(uint w0, uint w1, uint window)
    {
        var mapped = c.CreateLabel();
        c.mov(esi, ServerThreads.Sigma0.Id);
        c.mov(edx, w0);
        c.mov(ebx, w1);
        Ipc(Call, window | Page | AcceptsItems);
        c.cmp(eax, MappedDope);
        c.je(mapped);
        Print("sigma0 does not give it");
        Exit(1);
        c.Label(ref mapped);
    }

    /// <summary>
    /// Waits for the first message. The code at <paramref name="next"/> checks each message: it must be from one thread
    /// and without an error.
    /// </summary>
    public void Receive(ref Label next, uint from, Label wrong)
    {
        Ipc(Descriptor.None, Open);
        c.Label(ref next);
        c.test(eax, eax);
        c.jne(wrong);
        c.cmp(esi, from);
        c.jne(wrong);
    }

    /// <summary>Emits the code of another thread, which does not run here. Leaves its address in EDX.</summary>
    public void Elsewhere(Action code)
    {
        var here = c.CreateLabel();
        c.call(here);
        code();
        c.Label(ref here);
        c.pop(edx);
    }

    /// <summary>
    /// Starts an lthread of the root task at EDX with lthread_ex_regs. Its pager is σ0 unless another one is given.
    /// </summary>
    public void StartThread(uint lthread, uint stack, uint? pager = null)
    {
        c.mov(eax, lthread);
        c.mov(ecx, stack);
        c.mov(ebx, ThreadId.Invalid);
        c.mov(esi, pager ?? ServerThreads.Sigma0.Id);
        c.@int(WaysIn.Int(Entry.LthreadExRegs));
    }

    /// <summary>Removes pages or ports from the root task's own space (fpage_unmap). Uses EAX, ECX.</summary>
    public void Unmap(uint fpage)
    {
        c.mov(eax, fpage);
        c.mov(ecx, Fpage.Own | Fpage.Unmap);
        c.@int(WaysIn.Int(Entry.FpageUnmap));
    }

    /// <summary>The second thread of the root task.</summary>
    public const uint Second = 0x04040401;

    /// <summary>Starts the first thread of task 5 at EDX, with the root task as its pager (task_new).</summary>
    public void StartTask(uint stack)
    {
        c.mov(eax, 255);
        c.mov(ecx, stack);
        c.mov(ebx, ServerThreads.Root.Id);
        c.mov(esi, Child);
        c.@int(WaysIn.Int(Entry.TaskNew));
    }

    /// <summary>The first thread of task 5.</summary>
    public const uint Child = 0x04050001;

    public byte[] File()
    {
        var code = Assemble();
        if (code.Length > Data - Origin)
            throw new ImageException(
                $"the root task has {code.Length} bytes of code, but there is room for {Data - Origin}"
            );
        return ElfProgram.Of(Origin, new ProgramSegment(Origin, code, Data + DataSize - Origin));
    }
}
