using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>Interrupts of devices: the messages to their handlers, and what the interrupt controllers mask.</summary>
internal sealed partial class KernelProgram
{
    private void DeviceInterrupts()
    {
        var first = c.CreateLabel("interrupt_first");
        var second = c.CreateLabel("interrupt_second");
        var find = c.CreateLabel("interrupt_handler");
        var later = c.CreateLabel();
        var tell = c.CreateLabel("interrupt_message");
        var done = c.CreateLabel();
        foreach (var id in Interrupts.OfUsers)
        {
            Mark($"interrupt_{id - 1}");
            c.pushad();
            c.mov(edi, id);
            c.jmp(id - 1 < Pic.Lines ? first : second);
        }

        // In user mode, idle or between steps on mappings: ESP is at a frame, but not always at the current thread's.
        // The ends of interrupt are specific, so that one which no device raised ends no other.
        Mark(ref first);
        LoadSegment();
        InterruptBit();
        c.or(eax, The(_layout.Masked));
        c.mov(The(_layout.Masked), eax);
        c.@out((byte)Pic.MasterData, al);
        c.lea(eax, __[edi + (Pic.SpecificEnd - 1)]);
        c.@out((byte)Pic.MasterCommand, al);
        c.jmp(find);

        Mark(ref second);
        LoadSegment();
        InterruptBit();
        c.or(eax, The(_layout.Masked));
        c.mov(The(_layout.Masked), eax);
        c.shr(eax, (byte)Pic.Lines);
        c.@out((byte)Pic.SlaveData, al);
        c.lea(eax, __[edi + (Pic.SpecificEnd - 1 - Pic.Lines)]);
        c.@out((byte)Pic.SlaveCommand, al);
        c.mov(eax, Pic.SpecificEnd + Interrupts.Cascade);
        c.@out((byte)Pic.MasterCommand, al);

        // Its handler, if any, waits for anyone, or for this one: or it is told later.
        Mark(ref find);
        c.mov(ebp, OfInterrupt(edi, _layout.HandlerPointer));
        c.cmp(ebp, Nobody);
        c.je(done);
        c.mov(eax, At(ebp, Layout.Status));
        c.and(eax, StoredStatus.Mask);
        c.cmp(eax, StoredStatus.ReceivingAny);
        c.je(tell);
        c.cmp(eax, StoredStatus.Sleeping);
        c.jne(later);
        c.cmp(At(ebp, Layout.Esi), edi);
        c.je(tell);
        c.Label(ref later);
        c.mov(OfInterrupt(edi, Layout.PendingNumber), 1);
        c.Label(ref done);
        c.cmp(Me(Layout.Cs), Layout.KernelCode);
        c.jne(_exit);
        c.popad();
        c.iretd();

        Mark(ref tell);
        c.xor(eax, eax);
        c.mov(At(ebp, Layout.Eax), eax);
        foreach (var word in Words)
            c.mov(At(ebp, word), eax);
        c.mov(At(ebp, Layout.Esi), edi);
        RemoveTimer();
        c.mov(At(ebp, Layout.Status), StoredStatus.Ready);
        AddReady();
        c.jmp(_leave);
    }

    /// <summary>
    /// The receive phase of the current thread, from its interrupt, EDI, or open. If it is pending the phase ends with
    /// it; else the line may fire, and those who send come next, or I sleep.
    /// </summary>
    private void ReceiveInterrupt(ref Label own, Label finish, Label senders, Label sleep)
    {
        var pending = c.CreateLabel("receive_pending");
        var fires = c.CreateLabel("receive_interrupt_on");
        Mark(ref own);
        c.cmp(OfInterrupt(edi, Layout.PendingNumber), 0);
        c.jne(pending);
        InterruptBit();
        c.test(The(_layout.Masked), eax);
        c.je(fires);
        c.not(eax);
        c.and(eax, The(_layout.Masked));
        WriteMasks();
        Mark(ref fires);
        c.test(Me(Layout.Ebp), 1);
        c.jne(senders);
        c.jmp(sleep);

        Mark(ref pending);
        c.xor(eax, eax);
        c.mov(OfInterrupt(edi, Layout.PendingNumber), eax);
        c.mov(Me(Layout.Esi), edi);
        foreach (var word in Words)
            c.mov(Me(word), eax);
        c.jmp(finish);
    }

    /// <summary>
    /// Interrupt EDI becomes the current thread's, unless it is another's or the kernel's, I have one, or my timeout is
    /// not zero.
    /// </summary>
    private void Associate(Label not)
    {
        c.cmp(Me(Layout.Handles), 0);
        c.jne(not);
        c.cmp(OfInterrupt(edi, _layout.HandlerPointer), Nobody);
        c.jne(not);
        c.cmp(edi, Interrupts.Timer + 1);
        c.je(not);
        c.cmp(edi, Interrupts.Cascade + 1);
        c.je(not);
        c.mov(eax, Me(Layout.Ecx));
        c.test(eax, 0x0F);
        c.je(not);
        c.test(eax, 0xFF000000);
        c.jne(not);
        LoadMe(eax);
        c.mov(OfInterrupt(edi, _layout.HandlerPointer), eax);
        c.mov(Me(Layout.Handles), edi);
    }

    /// <summary>A thread's interrupt, if it has one, is nobody's. Uses EAX, ECX, EDI.</summary>
    private void Dissociate(AssemblerMemoryOperand handles, Label done)
    {
        c.mov(edi, handles);
        c.test(edi, edi);
        c.je(done);
        c.mov(handles, 0);
        c.mov(OfInterrupt(edi, _layout.HandlerPointer), Nobody);
        c.mov(OfInterrupt(edi, Layout.PendingNumber), 0);
        InterruptBit();
        c.or(eax, The(_layout.Masked));
        WriteMasks();
    }

    /// <summary>EAX = the bit of interrupt EDI among those that are masked. Uses ECX.</summary>
    private void InterruptBit()
    {
        c.lea(ecx, __[edi - 1]);
        Bit();
    }

    /// <summary>EAX is what is masked from now on.</summary>
    private void WriteMasks()
    {
        c.mov(The(_layout.Masked), eax);
        c.@out((byte)Pic.MasterData, al);
        c.shr(eax, (byte)Pic.Lines);
        c.@out((byte)Pic.SlaveData, al);
    }

    /// <summary>A field of the interrupt whose id is in a register.</summary>
    private AssemblerMemoryOperand OfInterrupt(AssemblerRegister32 id, Field field) =>
        __dword_ptr[id * 8 + (_layout.Interrupts.Base + field.Offset)];
}
