namespace Verified.Machine.Processor;

/// <summary>
/// The way in which a task is entered. It decides about busy bits, NT and the link (SDM vol. 3, table 7-2).
/// </summary>
internal enum TaskSwitch
{
    Jump,

    /// <summary>CALL, or an interrupt through a task gate. The new task is nested in the old one.</summary>
    Call,

    /// <summary>IRET with NT set.</summary>
    Return,
}

/// <summary>Hardware task switching with 286 and 386 task-state segments (SDM vol. 3, chapter 7).</summary>
public sealed partial class Ia32<W, TBus>
{
    private const uint Limit16 = 0x2B,
        Limit32 = 0x67;

    private static readonly int[] TaskSegments32 =
    [
        SegmentRegister.Es,
        SegmentRegister.Cs,
        SegmentRegister.Ss,
        SegmentRegister.Ds,
        SegmentRegister.Fs,
        SegmentRegister.Gs,
    ];

    private static bool IsTask32(uint attributes) => (Descriptor.Type(attributes) & ~2) == Task32;

    private void SwitchTask(uint selector, TaskSwitch how, uint external, W? errorCode)
    {
        var task = NewTask(selector, how, external);
        CheckAccess(task, selector, how, external);
        SaveTask(how);
        if (how != TaskSwitch.Return)
            Bus.Store(Access(selector), 1, Bus.Load(Access(selector), 1, false) | Busy >> 8, false);
        if (how == TaskSwitch.Call)
            Bus.Store(task.Base, 2, TaskRegister.Selector, false);
        // Loads the new task after the old one is saved, because they may be the same (SDM vol. 3, 7.3).
        var next = ReadTask(task);
        task.Attributes |= Busy;
        if (how == TaskSwitch.Call)
            next.Flags |= Flag.NestedTask;
        BecomeTask(task, next);
        LoadTaskSegments(next, external);
        UpdateAlignment();
        if (errorCode is { } code)
            PushErrorCode(code, next.Is32 ? 4 : 2, external);
        CheckTarget(S[SegmentRegister.Cs], Eip, external);
        CheckVirtualInterruptPending();
        if (next.Traps)
            RaiseTrap(DebugStatus.TaskSwitch);
    }

    /// <summary>The descriptor of the new task. It must have the right type, be present, and be large enough.</summary>
    private Segment<W> NewTask(uint selector, TaskSwitch how, uint external)
    {
        Func<uint, Fault> wrong = how == TaskSwitch.Return ? Fault.TaskState : Fault.Protection;
        var code = selector & ~3u | external;
        if (IsNull(selector) || (selector & 4) != 0)
            throw wrong(code);
        var task = ReadDescriptor(selector, wrong, external);
        var type = Descriptor.Type(task.Attributes);
        var expected = how == TaskSwitch.Return ? 2 : 0;
        if (type != (Task16 | expected) && type != (Task32 | expected))
            throw wrong(code);
        if (!task.Usable)
            throw Fault.NotPresent(code);
        if (task.Limit < (IsTask32(task.Attributes) ? Limit32 : Limit16))
            throw Fault.TaskState(code);
        return task;
    }

    /// <summary>
    /// Checks all memory accesses in advance. A fault here belongs to the old task, which has not changed yet (SDM vol.
    /// 3, 7.3 and table 6-7).
    /// </summary>
    private void CheckAccess(in Segment<W> task, uint selector, TaskSwitch how, uint external)
    {
        var old = Known(TaskRegister.Selector, "TR");
        var is32 = IsTask32(TaskRegister.Attributes);
        var (first, last) = is32 ? (0x20u, 0x5Cu) : (0x0Eu, 0x28u);
        if (last + 1 > TaskRegister.Limit)
            throw Fault.TaskState(old & ~3u | external);
        Bus.LoadForStore(TaskRegister.Base + first, is32 ? 4 : 2, false);
        Bus.LoadForStore(TaskRegister.Base + last, 2, false);
        ReadTask(task);
        if (how == TaskSwitch.Call)
            Bus.LoadForStore(task.Base, 2, false);
        if (how != TaskSwitch.Call)
            Bus.LoadForStore(Access(old), 1, false);
        if (how != TaskSwitch.Return)
            Bus.LoadForStore(Access(selector), 1, false);
    }

    /// <summary>The address of the access byte, with type and busy bit, of a TSS's descriptor.</summary>
    private W Access(uint selector) => GdtBase + (selector & ~7u) + 5;

    private void PushErrorCode(W code, int size, uint external)
    {
        var esp = R[Register.Esp] - (uint)size;
        Put(S[SegmentRegister.Ss], esp, 0, code, Cpl, size, external);
        SetStackPointer(esp);
    }

    private struct Task
    {
        public bool Is32,
            Traps;
        public W Cr3,
            Eip,
            Flags;
        public Registers<W> Registers;
        public Segments<W> Selectors;
        public W LocalTable;
    }

    private Task ReadTask(in Segment<W> segment)
    {
        var next = new Task { Is32 = IsTask32(segment.Attributes) };
        var at = segment.Base;
        var (size, step) = next.Is32 ? (4, 4u) : (2, 2u);
        // 386: CR3, EIP, EFLAGS, registers and selectors from 1Ch on. 286: IP, FLAGS, registers and four selectors from
        // 0Eh on.
        var first = next.Is32 ? 0x20u : 0x0E;
        if (next.Is32)
            next.Cr3 = Bus.Load(at + 0x1C, 4, false);
        next.Eip = Bus.Load(at + first, size, false);
        next.Flags = Bus.Load(at + first + step, size, false);
        for (uint i = 0; i < 8; i++)
            next.Registers[(int)i] = Bus.Load(at + first + (2 + i) * step, size, false) | (next.Is32 ? 0 : 0xFFFF0000);
        var segments = next.Is32 ? 6u : 4;
        for (uint i = 0; i < segments; i++)
            next.Selectors[TaskSegments32[i]].Selector = Bus.Load(at + first + (10 + i) * step, 2, false);
        next.LocalTable = Bus.Load(at + first + (10 + segments) * step, 2, false);
        next.Traps = next.Is32 && Known(Bus.Load(at + 0x64, 2, false) & 1, "a TSS's T bit") != 0;
        return next;
    }

    /// <summary>
    /// Saves the present task in its TSS. Unless it stays nested below the new one, also makes it available.
    /// </summary>
    private void SaveTask(TaskSwitch how)
    {
        var flags = how == TaskSwitch.Return ? Eflags & ~(W)Flag.NestedTask : Eflags;
        var is32 = IsTask32(TaskRegister.Attributes);
        var (size, step) = is32 ? (4, 4u) : (2, 2u);
        var at = TaskRegister.Base + (is32 ? 0x20u : 0x0E);
        var segments = is32 ? 6u : 4;
        if (how != TaskSwitch.Call)
        {
            var access = Access(Known(TaskRegister.Selector, "TR"));
            Bus.Store(access, 1, Bus.Load(access, 1, false) & ~(W)(Busy >> 8), false);
        }
        Bus.Store(at, size, Eip, false);
        Bus.Store(at + step, size, flags | _pushedResume, false);
        for (uint i = 0; i < 8; i++)
            Bus.Store(at + (2 + i) * step, size, R[(int)i], false);
        for (uint i = 0; i < segments; i++)
            Bus.Store(at + (10 + i) * step, 2, S[TaskSegments32[i]].Selector, false);
    }

    /// <summary>The point of no return: later faults of the new task are raised in the new task.</summary>
    private void BecomeTask(in Segment<W> task, in Task next)
    {
        TaskRegister = task;
        Cr0 |= ControlBit.TaskSwitched;
        if (next.Is32 && (Known(Cr0, "CR0") & ControlBit.Paging) != 0)
        {
            Cr3 = next.Cr3;
            Bus.PageDirectoryLoaded(Cr3);
        }
        for (var i = 0; i < 8; i++)
            R[i] = next.Registers[i];
        Eip = _start = next.Eip;
        Eflags =
            next.Flags
            & (ReturnFlags | Flag.PrivilegeLevel | Flag.Interrupt | Flag.Virtual8086 | _model.VirtualInterruptFlags);
        for (var i = 0; i < 6; i++)
            S[i] = Segment<W>.Load(next.Selectors[i].Selector, 0, 0, 0);
        LocalTable = Segment<W>.Load(next.LocalTable, 0, 0, 0);
        Cpl = Virtual ? 3 : (int)Known(next.Selectors[SegmentRegister.Cs].Selector & 3, "a selector");
        DisableLocalBreakpoints();
    }

    private void LoadTaskSegments(in Task next, uint external)
    {
        var table = Known(next.LocalTable, "LDTR of a TSS");
        if (!IsNull(table))
            LocalTable = TaskLocalTable(table, external);
        if (Virtual)
        {
            for (var i = 0; i < 6; i++)
                S[i] = RealSegment(i, next.Selectors[i].Selector);
            return;
        }
        // The stack comes first, so that it can take the report of any later fault.
        var stack = Known(next.Selectors[SegmentRegister.Ss].Selector, "SS of a TSS");
        S[SegmentRegister.Ss] = StackSegment(stack, Cpl, Fault.TaskState, external);
        S[SegmentRegister.Cs] = TaskCode(Known(next.Selectors[SegmentRegister.Cs].Selector, "CS of a TSS"), external);
        foreach (
            var register in (ReadOnlySpan<int>)
                [SegmentRegister.Ds, SegmentRegister.Es, SegmentRegister.Fs, SegmentRegister.Gs]
        )
            S[register] = DataSegment(
                Known(next.Selectors[register].Selector, "a data segment of a TSS"),
                Fault.TaskState,
                external
            );
    }

    private Segment<W> TaskLocalTable(uint selector, uint external)
    {
        var code = selector & ~3u | external;
        if ((selector & 4) != 0)
            throw Fault.TaskState(code);
        var table = ReadDescriptor(selector, Fault.TaskState, external);
        return Descriptor.Type(table.Attributes) == 2 && table.Usable ? table : throw Fault.TaskState(code);
    }

    private Segment<W> TaskCode(uint selector, uint external)
    {
        if (IsNull(selector))
            throw Fault.TaskState(external);
        var error = selector & ~3u | external;
        var code = ReadDescriptor(selector, Fault.TaskState, external);
        var conforming = Descriptor.IsConforming(code.Attributes);
        if (!Descriptor.IsCode(code.Attributes) || (conforming ? code.Dpl > Cpl : code.Dpl != Cpl))
            throw Fault.TaskState(error);
        if (!code.Usable)
            throw Fault.NotPresent(error);
        MarkAccessed(ref code);
        return code;
    }
}
