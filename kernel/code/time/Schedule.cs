using System.Numerics;
using Verified.Spec;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>thread_schedule.</summary>
internal sealed partial class KernelProgram
{
    private void ThreadSchedule()
    {
        var state = c.CreateLabel();
        var told = c.CreateLabel("schedule_told");
        var infinite = c.CreateLabel();
        var large = c.CreateLabel("schedule_large");
        var quantum = c.CreateLabel("schedule_quantum");
        var sameLength = c.CreateLabel("schedule_same_length");
        var apart = c.CreateLabel("schedule_apart");
        var invalid = c.CreateLabel("schedule_invalid");
        DefineLabel("thread_schedule");
        Enter();

        // Jumps to `invalid` unless the target exists and its old and new priority are within the caller's limit.
        c.mov(esi, Current(Layout.Esi));
        RowAddress(ebp, esi);
        c.cmp(Row(ebp, Layout.Id), esi);
        c.jne(invalid);
        c.mov(ecx, Row(ebp, Layout.Status));
        c.and(ecx, StoredStatus.Mask);
        c.cmp(ecx, StoredStatus.Inactive);
        c.je(invalid);
        c.mov(edx, Current(Layout.Mcp));
        c.cmp(edx, Row(ebp, Layout.Priority));
        c.jb(invalid);
        c.mov(edi, Current(Layout.Eax));
        c.cmp(edi, -1);
        c.je(state);
        c.mov(eax, edi);
        c.and(eax, 0xFF);
        c.cmp(edx, eax);
        c.jb(invalid);

        // The old state.
        c.Label(ref state);
        c.mov(eax, ScheduleParam.ReportsException);
        c.test(Row(ebp, Layout.Status), StoredStatus.Faulting);
        c.jne(told);
        c.mov(eax, ScheduleParam.Gives);
        c.cmp(ecx, StoredStatus.Giving);
        c.je(told);
        c.shr(ecx, (byte)(StoredStatus.Shift - 2));
        c.xor(ecx, ThreadStatus.Ready << 2);
        c.sub(ecx, ThreadStatus.Ready << 2);
        c.mov(eax, ScheduleParam.States);
        c.shr(eax, cl);
        c.and(eax, 0xF);
        DefineLabel(ref told);
        c.shl(eax, 16);

        // The slice: its ticks and the exponent; both are 0 if it is infinite.
        c.mov(ecx, Row(ebp, Layout.Quantum));
        c.mov(edx, ecx);
        c.shl(ecx, 24);
        c.shr(edx, (byte)BitOperations.Log2(ScheduleParam.Infinite));
        c.dec(edx);
        c.and(edx, ScheduleParam.TickExponent << 20);
        c.or(eax, ecx);
        c.or(eax, edx);
        c.or(eax, Row(ebp, Layout.Priority));
        c.mov(ebx, ebp);
        TaskOf(ebx);
        c.mov(ecx, ebx);
        c.shl(ecx, TaskShift);
        c.mov(ecx, Task(ecx, MappingLayout.Small));
        c.shl(ecx, 8);
        c.or(eax, ecx);
        c.mov(Current(Layout.Eax), eax);
        c.mov(eax, Timeouts.TickMicroseconds);
        c.mul(Row(ebp, Layout.Consumed));
        c.mov(Current(Layout.Ecx), eax);
        c.mov(Current(Layout.Edx), edx);
        Exchange(Layout.Ebx, Layout.ExternalPreempter);
        c.mov(eax, Row(ebp, _layout.Partner));
        c.mov(eax, Row(eax, Layout.Id));
        c.mov(Current(Layout.Esi), eax);
        c.cmp(edi, -1);
        c.je(_leave);

        // The ticks of the mantissa, from 1 to 255: (ticks - 255 if that is negative) + 255, and at least 1. A mantissa
        // of 0 gives 0.
        c.mov(ecx, edi);
        c.shr(ecx, 19);
        c.and(ecx, 0x1E);
        c.je(infinite);
        c.mov(eax, edi);
        c.shr(eax, 24);
        c.shl(eax, 20);
        c.shr(eax, cl);
        c.sub(eax, ScheduleParam.MostTicks);
        c.sbb(ecx, ecx);
        c.and(eax, ecx);
        c.add(eax, ScheduleParam.MostTicks);
        c.cmp(eax, 1);
        c.adc(eax, 0);
        c.mov(ecx, edi);
        c.shr(ecx, 24);
        c.neg(ecx);
        c.sbb(ecx, ecx);
        c.and(eax, ecx);
        c.jmp(quantum);
        c.Label(ref infinite);
        c.mov(eax, ScheduleParam.Infinite);

        // A new length starts a fresh slice.
        DefineLabel(ref quantum);
        c.cmp(eax, Row(ebp, Layout.Quantum));
        c.je(sameLength);
        c.mov(Row(ebp, Layout.Quantum), eax);
        c.mov(Row(ebp, Layout.Slice), eax);
        DefineLabel(ref sameLength);

        // Sets the small space of the thread's task, EBX, if the parameter has one.
        c.mov(eax, edi);
        c.shr(eax, 8);
        c.and(eax, 0xFF);
        c.lea(ecx, __[eax - 1]);
        c.cmp(ecx, ScheduleParam.LastSmall);
        c.jae(large);
        c.mov(ecx, ebx);
        c.shl(ecx, TaskShift);
        c.mov(Task(ecx, MappingLayout.Small), eax);
        DefineLabel(ref large);

        // A thread that competes moves to the ready set of its new priority. A new length may make it start or stop
        // competing.
        c.mov(edx, edi);
        c.and(edx, 0xFF);
        c.mov(eax, Row(ebp, Layout.Status));
        UnlessReady(apart);
        LoadCurrentRow(eax);
        c.cmp(ebp, eax);
        c.je(apart);
        Number(edi, ebp);
        c.mov(esi, Row(ebp, Layout.Priority));
        c.mov(Row(ebp, Layout.Priority), edx);
        RemoveReady();
        AddReady();
        c.jmp(_leave);
        DefineLabel(ref apart);
        c.mov(Row(ebp, Layout.Priority), edx);
        c.jmp(_leave);

        DefineLabel(ref invalid);
        c.mov(Current(Layout.Eax), -1);
        c.jmp(_exit);
    }
}
