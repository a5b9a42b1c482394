using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Check;

/// <summary>A step just made: the entry, who had the processor, and the state after it (with its journal).</summary>
public readonly record struct Transition(FlatTables Tables, Entry Entry, uint Actor, uint StageBefore, int Eax)
{
    public State<Concrete> After => Tables.State;

    /// <summary>Whether the step wrote a column of a row.</summary>
    public bool Wrote(string column, uint row) => Tables.Written.Contains(Tables.Start(column) + (int)row);

    /// <summary>Whether the step ended some thread's ipc with this code.</summary>
    public bool Delivers(uint code)
    {
        if (Entry is not (Entry.Ipc or Entry.Receive or Entry.Accept or Entry.Wake)) return false;
        foreach (var cell in Tables.Written)
        {
            var row = (uint)(cell - Eax);
            if (row < After.Limits.Threads && Tables.Cells[cell] == code && After.Status[row].Value == ThreadStatus.Ready)
                return true;
        }

        return false;
    }
}

/// <summary>Something that must happen in some reachable step: a check that never meets it checks less than it says.</summary>
public sealed record Sometimes(string Name, Func<Transition, bool> Happens)
{
    public const string Reported = "an exception reported to a pager that waits", ReportedLater = "an exception that waits for its pager",
        Answered = "an exception answered";

    public const string PutOff = "a receive phase put off until its thread runs";

    public static readonly IReadOnlyList<Sometimes> All =
    [
        .. Enum.GetValues<Entry>().Select(entry => new Sometimes($"entry {entry}", t => t.Entry == entry)),
        .. Stages.Names.Select((name, stage) => new Sometimes($"stage {name}", t => t.After.Stage.Value == stage)),
        .. ThreadStatus.Names.Skip(1).Select((name, status) => new Sometimes($"thread {name}", t =>
            t.Actor != State<Concrete>.Nobody && t.After.Status[t.Actor].Value == status + 1
            || t.After.Current.Value != State<Concrete>.Nobody && t.After.Status[t.After.Current].Value == status + 1)),
        new("code 00h, done", t => t.Delivers(Code.Done)),
        new("code 10h, no partner", t => t.Delivers(Code.NoPartner)),
        new("code 20h, receive timeout", t => t.Delivers(Code.ReceiveTimeout)),
        new("code 30h, send timeout", t => t.Delivers(Code.SendTimeout)),
        new("code E0h, receive cut", t => t.Delivers(Code.ReceiveCut)),
        new("code F0h, send cut", t => t.Delivers(Code.SendCut)),
        new("hand-off to the partner", t => t.Entry == Entry.Leave && t.After.Stage.Value == Stages.User && t.After.Current.Value != t.Actor),
        new("preemption by a woken thread", t => t.Entry == Entry.Leave && t.After.Stage.Value == Stages.Pick
            && t.After.Status[t.Actor].Value == ThreadStatus.Ready),
        new(Reported, t => t.Entry == Entry.PageFault && t.After.Stage.Value == Stages.Leave),
        new(ReportedLater, t => t.Entry == Entry.PageFault && t.After.Status[t.Actor].Value == ThreadStatus.Sending),
        new(Answered, t => t.Entry == Entry.Ipc && t.After.Heir.Value is > 0 and var heir && t.Wrote(nameof(State<Concrete>.Faulting), heir)),
        new(PutOff, t => t.Entry == Entry.Pick && t.After.Stage.Value == Stages.Receive),
        new("time slice used up", t => t.Entry == Entry.Wake && t.After.Stage.Value == Stages.Pick && t.Actor != State<Concrete>.Nobody),
        new("a deadline ends a send", t => t.Entry == Entry.Wake && t.Delivers(Code.SendTimeout)),
        new("a deadline ends a receive", t => t.Entry == Entry.Wake && t.Delivers(Code.ReceiveTimeout)),
        new("a deadline of another round", t => t.Entry == Entry.Wake && t.After.Stage.Value == Stages.Wake
            && !t.Delivers(Code.SendTimeout) && !t.Delivers(Code.ReceiveTimeout)),
        new("time slice donated", t => t.Entry == Entry.ThreadSwitch && t.After.Stage.Value == Stages.User),
        new("tick while idle", t => t.Entry == Entry.Tick && t.StageBefore == Stages.Idle),
    ];
}
