using System.Globalization;

namespace Verified.Proofs.Commands;

/// <summary>Reports the progress of some work.</summary>
/// <param name="text">The work that is done, and the work that goes on now.</param>
/// <param name="share">The part of the work that has been done, 0 to 1; null if it is not known.</param>
internal delegate void Say(string text, double? share = null);

/// <summary>
/// The last row of a terminal while a check runs: its name, the elapsed time, the time left, and what goes on now.
/// </summary>
/// <remarks>
/// The row is shorter than the terminal is wide, and the cursor waits at its start. So the row can be erased even if
/// the terminal became narrower and broke the row into several: they are all below the cursor.
/// </remarks>
/// <param name="terminal">The terminal. The caller writes to it only within <see cref="Above"/>.</param>
/// <param name="width">The present width of the terminal in columns.</param>
/// <param name="stage">The name of the check.</param>
/// <param name="clock">The source of the elapsed time.</param>
internal sealed class StatusLine(TextWriter terminal, Func<int> width, string stage, TimeProvider clock) : IDisposable
{
    // With the cursor in the upper left corner, some terminals would keep the erased text in their history.
    private const string Erase = "\r \e[J\r";

    // Early estimates are wrong by a factor.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly long _start = clock.GetTimestamp();
    private (string Text, double? Share) _said = ("", null);
    private bool _ended;

    /// <summary>Changes what the row says.</summary>
    public void Say(string text, double? share = null)
    {
        lock (_gate)
        {
            _said = (text, share);
            Draw();
        }
    }

    /// <summary>Draws the row again, because time has passed or the terminal has another width.</summary>
    public void Refresh()
    {
        lock (_gate)
            Draw();
    }

    /// <summary>Prints something above the row.</summary>
    /// <param name="print">Writes whole lines to the terminal.</param>
    public void Above(Action print)
    {
        lock (_gate)
        {
            if (!_ended)
                terminal.Write(Erase);
            print();
            Draw();
        }
    }

    /// <summary>Erases the row.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_ended)
                terminal.Write(Erase);
            _ended = true;
            terminal.Flush();
        }
    }

    private void Draw()
    {
        if (_ended)
            return;
        var row = Row(stage, clock.GetElapsedTime(_start), _said.Text, _said.Share);

        // A full row would let the cursor go to the next one.
        var most = Math.Max(1, width() - 1);
        terminal.Write($"{Erase}{(row.Length > most ? row[..most] : row)}\r");
        terminal.Flush();
    }

    /// <summary>The text of the row, as wide as it may be.</summary>
    public static string Row(string stage, TimeSpan elapsed, string text, double? share)
    {
        var left =
            share is > 0 and < 1 && elapsed >= Soon
                ? $", about {Time(elapsed * ((1 - share.Value) / share.Value))} left"
                : "";
        return $"{stage} {Time(elapsed)}{left}{(text.Length > 0 ? $": {text}" : "")}".ReplaceLineEndings(" ");
    }

    private static string Time(TimeSpan time) =>
        time.ToString(time.TotalHours >= 1 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture);
}
