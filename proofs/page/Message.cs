using Verified.Proofs.Events;
using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Page;

/// <summary>An arrow of the sequence chart.</summary>
/// <param name="From">Row of the sender; null for an interrupt.</param>
/// <param name="To">Row of the receiver.</param>
/// <param name="Text">The words in hexadecimal digits, or which interrupt it is.</param>
/// <param name="Result">The result of the receiver's ipc, in words; empty if it has none.</param>
public sealed record Message(uint? From, uint To, string Text, string Result)
{
    /// <summary>
    /// The messages that an event delivers: those whose words arrived, whatever the results of the two threads, and
    /// those without words, derived from the states before and after. If a thread no longer waits to receive, it has
    /// got a message, unless its result is an error. If a thread no longer waits to send, it has sent its message.
    /// </summary>
    public static IReadOnlyList<Message> Of(State<Concrete> before, State<Concrete> after, NarratedStep step)
    {
        var actor = step.Actor;
        List<Message> messages = [.. step.Transfers.Select(transfer => Arrived(after, transfer))];
        for (var row = 1u; row < after.Limits.Threads; row++)
        {
            var (was, now) = (before.Status[row].Value, after.Status[row].Value);
            if (Waits(was) && IsFree(now) && Received(before, after, row) is { } received)
                messages.Add(received);
            if (
                was == ThreadStatus.Sending
                && now != ThreadStatus.Sending
                && now != ThreadStatus.Inactive
                && !(IsFree(now) && IsError(after.Eax[row].Value))
            )
                messages.Add(Sent(after, row, before.Partner[row].Value));
        }

        // A thread that receives in the same step does not wait in between, unless a sender waited.
        var id = after.Handles[actor].Value;
        if (
            actor != State<Concrete>.Nobody
            && id != 0
            && before.Status[actor].Value == ThreadStatus.Ready
            && after.Status[actor].Value == ThreadStatus.Ready
            && (before.Pending[id].Value, after.Pending[id].Value) == (1, 0)
        )
            messages.Add(OfInterrupt(after, actor, id));
        return [.. messages.DistinctBy(message => (message.From, message.To))];
    }

    private static Message? Received(State<Concrete> before, State<Concrete> after, uint row)
    {
        if (before.Faulting[row] == 1)
            return before.Partner[row].Value is > 0 and var pager ? new(pager, row, "answer to its fault", "") : null;
        if (IsError(after.Eax[row].Value))
            return null;
        var sender = after.Esi[row].Value;
        if (Interrupts.IsId((Concrete)sender).Known)
            return OfInterrupt(after, row, sender);
        return Sent(after, after.Row(sender).Value, row);
    }

    private static Message Sent(State<Concrete> after, uint from, uint to) =>
        Arrived(after, new(from, to, Transfer.WordsOf(after, to)));

    private static Message Arrived(State<Concrete> after, Transfer transfer) =>
        new(
            transfer.From,
            transfer.To,
            transfer.Words,
            IsFree(after.Status[transfer.To].Value) ? Words.CodeName(after.Eax[transfer.To].Value) : ""
        );

    private static Message OfInterrupt(State<Concrete> after, uint to, uint id) =>
        new(null, to, $"interrupt {id - 1}", Words.CodeName(after.Eax[to].Value));

    private static bool Waits(uint status) =>
        status is ThreadStatus.ReceivingFrom or ThreadStatus.ReceivingAny or ThreadStatus.Sleeping;

    private static bool IsFree(uint status) =>
        status is ThreadStatus.Ready or ThreadStatus.Resuming or ThreadStatus.Mapping or ThreadStatus.Giving;

    private static bool IsError(uint code) => code is not (Code.Done or Code.Mapped);
}
