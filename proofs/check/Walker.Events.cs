using Verified.Proofs.Checker;
using Verified.Proofs.Events;
using Verified.Spec;

namespace Verified.Proofs.Check;

/// <summary>The events that a step may have, and the event of a step that was made.</summary>
public sealed partial class Walker
{
    /// <summary>The event of the present step, with the registers it was made with.</summary>
    public Event EventOf(Transition step)
    {
        if (step.StageBefore != Stages.User)
            return new(step.Entry, null, step.Argument);
        return new(
            step.Entry,
            new(
                _choices.Chosen(0),
                _choices.Chosen(1),
                _choices.Chosen(2),
                _choices.Chosen(3),
                State.Esp[step.Actor],
                _choices.Chosen(4),
                _choices.Chosen(5),
                _choices.Chosen(6),
                State.Eip[step.Actor],
                State.Eflags[step.Actor]
            ),
            step.Argument
        );
    }

    // An interrupt may come if it is not masked. The exception of a small space may come if the current thread is in a
    // small space. INT 80h traps if the thread has a trap address.
    private bool MayCome(Entry entry, uint argument) =>
        entry switch
        {
            Entry.Interrupt => Event.MayCome(State, argument),
            Entry.Outgrow => State.Mappings.Small[State.Task(State.Current)].Value != 0,
            Entry.Trap => State.Traps(FaultMessage.TrapCode).Known,
            _ => true,
        };

    private static readonly uint[] AProtection = [FaultMessage.Protection];

    // IN AL,DX.
    private static readonly uint[] PortInstruction = [0xEC];

    private static readonly uint[] AnException = [6],
        NoArgument = [0];

    // One exception is enough, because the kernel reports the vector and never examines it.
    private IReadOnlyList<uint> ArgumentsOf(Entry entry) =>
        entry switch
        {
            Entry.Exception => AnException,
            Entry.Interrupt => _interrupts,
            Entry.Outgrow => AProtection,
            Entry.Protection => PortInstruction,
            _ => NoArgument,
        };

    /// <summary>The event with a given number among the events of a state.</summary>
    public Event EventAt(Key from, int number)
    {
        Event? found = null;
        Expand(from, (step, _) =>
        {
            if (number-- == 0)
                found = EventOf(step);
            return found is null;
        });
        return found ?? throw new ModelException("a step that was found is not made again");
    }

    /// <summary>The first event that leads from one state to the other.</summary>
    public Event EventBetween(Key from, Key to)
    {
        Event? found = null;
        Expand(from, (step, key) =>
        {
            if (key == to)
                found = EventOf(step);
            return found is null;
        });
        return found ?? throw new ModelException("a state's parent does not lead to it");
    }
}
