using Iced.Intel;
using Verified.Spec.Tables;
using static Iced.Intel.AssemblerRegisters;

namespace Verified.Kernel;

/// <summary>
/// The way out of the kernel to the current thread: its space, its segments, its registers. This file also makes a
/// small space large.
/// </summary>
internal sealed partial class KernelProgram
{
    private Label _exit;

    private void Exit()
    {
        var small = c.CreateLabel("exit_small");
        var large = c.CreateLabel("exit_large");
        var sameSpace = c.CreateLabel();
        var load = c.CreateLabel("exit_load");

        // CUT POINT: the current thread, saved, is ready and runs.
        DefineLabel(ref _exit);
        LoadCurrent();
        c.mov(edx, esp);
        TaskOf(edx);
        c.mov(edx, Element(Maps.SmallSegments, edx));
        c.test(edx, edx);
        c.jne(small);

        DefineLabel(ref large);
        c.mov(ecx, Current(Layout.Directory));
        c.mov(ebx, Layout.FlatData);
        c.mov(edi, ebx);
        c.mov(edx, UserSegments.FlatHigh);
        c.cmp(High(_layout.DataSegment), edx);
        c.je(load);
        DefineSymbol("exit_grown");
        LoadDescriptors(UserSegments.FlatLow, UserSegments.FlatHigh);

        // In: ECX is the new CR3, EBX the new DS and ES, EDI the new FS and GS.
        DefineLabel(ref load);
        c.mov(eax, cr3);
        c.cmp(eax, ecx);
        c.je(sameSpace);
        c.mov(cr3, ecx);
        c.Label(ref sameSpace);
        c.mov(ds, ebx);
        c.mov(es, ebx);
        c.mov(fs, edi);
        c.mov(gs, edi);
        c.popad();
        c.iretd();

        // The thread's task has a small space. The thread runs there only if its EIP is inside; otherwise IRET would
        // fault.
        DefineLabel(ref small);
        c.cmp(Current(Layout.Eip), UserSegments.SmallSize);
        c.jae(large);
        c.mov(ecx, Layout.Physical(_layout.Directories));
        c.mov(ebx, Layout.UserData);

        // In a large space the thread may have loaded the flat segment into SS. That segment is not present now.
        c.mov(Current(Layout.Ss), ebx);
        c.xor(edi, edi);
        c.cmp(High(_layout.DataSegment), edx);
        c.je(load);
        LoadDescriptors(UserSegments.SmallLow, UserSegments.FlatHigh & ~UserSegments.Present);
        c.jmp(load);
    }

    /// <summary>
    /// Stores the descriptor of a task's small space, which covers the task's first page table. In: the table's offset.
    /// Jumps to <paramref name="none"/> if the task has no such table. The offset is lost.
    /// </summary>
    private void SmallSegment(
        AssemblerRegister32 task,
        AssemblerRegister32 table,
        AssemblerRegister32 scratch,
        Label none
    )
    {
        c.test(table, table);
        c.je(none);
        c.mov(scratch, table);
        c.shl(table, 22 - 12);
        c.shr(scratch, 12 - 6);
        c.and(table, 0xFF000000);
        c.and(scratch, 0xFF);
        c.lea(table, __[table + scratch + UserSegments.SmallHigh]);
        c.mov(Element(Maps.SmallSegments, task), table);
    }

    /// <summary>
    /// Loads the users' descriptors: their low dword, the high dword in EDX, and the flat segment's high dword. EDX is
    /// lost.
    /// </summary>
    private void LoadDescriptors(uint low, uint flatHigh)
    {
        c.mov(Low(_layout.DataSegment), low);
        c.mov(Low(_layout.CodeSegment), low);
        c.mov(High(_layout.DataSegment), edx);
        c.or(edx, UserSegments.Code);
        c.mov(High(_layout.CodeSegment), edx);
        c.mov(High(_layout.FlatSegment), flatHigh);
    }

    /// <summary>
    /// Jumps to <paramref name="then"/> if the thread that raised an exception runs in a small space. The error code is
    /// on the stack, and no register is saved yet.
    /// </summary>
    private void IfInSmallSpace(Label then)
    {
        c.test(__dword_ptr.ss[_layout.DataSegment.Base + Layout.DescriptorHigh.Offset], UserSegments.LimitMask);
        c.je(then);
    }

    /// <summary>Makes the space of the current thread's task large. The thread then repeats its instruction.</summary>
    private void Outgrow(ref Label outgrow)
    {
        DefineLabel(ref outgrow);
        c.add(esp, 4);
        Enter();
        LoadCurrentRow(edx);
        TaskOf(edx);
        NoSmallSpace(edx);
        c.jmp(_exit);
    }

    /// <summary>Makes the space of a task large. The task's register is lost.</summary>
    private void NoSmallSpace(AssemblerRegister32 task)
    {
        c.mov(Element(Maps.SmallSegments, task), 0);
        c.shl(task, TaskShift);
        c.mov(Task(task, MappingLayout.Small), 0);
    }

    private static AssemblerMemoryOperand Low(Area descriptor) =>
        __dword_ptr[descriptor.Base + Layout.DescriptorLow.Offset];

    private static AssemblerMemoryOperand High(Area descriptor) =>
        __dword_ptr[descriptor.Base + Layout.DescriptorHigh.Offset];
}
