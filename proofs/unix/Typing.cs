using System.Collections.Concurrent;
using Verified.Machine.Computer;

namespace Verified.Proofs.Unix;

/// <summary>
/// Runs the machine while somebody types: the bytes of the standard input go to COM1, and those of a terminal on the
/// network go to COM2. The machine's time jumps over waiting, so an idle guest is slowed down to about the host's time.
/// </summary>
internal sealed class Typing
{
    private const long Busy = 1_000_000,
        Idle = 5_000;

    private readonly ConcurrentQueue<byte> _typed = new();

    private Typing(TextReader? redirected)
    {
        if (redirected is not null)
            new Thread(() => Read(redirected)) { IsBackground = true, Name = "typing" }.Start();
    }

    /// <param name="pc">The machine.</param>
    /// <param name="budget">The largest number of instructions.</param>
    /// <param name="input">The terminal at COM1; null if nobody types there.</param>
    /// <param name="second">The terminal at COM2; null if there is none.</param>
    public static StopReason Run(Pc pc, long budget, TextReader? input, NetworkTerminal? second)
    {
        var typing = new Typing(input);
        var end = pc.Instructions + budget;
        var slice = Busy;
        while (true)
        {
            var (instructions, time) = (pc.Instructions, pc.Time);
            var reason = pc.Run(Math.Min(slice, end - instructions));
            if (reason != StopReason.Budget || pc.Instructions >= end)
                return reason;
            var waited = pc.Time - time - (pc.Instructions - instructions);
            var isIdle = waited > pc.Instructions - instructions;
            var hasInput = !typing._typed.IsEmpty;
            while (typing._typed.TryDequeue(out var one))
                pc.Type([one]);
            while (second is not null && second.TryRead(out var other))
            {
                pc.TypeSecond([other]);
                hasInput = true;
            }
            if (isIdle && !hasInput)
                Thread.Sleep((int)Math.Min(1000 * waited / pc.ClockRate, 50));
            slice = isIdle ? Idle : Busy;
        }
    }

    private void Read(TextReader redirected)
    {
        if (!Console.IsInputRedirected && ReferenceEquals(redirected, Console.In))
        {
            Console.TreatControlCAsInput = true;
            while (true)
                Put(Console.ReadKey(intercept: true));
        }
        while (redirected.Read() is >= 0 and var read)
            _typed.Enqueue((byte)read);
    }

    private void Put(ConsoleKeyInfo key)
    {
        var bytes = key.Key switch
        {
            ConsoleKey.UpArrow => "\e[A"u8,
            ConsoleKey.DownArrow => "\e[B"u8,
            ConsoleKey.RightArrow => "\e[C"u8,
            ConsoleKey.LeftArrow => "\e[D"u8,
            ConsoleKey.Backspace => "\x7f"u8,
            _ => [(byte)key.KeyChar],
        };
        foreach (var one in bytes)
            if (one != 0)
                _typed.Enqueue(one);
    }
}
