using Verified.Spec.Values;

namespace Verified.Spec;

/// <summary>The ways into the kernel, and its own steps between them.</summary>
public enum Entry
{
    /// <summary>INT 30h.</summary>
    Ipc,

    /// <summary>INT 31h.</summary>
    IdNearest,

    /// <summary>INT 32h.</summary>
    FpageUnmap,

    /// <summary>INT 33h.</summary>
    ThreadSwitch,

    /// <summary>INT 34h.</summary>
    ThreadSchedule,

    /// <summary>INT 35h.</summary>
    LthreadExRegs,

    /// <summary>INT 36h.</summary>
    TaskNew,

    /// <summary>INT 37h.</summary>
    ExchangeTrap,

    /// <summary>The timer interrupt, in user mode or idle.</summary>
    Tick,

    /// <summary>A page fault in user mode. The argument is the fault address; the code is the error code.</summary>
    PageFault,

    /// <summary>
    /// A general-protection exception in user mode. The argument is the first bytes of the instruction
    /// (<see cref="PortAccess{W}"/>); bytes beyond the instruction's end have no meaning. The code is the error code.
    /// </summary>
    Protection,

    /// <summary>
    /// Any other exception in user mode, also INT with a vector that is no system call. The argument is the vector. The
    /// code is the error code, or 0 if the exception has none.
    /// </summary>
    Exception,

    /// <summary>
    /// Exception 11, 12 or 13 of a thread that runs in its task's small space: an access beyond that space or its
    /// segments.
    /// </summary>
    Outgrow,

    /// <summary>INT 80h of a thread that has a trap address (<see cref="State{W}.Traps(W)"/>).</summary>
    Trap,

    /// <summary>
    /// A device interrupt, or a spurious one, in user mode, while idle, or between two steps on mappings. The argument
    /// is the interrupt's id.
    /// </summary>
    Interrupt,

    /// <summary>The kernel's own step in <see cref="Stages.Pick"/>.</summary>
    Pick,

    /// <summary>The kernel's own step in <see cref="Stages.Receive"/>.</summary>
    Receive,

    /// <summary>The kernel's own step in <see cref="Stages.Accept"/>.</summary>
    Accept,

    /// <summary>The kernel's own step in <see cref="Stages.Leave"/>.</summary>
    Leave,

    /// <summary>The kernel's own step in <see cref="Stages.Wake"/>.</summary>
    Wake,

    /// <summary>The kernel's own step in <see cref="Stages.Map"/>.</summary>
    Map,
}

/// <summary>
/// The kernel: each entry is one bounded step on the state. Source: spec/interface/README.md, which comments cite by
/// its numbers as "interface". If that document leaves a choice, a comment at the place explains it.
/// </summary>
public sealed partial class Kernel<W>(State<W> s)
    where W : struct, IWord<W>
{
    /// <summary>
    /// Makes one step. A user entry needs <see cref="Stages.User"/>. A tick or an interrupt can also start in
    /// <see cref="Stages.Idle"/> or <see cref="Stages.Map"/>.
    /// </summary>
    /// <param name="entry">The way in.</param>
    /// <param name="argument">The argument of the entry, if it has one.</param>
    /// <param name="code">The error code of an exception.</param>
    public void Step(Entry entry, W argument = default, W code = default)
    {
        switch (entry)
        {
            case Entry.Ipc:
                Ipc();
                break;
            case Entry.IdNearest:
                IdNearest();
                break;
            case Entry.FpageUnmap:
                FpageUnmap();
                break;
            case Entry.ThreadSwitch:
                ThreadSwitch();
                break;
            case Entry.ThreadSchedule:
                ThreadSchedule();
                break;
            case Entry.LthreadExRegs:
                LthreadExRegs();
                break;
            case Entry.TaskNew:
                TaskNew();
                break;
            case Entry.ExchangeTrap:
                ExchangeTrap();
                break;
            case Entry.Tick:
                Tick();
                break;
            case Entry.PageFault:
                PageFault(argument, code);
                break;
            case Entry.Protection:
                Protection(argument, code);
                break;
            case Entry.Exception:
                Exception(argument, code);
                break;
            case Entry.Outgrow:
                Outgrow();
                break;
            case Entry.Trap:
                Trap();
                break;
            case Entry.Interrupt:
                Interrupt(argument);
                break;
            case Entry.Pick:
                Pick();
                break;
            case Entry.Receive:
                Receive();
                break;
            case Entry.Accept:
                Accept();
                break;
            case Entry.Leave:
                Leave();
                break;
            case Entry.Wake:
                WakeNext();
                break;
            case Entry.Map:
                Map();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(entry), entry, "no such entry");
        }
    }

    /// <summary>The name of the method that makes a step in the present state, for reports.</summary>
    public string MethodOf(Entry entry)
    {
        if (entry == Entry.Wake)
            return nameof(WakeNext);
        if (entry != Entry.Map)
            return entry.ToString();
        var next = NextOnMappings().Method.Name;
        return next == nameof(Delete) ? NextOfDeletion().Method.Name : next;
    }

    /// <summary>
    /// The kernel's own step in <paramref name="stage"/>; null if a user thread or an interrupt acts next.
    /// </summary>
    public static Entry? OwnStep(uint stage) =>
        stage switch
        {
            Stages.Pick => Entry.Pick,
            Stages.Receive => Entry.Receive,
            Stages.Accept => Entry.Accept,
            Stages.Leave => Entry.Leave,
            Stages.Wake => Entry.Wake,
            Stages.Map => Entry.Map,
            _ => null,
        };

    /// <summary>
    /// id_nearest. The kernel never redirects messages, so the nearest partner on the way to a thread is that thread
    /// itself. Nil asks for the caller's own id. The type is always 0, the same clan.
    /// </summary>
    private void IdNearest()
    {
        var me = s.Current;
        if (s.Esi[me] == ThreadId.Nil)
            s.Esi[me] = s.Id[me];
        s.Eax[me] = 0;
    }

    /// <summary>exchange_trap. The caller's EAX and its trap address change places.</summary>
    private void ExchangeTrap()
    {
        var me = s.Current;
        (s.Eax[me], s.TrapAddress[me]) = (s.TrapAddress[me], s.Eax[me]);
    }
}
