using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>The ways into the kernel other than ipc and exceptions.</summary>
internal sealed partial class KernelProgram
{
    /// <summary>Saves the registers; the thread may have loaded any user segment.</summary>
    private void Enter()
    {
        c.pushad();
        LoadSegment();
    }

    /// <summary>The only segment register, beside CS and SS, that the kernel uses.</summary>
    private void LoadSegment()
    {
        c.mov(eax, Layout.KernelData);
        c.mov(ds, eax);
    }

    private void IdNearest()
    {
        var named = c.CreateLabel();
        Mark("id_nearest");
        Enter();
        c.mov(Me(Layout.Eax), 0);
        c.test(esi, esi);
        c.jne(named);
        c.mov(eax, Me(Layout.Id));
        c.mov(Me(Layout.Esi), eax);
        c.Label(ref named);
        c.jmp(_exit);
    }

    private Label _switchAway;

    private void ThreadSwitch()
    {
        _switchAway = c.CreateLabel("switch_away");
        var yield = c.CreateLabel("thread_switch_yield");
        Mark("thread_switch");
        Enter();

        // The target is ready, resuming or mapping, and not myself.
        RowAddress(ebp, esi);
        c.cmp(At(ebp, Layout.Id), esi);
        c.jne(yield);
        c.mov(eax, At(ebp, Layout.Status));
        UnlessCompetes(yield);
        LoadMe(eax);
        c.cmp(ebp, eax);
        c.je(yield);

        // It gets what is left of my slice, 255 at most: (sum - 255 if that is negative) + 255.
        c.mov(eax, At(ebp, Layout.Slice));
        c.add(eax, Me(Layout.Slice));
        c.sub(eax, 255);
        c.sbb(ecx, ecx);
        c.and(eax, ecx);
        c.add(eax, 255);
        c.mov(At(ebp, Layout.Slice), eax);
        RenewSlice();

        // The processor: the target, at EBP, leaves its ready set, I enter mine.
        Mark(ref _switchAway);
        Number(edi, ebp);
        c.mov(esi, At(ebp, Layout.Priority));
        RemoveReady();
        c.mov(esi, ebp);
        LoadMe(ebp);
        AddReady();
        c.jmp(_switchTo);

        Mark(ref yield);
        RenewSlice();
        c.jmp(_pick);
    }

    private void Tick()
    {
        _wake = c.CreateLabel("wake");
        Mark("tick");
        Enter();
        c.mov(eax, Pic.EndOfInterrupt);
        c.@out((byte)Pic.MasterCommand, al);

        c.inc(The(_layout.Clock));
        c.add(__dword_ptr[_layout.InfoClock.Base + Layout.Time.Offset], Timeouts.TickMicroseconds);
        c.adc(__dword_ptr[_layout.InfoClock.Base + Layout.TimeHigh.Offset], 0);
        c.mov(The(_layout.Examined), 0);

        // Idle: nobody's row, which has no time slice. Between steps of an operation on mappings, the current thread is not at ESP.
        LoadCurrent();
        c.cmp(esp, _layout.Threads.Base + Frame);
        c.je(_wake);
        c.dec(Me(Layout.Slice));
        c.inc(Me(Layout.Consumed));
    }

    private void RenewSlice()
    {
        c.mov(eax, Me(Layout.Quantum));
        c.mov(Me(Layout.Slice), eax);
    }
}
