using Iced.Intel;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;
using Code = Verified.Spec.Code;

namespace Verified.Kernel;

/// <summary>Time: deadlines of waiting threads, and the threads that a tick wakes.</summary>
internal sealed partial class KernelProgram
{
    private Label _wake,
        _report;

    /// <summary>
    /// Gives the thread at EBP the deadline of a finite timeout: EAX its mantissa, ECX its exponent. The thread must be
    /// in no timer set. Uses EAX, EBX, ECX, EDX.
    /// </summary>
    private void StartTimer()
    {
        // EDX:EAX = m * 4^(15-e) + 999 microseconds. EAX = the ticks that these fill, plus the tick that has already
        // begun.
        c.add(ecx, ecx);
        c.mov(edx, eax);
        c.shr(edx, 2);
        c.shr(edx, cl);
        c.xor(ecx, 30);
        c.shl(eax, cl);
        c.add(eax, 999);
        c.mov(ecx, 1000);
        c.div(ecx);
        c.and(eax, Timeouts.MostTicks - 1);
        c.inc(eax);
        c.add(eax, Variable(_layout.Clock));
        c.mov(Row(ebp, Layout.Deadline), eax);
        c.or(Row(ebp, Layout.Status), StoredStatus.Timed);
        AddTimer();
    }

    /// <summary>After a tick: examines the next thread in the clock's slot, or ends the tick.</summary>
    private void Wake()
    {
        var none = c.CreateLabel("wake_none");
        var receiving = c.CreateLabel();
        var expired = c.CreateLabel("slice_expired");
        _report = c.CreateLabel("report_found");

        // CUT POINT: the current thread, saved, or nobody.
        DefineLabel(ref _wake);
        LoadCurrent();
        var search = NextTimer(none);
        c.mov(Variable(_layout.Examined), eax);
        RowOfNumber(ebp, eax);
        c.mov(ecx, Row(ebp, Layout.Deadline));
        c.cmp(ecx, Variable(_layout.Clock));
        c.jne(_wake);

        // Ends the thread's wait.
        c.mov(esi, Code.ReceiveTimeout);
        c.cmp(Row(ebp, Layout.Status), StoredStatus.Sending | StoredStatus.Timed);
        c.jne(receiving);
        c.mov(edx, Row(ebp, _layout.Partner));
        RemoveSender();
        c.mov(esi, Code.SendTimeout);
        c.Label(ref receiving);
        c.mov(Row(ebp, Layout.Eax), esi);
        RemoveTimer();
        Free(ebp);
        AddReady();
        c.jmp(_wake);

        // The current thread continues, unless its slice is used up or a thread of higher priority woke.
        DefineLabel(ref none);
        NoneFound(search);
        c.cmp(esp, _layout.Threads.Base + Layout.Frame);
        c.je(_pick);
        c.cmp(Current(Layout.Slice), 0);
        c.je(expired);
        c.jmp(_goOn);

        // Reports the end of the current thread's slice like an exception.
        DefineLabel(ref expired);
        RenewSlice();
        c.cmp(Current(Layout.Status), StoredStatus.Ready);
        c.jne(_pick);
        c.mov(eax, Current(Layout.Esp));
        c.mov(Current(Layout.Fault), eax);
        c.mov(esi, Current(Layout.Preempter));
        FindPartner(_pick);
        c.jmp(_report);
    }
}
