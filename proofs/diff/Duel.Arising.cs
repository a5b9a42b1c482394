using Verified.Kernel;
using Verified.Proofs.Events;
using Verified.Spec;

namespace Verified.Proofs.Diff;

/// <summary>
/// Which event happens when random programs ask for one: within the image's reach, and as an instruction raises it.
/// </summary>
public sealed partial class Duel
{
    /// <summary>
    /// The event with its instruction where the current thread can execute it, in the window if its page is absent. If
    /// nothing raises it there, the processor raises it without an instruction.
    /// </summary>
    private Event InReach(Event e)
    {
        if (State.Stage.Value != Stages.User || e.Injected || e.Entry is Entry.Tick or Entry.Interrupt)
            return e;
        var registers = e.Registers ?? Proofs.Events.Registers.Of(State, State.Current.Value);
        if (Arises(e))
            return e;
        var code = e.By ?? UserInstructions.Usual(e);
        var moved = code is { } bytes
            ? e with
            {
                Registers = registers with
                {
                    Eip = Window.Base + registers.Eip % Layout.PageSize / 2 + UserInstructions.Past(e, bytes),
                },
            }
            : e;
        return !_machine.InSmallSpace && Arises(moved) ? moved : e with { Injected = true };
    }

    private bool Arises(Event e) =>
        _judge.Of(e, _machine.InSmallSpace)?.Event is { } arising
        && arising.Entry == e.Entry
        && arising.Argument == e.Argument;

    // The registers after an instruction that just completes.
    private static Proofs.Events.Registers Complete(Arising arising) =>
        arising.Start with
        {
            Eip = arising.Start.Eip + (uint)arising.Code!.Value.Length,
        };
}
