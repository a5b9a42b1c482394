using Iced.Intel;
using Verified.Spec;
using Verified.Spec.Values;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>Exceptions, including page faults: the message to the pager.</summary>
internal sealed partial class KernelProgram
{
    private void Exceptions()
    {
        var report = c.CreateLabel("report");
        var saved = c.CreateLabel();
        var outgrow = c.CreateLabel("outgrow");
        var large = c.CreateLabel("fault_large");
        foreach (
            var exception in WaysIn.Exceptions.Where(exception =>
                exception.Vector is not (Layout.PageFaultVector or FaultMessage.Protection)
            )
        )
        {
            var vector = exception.Vector;
            DefineLabel(exception.Symbol);
            if (UserSegments.Outgrows.Contains(vector))
                IfInSmallSpace(outgrow);
            var word = FaultMessage.Of<Concrete>(vector, 0).Value;
            if (exception.PushesErrorCode)
            {
                c.pop(OnEntryStack(Layout.Fault));
                c.shl(OnEntryStack(Layout.Fault), 16);
                c.or(OnEntryStack(Layout.Fault), word);
            }
            else
                c.mov(OnEntryStack(Layout.Fault), word);
            c.jmp(report);
        }

        Protection(outgrow, saved);
        DefineLabel($"exception_{Layout.PageFaultVector}");
        c.pop(OnEntryStack(Layout.Fault));
        Enter();

        // In a small space the linear address includes the segment's base, which is removed.
        c.mov(eax, cr2);
        c.test(High(_layout.DataSegment), UserSegments.LimitMask);
        c.jne(large);
        DefineSymbol("fault_small");
        c.and(eax, UserSegments.SmallSize - 1);
        DefineLabel(ref large);
        c.and(eax, ~3);
        c.and(Current(Layout.Fault), 2);
        c.or(Current(Layout.Fault), eax);
        Report(ref report, ref saved);
        Outgrow(ref outgrow);
    }

    /// <summary>
    /// Reports to the pager what the thread's fault field says. The code from `report_found` on is shared by all
    /// reports.
    /// </summary>
    private void Report(ref Label report, ref Label saved)
    {
        var deliver = c.CreateLabel("report_deliver");
        var answer = c.CreateLabel();
        var stop = c.CreateLabel("report_stop");
        c.jmp(saved);
        DefineLabel(ref report);
        Enter();

        c.Label(ref saved);
        c.mov(esi, Current(Layout.Pager));
        FindPartner(stop);
        DefineLabel(ref _report);
        IfWaitsForMe(deliver);
        c.mov(Current(Layout.Status), StoredStatus.Sending | StoredStatus.Faulting);
        c.mov(Current(_layout.Partner), ebp);
        AddSender();
        c.jmp(_pick);

        // There is no pager, so the thread stops.
        DefineLabel(ref stop);
        c.mov(Current(Layout.Status), StoredStatus.Stopped);
        c.jmp(_pick);

        // The pager is waiting for the current thread. If it waits for the answer to its own exception, it continues as
        // if there had been no exception.
        DefineLabel(ref deliver);
        c.test(Row(ebp, Layout.Status), StoredStatus.Faulting);
        c.jne(answer);
        c.mov(eax, Current(Layout.Fault));
        c.mov(Row(ebp, Layout.Edx), eax);
        c.mov(eax, Current(Layout.Eip));
        c.mov(Row(ebp, Layout.Ebx), eax);
        c.mov(eax, Current(Layout.Id));
        c.mov(Row(ebp, Layout.Esi), eax);
        c.xor(eax, eax);
        c.mov(Row(ebp, Layout.Edi), eax);
        c.mov(Row(ebp, Layout.Eax), eax);
        c.Label(ref answer);
        WakePartner();
        c.mov(Current(Layout.Status), StoredStatus.ReceivingFrom | StoredStatus.Faulting);
        c.mov(Current(_layout.Partner), ebp);
        c.mov(Variable(_layout.Heir), ebp);
        c.jmp(_leave);
    }
}
