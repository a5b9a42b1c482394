using Verified.Proofs.Diff;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>A trace as a reader of the interface's manual would tell it.</summary>
public static class Transcript
{
    /// <summary>
    /// One line per event, run on the spec: <c>2.0 call 1.0 words 1 2 3 timeouts never -> waits</c>. The phases of an
    /// ipc, between which
    /// nothing else happens, are one.
    /// </summary>
    public static IReadOnlyList<string> Of(Trace trace)
    {
        var s = trace.Start.ToState();
        var kernel = new Kernel<Concrete>(s);
        List<string> lines = [];
        (string Action, uint Actor, Entry Entry)? begun = null;
        Between? between = null;
        var spelledOut = trace.Events.Any(e => e.Entry == Entry.Map);
        foreach (var @event in trace.Events)
        {
            // A trace may leave out the kernel's own steps; in one that does not, an interrupt may come between them.
            if (!spelledOut || !@event.ComesBetween(s))
                foreach (var (own, argument) in Event.OwnSteps(s, between)
                    .TakeWhile(own => own.Entry != @event.Entry)) Tell(new(own, null, argument));
            // What an instruction raises depends on the state.
            between = @event.Between;
            if (@event.By is { } instruction && s.Stage.Value == Stages.User)
                foreach (var arisen in Judge.Arisen(s, @event))
                {
                    foreach (var (own, argument) in Event.OwnSteps(s)) Tell(new(own, null, argument));
                    if (arisen is null) lines.Add($"{Number(s, s.Current.Value)} executes {instruction}h -> goes on");
                    else Tell(arisen);
                }
            else Tell(@event);
        }

        End();
        return lines;

        void Tell(Event @event)
        {
            var (actor, stage) = (s.Current.Value, s.Stage.Value);
            @event.Apply(kernel, s);
            begun ??= ($"{Subject(s, actor, stage)} {Action(s, @event)}", actor, @event.Entry);
            if (s.Stage.Value is < Stages.Receive and not Stages.Map || @event.Entry == Entry.Pick) End();
        }

        void End()
        {
            if (begun is var (action, actor, entry)) lines.Add($"{action} -> {Outcome(s, actor, entry)}");
            begun = null;
        }
    }

    /// <summary>task.lthread of an id; nil and ids of no thread by name, stale versions marked.</summary>
    public static string Name(State<Concrete> s, uint id)
    {
        if (id == ThreadId.Nil) return "nil";
        if (id == ThreadId.Invalid) return "invalid";
        if (Interrupts.IsId((Concrete)id).Known) return $"interrupt {id - 1}";
        var row = s.Row(id).Value;
        if (s.Exists(id)) return Number(s, row);
        return s.Id[row] != ThreadId.Nil && (s.Id[row].Value ^ id) >> 10 == 0 ? $"{Number(s, row)} (stale)"
            : $"{id:X8}h";
    }

    /// <summary>task.lthread of a thread number.</summary>
    public static string Number(State<Concrete> s, uint row) => $"{row / s.Limits.Lthreads}.{row % s.Limits.Lthreads}";

    private static string Subject(State<Concrete> s, uint actor, uint stage) =>
        stage == Stages.Pick ? "kernel" : actor == State<Concrete>.Nobody ? "idle" : Number(s, actor);

    private static string Action(State<Concrete> s, Event e) =>
        Way(s, e) + (e.Between is { } between ? $" ({between})" : "");

    private static string Way(State<Concrete> s, Event e) => e.Entry switch
    {
        Entry.Ipc when e.Registers is { } r => Ipc(s, r),
        Entry.IdNearest when e.Registers is { } r => $"id_nearest {Name(s, r.Esi)}",
        Entry.ThreadSwitch when e.Registers is { } r => $"thread_switch {Name(s, r.Esi)}",
        Entry.ThreadSchedule when e.Registers is { } r => $"thread_schedule {Name(s, r.Esi)} {r.Eax:X8}h",
        Entry.LthreadExRegs when e.Registers is { } r =>
            $"lthread_ex_regs {r.Eax:X} ESP {r.Ecx:X} EIP {r.Edx:X} pager {Name(s, r.Esi)}",
        Entry.TaskNew when e.Registers is { } r => $"task_new {ThreadId.Task<Concrete>(r.Esi).Value} "
            + (r.Ebx == ThreadId.Nil ? $"inactive, chief {Name(s, r.Eax)}"
                : $"ESP {r.Ecx:X} EIP {r.Edx:X} pager {Name(s, r.Ebx)} mcp {r.Eax:X}"),
        Entry.PageFault => $"page fault at {e.Argument:X8}h, {((e.Code & 2) != 0 ? "writing" : "reading")}",
        Entry.Interrupt => $"interrupt {e.Argument - 1}",
        Entry.Exception => $"exception {e.Argument}",
        Entry.Outgrow => "uses more than its small space",
        Entry.Protection => $"exception {FaultMessage.Protection} of an instruction that begins with {string.Join(' ', BitConverter.GetBytes(e.Argument).Select(b => $"{b:X2}"))}h",
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
            ? $"{Fpage.Pages((Concrete)fpage).Value:N0} pages from {fpage & ~0xFFFu:X}h" : $"{fpage:X8}h (invalid)";

    private static string Ipc(State<Concrete> s, Registers r)
    {
        var partner = Name(s, r.Esi);
        var (sends, open) = (r.Eax != Descriptor.None, (r.Ebp & 1) != 0);
        var operation = (sends, r.Ebp != Descriptor.None) switch
        {
            (true, true) => open ? $"reply & wait {partner}" : $"call {partner}",
            (true, false) => $"send {partner}",
            (false, true) => open ? "wait" : r.Esi == ThreadId.Nil ? "sleep" : $"receive from {partner}",
            (false, false) => "ipc without phases",
        };
        var words = !sends ? "" : r.Eax >= 4 ? $" message at {r.Eax & ~3u:X}h"
            : $" words {r.Edx:X} {r.Ebx:X} {r.Edi:X}";
        var buffer = r.Ebp == Descriptor.None || r.Ebp < 4 ? "" : (r.Ebp & 2) != 0 ? $" window {r.Ebp:X}h"
            : $" buffer at {r.Ebp & ~3u:X}h";
        return $"{operation}{words}{buffer} timeouts {Timeout(r.Ecx)}";
    }

    private static string Timeout(uint word)
    {
        Concrete timeouts = word;
        return (Timeouts.SendIsZero(timeouts).Known, Timeouts.ReceiveIsZero(timeouts).Known) switch
        {
            (false, false) => "never",
            (true, false) => "send 0",
            (false, true) => "receive 0",
            _ => "0",
        };
    }

    private static string Outcome(State<Concrete> s, uint actor, Entry entry)
    {
        var runs = s.Stage.Value switch
        {
            Stages.Idle => "idle",
            Stages.Pick => "kernel picks next",
            Stages.Receive => $"{Number(s, s.Current)} receives",
            Stages.Accept => $"{Number(s, s.Current)} accepts",
            Stages.Leave => $"{Number(s, s.Current)} leaves",
            Stages.Wake => "kernel looks who is due",
            Stages.Map => $"{Number(s, s.Current)} goes on with mappings",
            _ => s.Current == actor ? "goes on" : $"{Number(s, s.Current)} runs",
        };
        if (actor == State<Concrete>.Nobody
            || entry is Entry.Pick or Entry.Tick or Entry.Wake or Entry.Interrupt) return runs;
        var status = s.Status[actor].Value;
        var result = entry is Entry.Ipc or Entry.Receive or Entry.Accept or Entry.Leave && status == ThreadStatus.Ready
            ? CodeName(s.Eax[actor]) : status == ThreadStatus.Ready ? "ready" : status < ThreadStatus.Names.Length
                ? ThreadStatus.Names[status] : $"status {status}";
        return $"{result}, {runs}";
    }

    private static string CodeName(uint code) => code switch
    {
        Code.Done => "done",
        Code.NoPartner => "error 10h (no partner)",
        Code.ReceiveTimeout => "error 20h (receive timeout)",
        Code.SendTimeout => "error 30h (send timeout)",
        Code.ReceiveCancelled => "error 40h (receive cancelled)",
        Code.SendCancelled => "error 50h (send cancelled)",
        Code.ReceiveCut => "error E0h (receive cut)",
        Code.SendCut => "error F0h (send cut)",
        _ => $"EAX {code:X8}h",
    };
}
