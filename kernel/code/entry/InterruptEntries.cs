using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Tables;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>Device interrupts: the messages to their handlers, and the masks of the interrupt controllers.</summary>
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
            DefineLabel($"interrupt_{id - 1}");
            c.pushad();
            c.mov(edi, id);
            c.jmp(id - 1 < PicPorts.Lines ? first : second);
        }

        // In user mode, while idle, or between two steps on mappings, ESP points at a frame, but not always at the
        // current thread's. The ends of interrupt are specific, so that a spurious interrupt ends no other interrupt.
        DefineLabel(ref first);
        LoadSegment();
        InterruptBit();
        c.or(eax, Variable(_layout.Masked));
        c.mov(Variable(_layout.Masked), eax);
        c.@out((byte)PicPorts.MasterData, al);
        c.lea(eax, __[edi + (PicPorts.SpecificEnd - 1)]);
        c.@out((byte)PicPorts.MasterCommand, al);
        c.jmp(find);

        DefineLabel(ref second);
        LoadSegment();
        InterruptBit();
        c.or(eax, Variable(_layout.Masked));
        c.mov(Variable(_layout.Masked), eax);
        c.shr(eax, (byte)PicPorts.Lines);
        c.@out((byte)PicPorts.SlaveData, al);
        c.lea(eax, __[edi + (PicPorts.SpecificEnd - 1 - PicPorts.Lines)]);
        c.@out((byte)PicPorts.SlaveCommand, al);
        c.mov(eax, PicPorts.SpecificEnd + Interrupts.Cascade);
        c.@out((byte)PicPorts.MasterCommand, al);

        // If the handler is waiting for anyone, or for this interrupt, it gets the message now. Otherwise the interrupt
        // is pending.
        DefineLabel(ref find);
        c.mov(ebp, OfInterrupt(edi, _layout.HandlerPointer));
        c.cmp(ebp, Nobody);
        c.je(done);
        c.mov(eax, Row(ebp, Layout.Status));
        c.and(eax, StoredStatus.Mask);
        c.cmp(eax, StoredStatus.ReceivingAny);
        c.je(tell);
        c.cmp(eax, StoredStatus.Sleeping);
        c.jne(later);
        c.cmp(Row(ebp, Layout.Esi), edi);
        c.je(tell);
        c.Label(ref later);
        c.mov(OfInterrupt(edi, Layout.PendingNumber), 1);
        c.Label(ref done);
        c.cmp(Current(Layout.Cs), Layout.KernelCode);
        c.jne(_exit);
        c.popad();
        c.iretd();

        DefineLabel(ref tell);
        c.xor(eax, eax);
        c.mov(Row(ebp, Layout.Eax), eax);
        foreach (var word in Words)
            c.mov(Row(ebp, word), eax);
        c.mov(Row(ebp, Layout.Esi), edi);
        RemoveTimer();
        c.mov(Row(ebp, Layout.Status), StoredStatus.Ready);
        AddReady();
        c.jmp(_leave);
    }

    /// <summary>
    /// The receive phase of the current thread, open or closed from its interrupt, EDI. If the interrupt is pending,
    /// the phase ends with its message. Otherwise the line is unmasked; then waiting senders come next, or the thread
    /// sleeps.
    /// </summary>
    private void ReceiveInterrupt(ref Label own, Label finish, Label senders, Label sleep)
    {
        var pending = c.CreateLabel("receive_pending");
        var fires = c.CreateLabel("receive_interrupt_on");
        DefineLabel(ref own);
        c.cmp(OfInterrupt(edi, Layout.PendingNumber), 0);
        c.jne(pending);
        InterruptBit();
        c.test(Variable(_layout.Masked), eax);
        c.je(fires);
        c.not(eax);
        c.and(eax, Variable(_layout.Masked));
        WriteMasks();
        DefineLabel(ref fires);
        c.test(Current(Layout.Ebp), 1);
        c.jne(senders);
        c.jmp(sleep);

        DefineLabel(ref pending);
        c.xor(eax, eax);
        c.mov(OfInterrupt(edi, Layout.PendingNumber), eax);
        c.mov(Current(Layout.Esi), edi);
        foreach (var word in Words)
            c.mov(Current(word), eax);
        c.jmp(finish);
    }

    /// <summary>
    /// Associates interrupt EDI with the current thread. Jumps to <paramref name="not"/> if one of these holds:
    /// <list type="bullet">
    /// <item>The thread already has an interrupt.</item>
    /// <item>The interrupt has a handler, or is the kernel's.</item>
    /// <item>The receive timeout is not zero.</item>
    /// </list>
    /// </summary>
    private void Associate(Label not)
    {
        c.cmp(Current(Layout.Handles), 0);
        c.jne(not);
        c.cmp(OfInterrupt(edi, _layout.HandlerPointer), Nobody);
        c.jne(not);
        c.cmp(edi, Interrupts.Timer + 1);
        c.je(not);
        c.cmp(edi, Interrupts.Cascade + 1);
        c.je(not);
        c.mov(eax, Current(Layout.Ecx));
        c.test(eax, 0x0F);
        c.je(not);
        c.test(eax, 0xFF000000);
        c.jne(not);
        LoadCurrentRow(eax);
        c.mov(OfInterrupt(edi, _layout.HandlerPointer), eax);
        c.mov(Current(Layout.Handles), edi);
    }

    /// <summary>Ends the association of a thread with its interrupt, if there is one. Uses EAX, ECX, EDI.</summary>
    private void Dissociate(AssemblerMemoryOperand handles, Label done)
    {
        c.mov(edi, handles);
        c.test(edi, edi);
        c.je(done);
        c.mov(handles, 0);
        c.mov(OfInterrupt(edi, _layout.HandlerPointer), Nobody);
        c.mov(OfInterrupt(edi, Layout.PendingNumber), 0);
        InterruptBit();
        c.or(eax, Variable(_layout.Masked));
        WriteMasks();
    }

    /// <summary>EAX = the bit of interrupt EDI in the masks. Uses ECX.</summary>
    private void InterruptBit()
    {
        c.lea(ecx, __[edi - 1]);
        Bit();
    }

    /// <summary>EAX becomes the mask of both controllers.</summary>
    private void WriteMasks()
    {
        c.mov(Variable(_layout.Masked), eax);
        c.@out((byte)PicPorts.MasterData, al);
        c.shr(eax, (byte)PicPorts.Lines);
        c.@out((byte)PicPorts.SlaveData, al);
    }

    /// <summary>A field of the interrupt whose id is in a register.</summary>
    private AssemblerMemoryOperand OfInterrupt(AssemblerRegister32 id, Field field) =>
        __dword_ptr[id * 8 + (_layout.Interrupts.Base + field.Offset)];
}
