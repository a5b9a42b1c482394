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

    /// <summary>The timer interrupt, in user mode or idle.</summary>
    Tick,

    /// <summary>A page fault in user mode. Takes its address and the error code.</summary>
    PageFault,

    /// <summary>
    /// A general-protection exception in user mode. Takes the first bytes of the instruction
    /// (<see cref="PortAccess{W}"/>), of which those that it does not have mean nothing, and the error code.
    /// </summary>
    Protection,

    /// <summary>
    /// Any other exception in user mode; a system call this kernel does not have is one. Takes the vector and the error
    /// code, 0 where there is none.
    /// </summary>
    Exception,

    /// <summary>
    /// An exception in user mode by a thread that runs in its task's small space, for what is beyond that or its
    /// segments: 11, 12 or 13.
    /// </summary>
    Outgrow,

    /// <summary>
    /// An interrupt of a device, or what a controller takes for one, in user mode, idle or between steps on mappings.
    /// Takes its id.
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
/// What the kernel does: each entry is one bounded step on the state. Source: spec/interface/README.md, cited by its
/// numbers as "interface"; where it leaves a choice, the choice is commented at the place.
/// </summary>
public sealed partial class Kernel<W>(State<W> s)
    where W : struct, IWord<W>
{
    /// <summary>
    /// One step. User entries need <see cref="Stages.User"/> (a tick or interrupt also <see cref="Stages.Idle"/> or
    /// <see cref="Stages.Map"/>).
    /// </summary>
    /// <param name="entry">The way in.</param>
    /// <param name="argument">What the entry takes, if anything.</param>
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

    /// <summary>
    /// The kernel's own step in <paramref name="stage"/>, or null where a user or an interrupt acts next.
    /// </summary>
    public static Entry? Own(uint stage) =>
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
    /// id_nearest. Messages are never redirected, so the nearest partner on the way to anyone is that thread itself;
    /// nil asks for one's own id. The type is always 0, same clan.
    /// </summary>
    private void IdNearest()
    {
        var me = s.Current;
        if (s.Esi[me] == ThreadId.Nil)
            s.Esi[me] = s.Id[me];
        s.Eax[me] = 0;
    }
}
