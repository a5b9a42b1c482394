using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>The meaning of the state's columns, and their values in words.</summary>
public static class Glossary
{
    private static readonly Dictionary<string, string> Meanings = new()
    {
        ["Stage"] = "who acts next: the user, the idle processor, or the kernel in one of its steps",
        ["Current"] = "the thread that has the processor",
        ["Clock"] = "ticks since boot",
        ["Time"] = "microseconds since boot, low word",
        ["TimeHigh"] = "microseconds since boot, high word",
        ["Examined"] = "the sleeper that the tick examined last",
        ["Heir"] = "the thread that the send phase woke",
        ["Masked"] = "the interrupt lines that are masked, a bit each",
        ["Id"] = "the thread's id; 0 if the thread does not exist",
        ["Status"] = "the state of the thread",
        ["Partner"] = "the thread that it sends to or receives from",
        ["Served"] = "the sender that its last open receive took",
        ["Timed"] = "1 while it waits with a finite timeout",
        ["Deadline"] = "the tick at which its wait ends",
        ["Pager"] = "the thread that gets its page faults and exceptions",
        ["Preempter"] = "the thread that gets a message at the end of its time slice",
        ["Faulting"] = "1 while the kernel sends or receives in its name, for a fault",
        ["Fault"] = "the first word of the kernel's last message in its name",
        ["Priority"] = "its priority; a higher number runs first",
        ["Mcp"] = "the highest priority that it may give to others",
        ["ExternalPreempter"] = "its external preempter",
        ["Slice"] = "ticks left of its time slice",
        ["Quantum"] = "ticks of a fresh time slice",
        ["Consumed"] = "ticks that found it running",
        ["Handles"] = "the id of the interrupt that it handles; 0 for none",
        ["TrapAddress"] = "where it continues after INT 80h; 0 if INT 80h is reported",
        ["Eax"] = "user register EAX: the result of ipc",
        ["Ecx"] = "user register ECX: the timeouts of ipc",
        ["Edx"] = "user register EDX: word 0 of a message",
        ["Ebx"] = "user register EBX: word 1 of a message",
        ["Esp"] = "user register ESP",
        ["Ebp"] = "user register EBP: the receive descriptor of ipc",
        ["Esi"] = "user register ESI: the partner of ipc, or the sender of the message",
        ["Edi"] = "user register EDI: word 2 of a message",
        ["Eip"] = "user register EIP: the next instruction",
        ["Eflags"] = "user register EFLAGS",
        ["Picked"] = "the thread of the priority that the scheduler picked last",
        ["Handler"] = "the thread that handles the interrupt",
        ["Pending"] = "1 if the interrupt has come and its handler does not know yet",
        ["Operation"] = "the operation on mappings in progress",
        ["Phase"] = "the operation's phase for the present page",
        ["Owner"] = "the thread that the operation is for",
        ["Item"] = "the fpage of the operation",
        ["Source"] = "the task whose pages are mapped or unmapped",
        ["SourcePage"] = "the next page there",
        ["Target"] = "the task that pages are mapped to",
        ["TargetPage"] = "the next page there",
        ["Left"] = "pages that the operation still has to do",
        ["Failed"] = "1 if mappings or page tables ran out",
        ["Root"] = "the mapping whose derived mappings are taken away",
        ["At"] = "the mapping that was made read-only last",
        ["FreeNode"] = "the first free mapping",
        ["FreeTable"] = "the first free page table",
        ["Pass"] = "the pass of a deletion",
        ["Cursor"] = "the next row of a deletion",
        ["Chief"] = "the task that may create and delete the task",
        ["Version"] = "the task's version",
        ["Doomed"] = "1 while the task is being deleted",
        ["Small"] = "the number of its small space; 0 for a large space",
        ["Space"] = "the task that the mapping belongs to",
        ["Page"] = "the page at which the frame is mapped",
        ["Frame"] = "the frame that is mapped",
        ["Depth"] = "how many mappings it is derived from",
        ["Level"] = "how many mappings from the frame's first on are writable; this one is if it exceeds the depth",
        ["Next"] = "the next mapping in the frame's list, or the next free one",
        ["Previous"] = "the mapping before it",
        ["TableAt"] = "the page table in the slot",
        ["TableTask"] = "the task that has the page table",
        ["TableSlot"] = "the slot that the page table is in",
        ["NextTable"] = "the next free page table",
        ["PreviousTable"] = "the free page table before it",
        ["NodeAt"] = "the mapping in the entry of the page table",
    };

    private static readonly string[] OfThreads =
    [
        "Current",
        "Partner",
        "Served",
        "Picked",
        "Heir",
        "Examined",
        "Owner",
        "Handler",
    ];

    private static readonly string[] Ids = ["Id", "Pager", "Preempter", "ExternalPreempter"];

    private static readonly string[] Counts =
    [
        "Clock",
        "Time",
        "TimeHigh",
        "Deadline",
        "Priority",
        "Mcp",
        "Slice",
        "Quantum",
        "Consumed",
        "Handles",
        "Left",
        "Depth",
        "Level",
        "Version",
        "Timed",
        "Faulting",
        "Pending",
        "Failed",
        "Doomed",
        "Cursor",
        "Small",
        "Chief",
        "Space",
        "Source",
        "Target",
        "TableTask",
    ];

    private static readonly Dictionary<string, ColumnInfo> Columns = new State<Concrete>(
        Limits.Shipping,
        new ConcreteTables()
    ).Columns.ToDictionary(column => column.Info.Name, column => column.Info);

    /// <summary>The meaning of a column, in a few words.</summary>
    /// <exception cref="KeyNotFoundException">The state has no such column.</exception>
    public static string Meaning(string column) => Meanings[column];

    /// <summary>The name of a column's row, such as <c>thread 1.15</c>; empty for the processor.</summary>
    public static string Row(State<Concrete> s, string column, uint row) => Row(s, Columns[column].Table, row);

    /// <summary>The name of a table's row, such as <c>thread 1.15</c>; empty for the processor.</summary>
    public static string Row(State<Concrete> s, Table of, uint row) =>
        of switch
        {
            var table when table == Table.Thread => $"thread {Words.Thread(s, row)}",
            var table when table == Table.Priority => $"priority {row}",
            var table when table == Table.Interrupt => row == 0 ? "interrupt id 0" : $"interrupt {row - 1}",
            var table when table == Table.Task => $"task {row}",
            var table when table == Table.Node => $"mapping {row:X}h",
            var table when table == Table.Slot =>
                $"slot {row % s.Limits.Paging.Slots:X}h of task {row / s.Limits.Paging.Slots}",
            var table when table == Table.PageTable => $"page table {row}",
            var table when table == Table.Page =>
                $"entry {row % s.Limits.Paging.Entries:X}h of page table {row / s.Limits.Paging.Entries}",
            _ => "",
        };

    /// <summary>The name of a cell, such as <c>Status of thread 1.15</c>.</summary>
    public static string Cell(State<Concrete> s, string column, uint row) =>
        Row(s, column, row) is { Length: > 0 } of ? $"{column} of {of}" : column;

    /// <summary>A value of a column in words, or as a number.</summary>
    public static string Value(State<Concrete> s, string column, uint value) =>
        column switch
        {
            "Status" => Named(ThreadStatus.Names, value),
            "Stage" => Named(Stages.Names, value),
            "Operation" => Named(Operations.Names, value),
            "Phase" => Named(Phases.Names, value),
            "Pass" => Named(Passes.Names, value),
            _ when OfThreads.Contains(column) => value == State<Concrete>.Nobody ? "nobody" : Words.Thread(s, value),
            nameof(State<Concrete>.Id) when s.Exists(value).Known =>
                $"{Words.Name(s, value)}, version {ThreadId.Version<Concrete>(value).Value}",
            _ when Ids.Contains(column) => Words.Name(s, value),
            "Esi" when s.Exists(value).Known => $"{value:X}h, the id of {Words.Name(s, value)}",
            "Slice" or "Quantum" when value == ScheduleParam.Infinite => "infinite",
            _ when Counts.Contains(column) => value.ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => $"{value:X}h",
        };

    /// <summary>A change in a line; a value that stays as it is, is shown once.</summary>
    public static string Tell(State<Concrete> s, Change change) =>
        $"{Cell(s, change.Column, change.Row)}: {Value(s, change.Column, change.Old)}"
        + (change.New == change.Old ? "" : $" -> {Value(s, change.Column, change.New)}");

    private static string Named(string[] names, uint value) => value < names.Length ? names[value] : $"{value:X}h";
}
