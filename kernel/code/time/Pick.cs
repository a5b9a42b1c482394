using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>The scheduler, the switch to another thread, and the idle processor.</summary>
internal sealed partial class KernelProgram
{
    private Label _pick,
        _switchTo;

    private void Pick()
    {
        var other = c.CreateLabel("pick_other");
        var none = c.CreateLabel("pick_none");
        var idle = c.CreateLabel("pick_idle");
        var taken = c.CreateLabel();
        var compete = c.CreateLabel();

        // CUT POINT: the current thread, saved, leaves the processor or keeps it.
        DefineLabel(ref _pick);
        LoadCurrent();
        var search = GreatestPriority(none);
        c.cmp(eax, Current(Layout.Priority));
        c.jae(other);
        c.cmp(Current(Layout.Slice), 0);
        c.je(other);
        c.mov(ecx, Current(Layout.Status));
        c.and(ecx, StoredStatus.Mask);
        c.je(_exit);
        c.cmp(ecx, StoredStatus.Mapping);
        c.je(_map);

        // Picks the next thread of that priority after the one picked last.
        DefineLabel(ref other);
        c.mov(esi, eax);
        NextReady();
        c.mov(Element(_layout.Picked, esi), eax);
        c.mov(edi, eax);
        RemoveReady();

        // If the current thread is ready or mapping, it competes from now on, provided that it has time.
        c.mov(eax, Current(Layout.Status));
        c.and(eax, StoredStatus.Mask);
        c.je(compete);
        c.cmp(eax, StoredStatus.Mapping);
        c.jne(taken);
        c.Label(ref compete);
        LoadCurrentRow(ebp);
        AddReady();
        c.Label(ref taken);
        RowOfNumber(esi, edi);
        SwitchTo();

        DefineLabel(ref none);
        NoneFound(search);
        c.mov(Variable(_layout.Top), 0);
        c.cmp(Current(Layout.Slice), 0);
        c.je(idle);
        c.mov(eax, Current(Layout.Status));
        c.and(eax, StoredStatus.Mask);
        c.je(_exit);
        c.cmp(eax, StoredStatus.Mapping);
        c.je(_map);
        DefineLabel(ref idle);
        c.mov(Variable(_layout.TssStack), Nobody + Layout.ThreadSize);

        // An interrupt in ring 0 pushes no stack pointer. This leaves room for it, so that the frame has its usual
        // place.
        c.mov(esp, Nobody + Layout.Esp.Offset);
        c.sti();
        var halt = c.CreateLabel("idle_halt");
        DefineLabel(ref halt);
        c.hlt();
        c.jmp(halt);
    }

    /// <summary>
    /// Gives the processor to the thread at ESI, which is ready, resuming or mapping, and is in no ready set.
    /// </summary>
    private void SwitchTo()
    {
        DefineLabel(ref _switchTo);
        c.lea(eax, __[esi + Layout.ThreadSize]);
        c.mov(Variable(_layout.TssStack), eax);
        c.mov(eax, Row(esi, Layout.Status));
        c.and(eax, StoredStatus.Mask);
        c.cmp(eax, StoredStatus.Resuming);
        c.je(_receive);
        c.cmp(eax, StoredStatus.Mapping);
        c.je(_map);
        c.jmp(_exit);
    }
}
