using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>The ways into the kernel other than ipc and exceptions.</summary>
internal sealed partial class KernelProgram
{
    /// <summary>Saves the registers, and loads DS, because the thread may have loaded any user segment.</summary>
    private void Enter()
    {
        c.pushad();
        LoadSegment();
    }

    /// <summary>Loads DS, the only segment register besides CS and SS that the kernel uses.</summary>
    private void LoadSegment()
    {
        c.mov(eax, Layout.KernelData);
        c.mov(ds, eax);
    }

    // System calls of a few lines, which need no file of their own.
    private void ShortCalls()
    {
        IdNearest();
    }

    private void IdNearest()
    {
        var named = c.CreateLabel();
        DefineLabel("id_nearest");
        Enter();
        c.mov(Current(Layout.Eax), 0);
        c.test(esi, esi);
        c.jne(named);
        c.mov(eax, Current(Layout.Id));
        c.mov(Current(Layout.Esi), eax);
        c.Label(ref named);
        c.jmp(_exit);
    }

    private Label _switchAway;

    private void ThreadSwitch()
    {
        _switchAway = c.CreateLabel("switch_away");
        var yield = c.CreateLabel("thread_switch_yield");
        var donated = c.CreateLabel("thread_switch_donated");
        DefineLabel("thread_switch");
        Enter();

        // Jumps to `yield` unless the target is another thread that is ready, resuming or mapping.
        RowAddress(ebp, esi);
        c.cmp(Row(ebp, Layout.Id), esi);
        c.jne(yield);
        c.mov(eax, Row(ebp, Layout.Status));
        UnlessReady(yield);
        LoadCurrentRow(eax);
        c.cmp(ebp, eax);
        c.je(yield);

        // The target gets the rest of the caller's slice, up to 255 ticks: (sum - 255 if that is negative) + 255. An
        // infinite slice stays infinite.
        c.mov(eax, Row(ebp, Layout.Slice));
        c.cmp(eax, ScheduleParam.Infinite);
        c.je(donated);
        c.add(eax, Current(Layout.Slice));
        c.sub(eax, ScheduleParam.MostTicks);
        c.sbb(ecx, ecx);
        c.and(eax, ecx);
        c.add(eax, ScheduleParam.MostTicks);
        c.mov(Row(ebp, Layout.Slice), eax);
        DefineLabel(ref donated);
        RenewSlice();

        // The target, at EBP, gets the processor. It leaves its ready set, if it is in one. The current thread enters
        // its own.
        DefineLabel(ref _switchAway);
        Number(edi, ebp);
        c.mov(esi, Row(ebp, Layout.Priority));
        RemoveReady();
        c.mov(esi, ebp);
        LoadCurrentRow(ebp);
        AddReady();
        c.jmp(_switchTo);

        DefineLabel(ref yield);
        RenewSlice();
        c.jmp(_pick);
    }

    private void Tick()
    {
        _wake = c.CreateLabel("wake");
        DefineLabel("tick");
        Enter();
        c.mov(eax, PicPorts.EndOfInterrupt);
        c.@out((byte)PicPorts.MasterCommand, al);

        c.inc(Variable(_layout.Clock));
        c.add(__dword_ptr[_layout.InfoClock.Base + Layout.Time.Offset], Timeouts.TickMicroseconds);
        c.adc(__dword_ptr[_layout.InfoClock.Base + Layout.TimeHigh.Offset], 0);
        c.mov(Variable(_layout.Examined), 0);

        // While the processor idles, this is nobody's row, which has no time slice. Between two steps of an operation
        // on mappings, ESP does not point at the current thread's row.
        LoadCurrent();
        c.cmp(esp, _layout.Threads.Base + Layout.Frame);
        c.je(_wake);
        c.inc(Current(Layout.Consumed));

        // One tick less if 1 to 255 are left. A slice without time and an infinite slice do not change.
        c.mov(eax, Current(Layout.Slice));
        c.dec(eax);
        c.cmp(eax, ScheduleParam.MostTicks);
        c.sbb(ecx, ecx);
        c.add(Current(Layout.Slice), ecx);
    }

    private void RenewSlice()
    {
        c.mov(eax, Current(Layout.Quantum));
        c.mov(Current(Layout.Slice), eax);
    }
}
