using Verified.Spec;
using Verified.Spec.Tables;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>States and events in the words of the interface's manual.</summary>
public static class Words
{
    /// <summary>task.lthread of an id; nil and ids of no thread by name, stale versions marked.</summary>
    public static string Name(State<Concrete> s, uint id)
    {
        if (id == ThreadId.Nil)
            return "nil";
        if (id == ThreadId.Invalid)
            return "invalid";
        if (Interrupts.IsId((Concrete)id).Known)
            return $"interrupt {id - 1}";
        var row = s.Row(id).Value;
        if (s.Exists(id))
            return Thread(s, row);
        return s.Id[row] != ThreadId.Nil && (s.Id[row].Value ^ id) >> 10 == 0
            ? $"{Thread(s, row)} (stale: version {ThreadId.Version<Concrete>(id).Value})"
            : $"{id:X8}h";
    }

    /// <summary>task.lthread of a thread number.</summary>
    public static string Thread(State<Concrete> s, uint row) => $"{row / s.Limits.Lthreads}.{row % s.Limits.Lthreads}";

    /// <summary>The place of a violation: the row of a table and, for a statement about pairs, a thread.</summary>
    /// <param name="s">The state.</param>
    /// <param name="table">The table that the statement is about.</param>
    /// <param name="i">The row of this table.</param>
    /// <param name="j">The row of the other thread; null for a statement about one row.</param>
    internal static string Violated(State<Concrete> s, Table table, uint i, uint? j = null)
    {
        var row = Glossary.Row(s, table, i);
        return $"violated at {(row.Length > 0 ? row : "the processor")}"
            + (j is { } other ? $" and {Glossary.Row(s, Table.Thread, other)}" : "");
    }

    /// <summary>An event that may come in a state, in a line.</summary>
    internal static string Line(State<Concrete> s, Event e) =>
        $"{Subject(s, s.Current.Value, s.Stage.Value)} {Action(s, e)}";

    internal static string Subject(State<Concrete> s, uint actor, uint stage) =>
        stage == Stages.Pick ? "kernel"
        : actor == State<Concrete>.Nobody ? "idle"
        : Thread(s, actor);

    internal static string Action(State<Concrete> s, Event e) =>
        Way(s, e) + (e.Between is { } between ? $" ({between})" : "");

    private static string Way(State<Concrete> s, Event e) =>
        e.Entry switch
        {
            Entry.Ipc when e.Registers is { } r => Ipc(s, r),
            Entry.IdNearest when e.Registers is { } r => $"id_nearest {Name(s, r.Esi)}",
            Entry.ThreadSwitch when e.Registers is { } r => $"thread_switch {Name(s, r.Esi)}",
            Entry.ThreadSchedule when e.Registers is { } r => $"thread_schedule {Name(s, r.Esi)} {r.Eax:X8}h",
            Entry.LthreadExRegs when e.Registers is { } r =>
                $"lthread_ex_regs {r.Eax:X} ESP {r.Ecx:X} EIP {r.Edx:X} pager {Name(s, r.Esi)}",
            Entry.TaskNew when e.Registers is { } r => $"task_new {ThreadId.Task<Concrete>(r.Esi).Value} "
                + (
                    r.Ebx == ThreadId.Nil
                        ? $"inactive, chief {Name(s, r.Eax)}"
                        : $"ESP {r.Ecx:X} EIP {r.Edx:X} pager {Name(s, r.Ebx)} mcp {r.Eax:X}"
                ),
            Entry.PageFault => $"page fault at {e.Argument:X8}h, {((e.Code & 2) != 0 ? "writing" : "reading")}",
            Entry.Interrupt => $"interrupt {e.Argument - 1}",
            Entry.Exception => $"exception {e.Argument}",
            Entry.ExchangeTrap when e.Registers is { } r => $"exchange_trap {r.Eax:X8}h",
            Entry.Outgrow => "uses more than its small space",
            Entry.Trap => "INT 80h, to its trap address",
            Entry.Protection => $"exception {FaultMessage.Protection} of an instruction that begins with "
                + $"{string.Join(' ', BitConverter.GetBytes(e.Argument).Select(b => $"{b:X2}"))}h",
            Entry.FpageUnmap when e.Registers is { } r => $"fpage_unmap {Page(r.Eax)}, mask {r.Ecx:X8}h",
            Entry.Pick => "picks",
            Entry.Receive => "resumes its receive",
            Entry.Accept => "takes a message",
            Entry.Leave => "ends its ipc",
            Entry.Map => "goes on with mappings",
            Entry.Wake => "the tick looks at the next who waits",
            _ => e.Entry.ToString().ToLowerInvariant(),
        };

    private static string Page(uint fpage) =>
        Fpage.IsValid((Concrete)fpage).Known
            ? $"{Fpage.Pages((Concrete)fpage).Value:N0} pages from {fpage & ~0xFFFu:X}h"
            : $"{fpage:X8}h (invalid)";

    private static string Ipc(State<Concrete> s, Registers r)
    {
        var partner = Name(s, r.Esi);
        var (sends, open) = (r.Eax != Descriptor.None, (r.Ebp & 1) != 0);
        var operation = (sends, r.Ebp != Descriptor.None) switch
        {
            (true, true) => open ? $"reply & wait {partner}" : $"call {partner}",
            (true, false) => $"send {partner}",
            (false, true) => open ? "wait"
            : r.Esi == ThreadId.Nil ? "sleep"
            : $"receive from {partner}",
            (false, false) => "ipc without phases",
        };
        var words =
            !sends ? ""
            : r.Eax >= 4 ? $" message at {r.Eax & ~3u:X}h"
            : $" words {r.Edx:X} {r.Ebx:X} {r.Edi:X}";
        var buffer =
            r.Ebp == Descriptor.None || r.Ebp < 4 ? ""
            : (r.Ebp & 2) != 0 ? $" window {r.Ebp:X}h"
            : $" buffer at {r.Ebp & ~3u:X}h";
        return $"{operation}{words}{buffer}{TimeoutsOf(r, sends)}";
    }

    // The timeouts of the phases that the ipc has.
    private static string TimeoutsOf(Registers r, bool sends)
    {
        var receives = r.Ebp != Descriptor.None;
        var (send, receive) = (Duration(r.Ecx >> 16 & 0xFF, r.Ecx >> 4 & 0xF), Duration(r.Ecx >> 24, r.Ecx & 0xF));
        return (sends, receives) switch
        {
            (true, true) when send == receive => $" timeouts {send}",
            (true, true) => $" timeouts send {send} receive {receive}",
            (true, false) => $" timeout {send}",
            (false, true) => $" timeout {receive}",
            _ => "",
        };
    }

    /// <summary>The time of a mantissa and an exponent of the timeout word, in the largest fitting unit.</summary>
    internal static string Duration(uint mantissa, uint exponent) =>
        Timeouts.Decode(mantissa, exponent) switch
        {
            null => "never",
            0 => "0",
            < 1000 and var time => Text($"{time} us"),
            < 1_000_000 and var time => Text($"{time / 1e3:0.###} ms"),
            var time => Text($"{time / 1e6:0.###} s"),
        };

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    internal static string Outcome(State<Concrete> s, uint actor, Entry entry)
    {
        var runs = s.Stage.Value switch
        {
            Stages.Idle => "idle",
            Stages.Pick => "kernel picks next",
            Stages.Receive => $"{Thread(s, s.Current.Value)} receives",
            Stages.Accept => $"{Thread(s, s.Current.Value)} accepts",
            Stages.Leave => $"{Thread(s, s.Current.Value)} leaves",
            Stages.Wake => "kernel looks who is due",
            Stages.Map => $"{Thread(s, s.Current.Value)} goes on with mappings",
            _ => s.Current == actor ? "goes on" : $"{Thread(s, s.Current.Value)} runs",
        };
        if (actor == State<Concrete>.Nobody || entry is Entry.Pick or Entry.Tick or Entry.Wake or Entry.Interrupt)
            return runs;
        var status = s.Status[actor].Value;
        var result =
            entry is Entry.Ipc or Entry.Receive or Entry.Accept or Entry.Leave && status == ThreadStatus.Ready
                ? CodeName(s.Eax[actor])
            : status == ThreadStatus.Ready ? "ready"
            : status < ThreadStatus.Names.Length ? ThreadStatus.Names[status]
            : $"status {status}";
        return $"{result}, {runs}";
    }

    internal static string CodeName(uint code) =>
        code switch
        {
            Code.Done => "done",
            Code.Mapped => "done, with pages",
            Code.NoPartner => "error 10h (no partner)",
            Code.ReceiveTimeout => "error 20h (receive timeout)",
            Code.SendTimeout => "error 30h (send timeout)",
            Code.ReceiveCancelled => "error 40h (receive cancelled)",
            Code.SendCancelled => "error 50h (send cancelled)",
            Code.ReceiveMapFailed => "error 62h (receive: mappings ran out)",
            Code.SendMapFailed => "error 70h (send: mappings ran out)",
            Code.ReceiveAborted => "error C2h (receive aborted)",
            Code.SendAborted => "error D0h (send aborted)",
            Code.ReceiveCut => "error E0h (receive cut)",
            Code.SendCut => "error F0h (send cut)",
            _ => $"EAX {code:X8}h",
        };
}
