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
        c.mov(eax, esp);
        TaskOf(eax);
        c.shl(eax, TaskShift);
        c.mov(edx, Current(Layout.Segment));
        c.cmp(Task(eax, MappingLayout.Small), 0);
        c.je(large);
        DefineSymbol("exit_numbered");
        c.test(edx, edx);
        c.jne(small);

        DefineLabel(ref large);
        c.mov(ecx, Current(Layout.Directory));
        c.and(ecx, ~Layout.RunsSmall);
        c.mov(Current(Layout.Directory), ecx);
        c.mov(eax, cr3);
        c.cmp(eax, ecx);
        c.je(sameSpace);
        c.mov(cr3, ecx);
        c.Label(ref sameSpace);
        c.mov(Variable(_layout.Loaded), 0);
        c.mov(ebx, Layout.FlatData);
        c.mov(edi, ebx);
        c.mov(edx, UserSegments.FlatHigh);
        c.cmp(High(_layout.DataSegment), edx);
        c.je(load);
        DefineSymbol("exit_grown");
        LoadDescriptors(UserSegments.FlatHigh, UserSegments.Ports);

        // In: EBX is the new DS and ES, EDI the new FS and GS.
        DefineLabel(ref load);
        c.mov(ds, ebx);
        c.mov(es, ebx);
        c.mov(fs, edi);
        c.mov(gs, edi);
        c.popad();
        c.iretd();

        // The thread's task has a small space. The thread runs there only if its EIP is inside; otherwise IRET would
        // fault. The directory that is loaded stays loaded.
        DefineLabel(ref small);
        c.cmp(Current(Layout.Eip), UserSegments.SmallSize);
        c.jae(large);
        c.or(Current(Layout.Directory), Layout.RunsSmall);
        c.mov(eax, cr3);
        c.mov(Variable(_layout.Loaded), eax);
        c.mov(ebx, Layout.UserData);

        // In a large space the thread may have loaded the flat segment into SS. That segment is not present now.
        c.mov(Current(Layout.Ss), ebx);
        c.xor(edi, edi);
        c.cmp(High(_layout.DataSegment), edx);
        c.je(load);
        LoadDescriptors(UserSegments.FlatHigh & ~UserSegments.Present, UserSegments.NoPorts);
        c.jmp(load);
    }

    /// <summary>
    /// Loads the users' descriptors: the high dword in EDX, the flat segment's high dword, and the TSS's dword for
    /// ports. EDX is lost.
    /// </summary>
    private void LoadDescriptors(uint flatHigh, uint ports)
    {
        c.mov(High(_layout.DataSegment), edx);
        c.or(edx, UserSegments.Code);
        c.mov(High(_layout.CodeSegment), edx);
        c.mov(High(_layout.FlatSegment), flatHigh);
        c.mov(Variable(_layout.TssPorts), ports);
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

    /// <summary>
    /// Makes the space of the current thread's task large, for all its threads. The thread then repeats its
    /// instruction.
    /// </summary>
    private void Outgrow(ref Label outgrow)
    {
        DefineLabel(ref outgrow);
        c.add(esp, 4);
        Enter();
        LoadCurrentRow(edx);
        c.mov(eax, edx);
        c.and(eax, ~(Layout.BlockSize - 1));
        for (var lthread = 0u; lthread < _layout.Limits.Lthreads; lthread++)
            c.and(__dword_ptr[eax + (lthread * Layout.ThreadSize + Layout.Directory.Offset)], ~Layout.RunsSmall);
        TaskOf(edx);
        NoSmallSpace(edx);
        c.jmp(_exit);
    }

    /// <summary>Makes the space of a task large. The task's register is lost.</summary>
    private void NoSmallSpace(AssemblerRegister32 task)
    {
        c.shl(task, TaskShift);
        c.mov(Task(task, MappingLayout.Small), 0);
    }

    private static AssemblerMemoryOperand High(Area descriptor) =>
        __dword_ptr[descriptor.Base + Layout.DescriptorHigh.Offset];
}
