using Verified.Proofs.Traces;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>The registers of a call that hold ids, and the threads or tasks that these ids name.</summary>
public static class CallIds
{
    // The registers that the caller gives, and those that the kernel returns (interface, sections 3 to 10).
    private static readonly Dictionary<Entry, (string[] Given, string[] Returned)> Registers = new()
    {
        [Entry.Ipc] = (["Esi"], ["Esi"]),
        [Entry.Receive] = (["Esi"], ["Esi"]),
        [Entry.Accept] = (["Esi"], ["Esi"]),
        [Entry.IdNearest] = (["Esi"], ["Esi"]),
        [Entry.ThreadSwitch] = (["Esi"], []),
        [Entry.ThreadSchedule] = (["Esi", "Ebx"], ["Esi", "Ebx"]),
        [Entry.LthreadExRegs] = (["Esi", "Ebx"], ["Esi", "Ebx"]),
        [Entry.TaskNew] = (["Esi", "Ebx"], ["Esi"]),
    };

    /// <summary>Whether the event's call uses a register that its program loaded as an id.</summary>
    public static bool IsGiven(NarratedStep step, Change loaded) =>
        loaded.Row == step.Actor
        && step.Entry is { } entry
        && Registers.GetValueOrDefault(entry).Given?.Contains(loaded.Column) == true;

    /// <summary>
    /// The values of a change in words. If the event's call uses the register as an id, they name it.
    /// </summary>
    /// <param name="before">The state before the event.</param>
    /// <param name="after">The state after it.</param>
    /// <param name="step">The event.</param>
    /// <param name="change">A change that its program or the kernel made.</param>
    /// <param name="isLoaded">True if the program made the change, before its call.</param>
    public static (string Old, string New) Values(
        State<Concrete> before,
        State<Concrete> after,
        NarratedStep step,
        Change change,
        bool isLoaded
    )
    {
        var (given, returned) =
            change.Row == step.Actor && step.Entry is { } entry ? Registers.GetValueOrDefault(entry) : default;
        var (isGiven, isReturned) = (given?.Contains(change.Column) == true, returned?.Contains(change.Column) == true);
        return isLoaded
            ? (Glossary.Value(before, change.Column, change.Old), Told(before, isGiven, change.New))
            : (Told(before, isGiven, change.Old), Told(after, isReturned, change.New));

        string Told(State<Concrete> s, bool isId, uint value) =>
            isId
                ? $"{value:X}h, {Named(s, value, step.Entry == Entry.TaskNew && change.Column == "Esi")}"
                : Glossary.Value(s, change.Column, value);
    }

    /// <summary>The thread, interrupt or task that an id names in a state.</summary>
    /// <param name="s">The state.</param>
    /// <param name="id">The id.</param>
    /// <param name="isOfTask">True if the call uses only the number of the task in it.</param>
    public static string Named(State<Concrete> s, uint id, bool isOfTask = false)
    {
        if (id == ThreadId.Nil)
            return "nil";
        if (id == ThreadId.Invalid)
            return isOfTask ? "no task" : "keeps the value";
        var task = ThreadId.Task<Concrete>(id).Value;
        if (isOfTask)
            return task < s.Limits.Tasks ? $"task {task}" : "no task";
        if (Interrupts.IsId((Concrete)id).Known)
            return $"interrupt {id - 1}";
        if (s.Exists(id).Known)
            return $"the id of {Words.Thread(s, s.Row(id).Value)}";
        var row = s.Row(id).Value;
        return task >= s.Limits.Tasks || ThreadId.Lthread<Concrete>(id).Value >= s.Limits.Lthreads
                ? "the id of no thread"
            : s.Id[row].Value == ThreadId.Nil ? $"an id of {Words.Thread(s, row)}, which does not exist"
            : $"a stale id of {Words.Thread(s, row)}";
    }
}
