using Verified.Spec;
using Verified.Spec.Values;

namespace Verified.Proofs.Events;

/// <summary>A message whose words have arrived.</summary>
/// <param name="From">Row of the sender.</param>
/// <param name="To">Row of the receiver.</param>
/// <param name="Words">The words as they arrived, in hexadecimal digits.</param>
public sealed record Transfer(uint From, uint To, string Words)
{
    /// <summary>The words of a message that a thread has just received.</summary>
    public static string WordsOf(State<Concrete> s, uint receiver) =>
        $"{s.Edx[receiver].Value:X} {s.Ebx[receiver].Value:X} {s.Edi[receiver].Value:X}";

    /// <summary>
    /// The messages that a kernel step has transferred. It writes the sender's id to the receiver's ESI, whatever
    /// becomes of the two threads later in the event.
    /// </summary>
    /// <param name="tables">The state after the step.</param>
    /// <param name="entry">The step.</param>
    /// <param name="written">The cells that it wrote.</param>
    internal static IEnumerable<Transfer> Of(FlatTables tables, Entry entry, int[] written)
    {
        // Other calls return ids in ESI, too.
        if (
            entry
            is not (
                Entry.Ipc
                or Entry.Accept
                or Entry.PageFault
                or Entry.Protection
                or Entry.Exception
                or Entry.Outgrow
            )
        )
            yield break;
        var s = tables.State;
        foreach (var cell in written)
            if (
                tables.Locate(cell) is var (column, to)
                && column.Name == nameof(s.Esi)
                && s.Exists(s.Esi[to]).Known
                && s.Row(s.Esi[to]).Value is var from
                && from != to
            )
                yield return new(from, to, WordsOf(s, to));
    }
}
