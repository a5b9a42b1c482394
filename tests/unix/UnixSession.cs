using Verified.Proofs.Unix;
using Xunit;

namespace Verified.Tests.Unix;

/// <summary>
/// A session at a terminal, written as it appears there. Lines after the prompts "# " and "> ", and the line "^C", are
/// typed, each as soon as everything before it has appeared.
/// </summary>
internal sealed class UnixSession
{
    private readonly string _text;
    private readonly Dictionary<int, string> _typed = [];

    public UnixSession(params string[] lines)
    {
        _text = "";
        foreach (var line in lines)
        {
            if (line == "^C")
                _typed[_text.Length] = "\x03";
            else if (line.StartsWith("# ", StringComparison.Ordinal) || line.StartsWith("> ", StringComparison.Ordinal))
                _typed[_text.Length + 2] = line[2..] + "\r";
            // mksh's editor ends a line with a carriage return of its own.
            _text +=
                line
                + (
                    line.StartsWith("# ", StringComparison.Ordinal) || line.StartsWith("> ", StringComparison.Ordinal)
                        ? "\r\r\n"
                        : "\r\n"
                );
        }
    }

    /// <summary>The next input after this text; null if the session has gone another way.</summary>
    public string? Answer(string appeared) =>
        _text.StartsWith(appeared, StringComparison.Ordinal) ? _typed.GetValueOrDefault(appeared.Length, "") : null;

    /// <summary>Asserts that a terminal has shown the session, up to the end of process 1.</summary>
    public void Check((string Text, int? Status) end, int status)
    {
        Assert.Equal(WithStatus(status), end.Text);
        Assert.Equal(status, end.Status);
    }

    /// <summary>Runs it on the machine, which ends with this status.</summary>
    public void OnTheMachine(byte[] archive, int status, UnixWay way = UnixWay.Library) =>
        Check(UnixSystem.OnTheMachine(archive, WithEnd(status), way), status);

    /// <summary>Runs it in QEMU.</summary>
    public void InQemu(byte[] archive, int status, UnixWay way = UnixWay.Library) =>
        Check(UnixSystem.InQemu(archive, WithEnd(status), way), status);

    /// <summary>The session, and the line of the server about its end.</summary>
    public string WithStatus(int status) => _text + $"unix: process 1 has ended with status {status}\r\n";

    /// <summary>The text to type after each text: null if the session has gone another way, up to its end.</summary>
    public Func<string, string?> WithEnd(int status)
    {
        var all = WithStatus(status);
        return appeared =>
            Answer(appeared)
            ?? (
                all.StartsWith(appeared, StringComparison.Ordinal) || appeared.StartsWith(all, StringComparison.Ordinal)
                    ? ""
                    : null
            );
    }
}
