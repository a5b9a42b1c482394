using System.Globalization;

namespace Verified.Kernel;

/// <summary>
/// The contract of a piece of code between two symbols: its effect on the sets of threads, whichever instructions it
/// has. EAX, EBX, ECX, EDX and the status flags are lost, unless the contract gives them a value.
/// </summary>
public enum SetOperationKind
{
    /// <summary>
    /// The thread at EBP, which is in no ready set, enters the ready set of its priority. Top is then at least that
    /// priority.
    /// </summary>
    AddReady,

    /// <summary>Thread number EDI leaves the ready set of priority ESI, which contains it.</summary>
    RemoveReady,

    /// <summary>
    /// EAX and top are the greatest priority whose ready set is not empty. If there is none, jumps to another address.
    /// </summary>
    GreatestPriority,

    /// <summary>
    /// EAX is the next thread number, cyclically after the one picked last, in the ready set of priority ESI. The set
    /// is not empty.
    /// </summary>
    NextReady,

    /// <summary>The current thread, which is in no sender set, enters the sender set of the thread at EBP.</summary>
    AddSender,

    /// <summary>The thread at EBP leaves the sender set of the thread at EDX, which contains it.</summary>
    RemoveSender,

    /// <summary>
    /// EAX is the next thread number, cyclically after the one served last, in the current thread's sender set. The set
    /// is not empty.
    /// </summary>
    NextSender,

    /// <summary>The thread at EBP, which is in no timer set, enters the timer set of its deadline's slot.</summary>
    AddTimer,

    /// <summary>If its status is timed, the thread at EBP leaves the timer set that contains it.</summary>
    RemoveTimer,

    /// <summary>
    /// EAX is the next thread number after the one examined last in the set of the clock's slot. If there is none,
    /// jumps to another address. ESI is lost, too.
    /// </summary>
    NextTimer,
}

/// <summary>A piece of the image's code that must keep a contract.</summary>
/// <param name="Name">Its symbol: the kind, then a number.</param>
/// <param name="Kind">The contract.</param>
/// <param name="Start">Linear address of its first instruction.</param>
/// <param name="End">The address after its last instruction.</param>
/// <param name="None">Its jump target if it finds nothing; 0 for kinds that always find a thread.</param>
public sealed record SetOperation(string Name, SetOperationKind Kind, uint Start, uint End, uint None)
{
    internal const string EndSuffix = "_end",
        NoneSuffix = "_none";

    /// <summary>The operations of an image, in order of address.</summary>
    /// <exception cref="ImageException">An operation has no end.</exception>
    public static IReadOnlyList<SetOperation> In(IReadOnlyDictionary<string, uint> symbols)
    {
        List<SetOperation> operations = [];
        foreach (var kind in Enum.GetValues<SetOperationKind>())
            for (var number = 1; symbols.TryGetValue(Symbol(kind, number), out var start); number++)
            {
                var name = Symbol(kind, number);
                var none = kind is SetOperationKind.GreatestPriority or SetOperationKind.NextTimer
                    ? Of(name + NoneSuffix)
                    : 0;
                operations.Add(new(name, kind, start, Of(name + EndSuffix), none));
            }

        return [.. operations.OrderBy(operation => operation.Start)];

        uint Of(string name) =>
            symbols.TryGetValue(name, out var address)
                ? address
                : throw new ImageException($"the image has no symbol {name}: it is not this kernel, or was damaged");
    }

    /// <summary>The beginnings of the operations' symbols.</summary>
    public static IEnumerable<string> Beginnings => Enum.GetValues<SetOperationKind>().Select(Words);

    internal static string Symbol(SetOperationKind kind, int number) =>
        $"{Words(kind)}_{number.ToString(CultureInfo.InvariantCulture)}";

    private static string Words(SetOperationKind kind) =>
        kind switch
        {
            SetOperationKind.AddReady => "add_ready",
            SetOperationKind.RemoveReady => "remove_ready",
            SetOperationKind.GreatestPriority => "greatest_priority",
            SetOperationKind.NextReady => "next_ready",
            SetOperationKind.AddSender => "add_sender",
            SetOperationKind.RemoveSender => "remove_sender",
            SetOperationKind.NextSender => "next_sender",
            SetOperationKind.AddTimer => "add_timer",
            SetOperationKind.RemoveTimer => "remove_timer",
            SetOperationKind.NextTimer => "next_timer",
            _ => throw new ArgumentOutOfRangeException(nameof(kind)),
        };
}
