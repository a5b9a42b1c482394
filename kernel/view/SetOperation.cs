using System.Globalization;

namespace Verified.Kernel;

/// <summary>
/// What a piece of code between two symbols does to the sets of threads: its contract, whatever instructions it is made
/// of. The words in EAX, EBX, ECX, EDX that are not said are lost, as are the status flags.
/// </summary>
public enum SetOperationKind
{
    /// <summary>
    /// The thread whose row is at EBP, in no ready set, enters that of its priority; top is at least that priority.
    /// </summary>
    AddReady,

    /// <summary>Thread number EDI leaves the ready set of priority ESI, in which it is.</summary>
    RemoveReady,

    /// <summary>
    /// EAX and top are the greatest priority whose ready set is not empty; if there is none, leaves to another address.
    /// </summary>
    GreatestPriority,

    /// <summary>
    /// EAX is the next thread number, cyclically after the one picked last, in the ready set of priority ESI, not
    /// empty.
    /// </summary>
    NextReady,

    /// <summary>The current thread, in no sender set, enters that of the thread whose row is at EBP.</summary>
    AddSender,

    /// <summary>
    /// The thread whose row is at EBP leaves the sender set of the thread whose row is at EDX, in which it is.
    /// </summary>
    RemoveSender,

    /// <summary>
    /// EAX is the next thread number, cyclically after the one served last, in the current thread's sender set, not
    /// empty.
    /// </summary>
    NextSender,

    /// <summary>The thread whose row is at EBP, in no set of timers, enters that of its deadline's slot.</summary>
    AddTimer,

    /// <summary>The thread whose row is at EBP leaves the set of timers that it is in, if its status says so.</summary>
    RemoveTimer,

    /// <summary>
    /// EAX is the next thread number after the one examined last in the set of the clock's slot; if there is none,
    /// leaves to another address. ESI is lost too.
    /// </summary>
    NextTimer,
}

/// <summary>A piece of the image's code that is to keep a contract.</summary>
/// <param name="Name">Its symbol: the kind and a number.</param>
/// <param name="Kind">The contract.</param>
/// <param name="Start">Linear address of its first instruction.</param>
/// <param name="End">Where it leaves to.</param>
/// <param name="None">Where it leaves to when there is nothing to find; 0 for kinds that always find.</param>
public sealed record SetOperation(string Name, SetOperationKind Kind, uint Start, uint End, uint None)
{
    internal const string EndSuffix = "_end",
        NoneSuffix = "_none";

    /// <summary>The operations of an image, in order of address.</summary>
    /// <exception cref="ImageException">The end of one is missing.</exception>
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

    /// <summary>What the symbols of operations begin with.</summary>
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
