using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;
using Verified.Proofs.Commands.Shards;

namespace Verified.Proofs.Commands;

/// <summary>How failures are reported.</summary>
/// <param name="Path">True to print all events, and the instructions of the last event.</param>
/// <param name="Image">The file of the image, if the user gave one.</param>
/// <param name="Quiet">True to print no line for a theorem that is proved.</param>
internal sealed record ReportOptions(bool Path = false, string? Image = null, bool Quiet = false)
{
    public static ReportOptions Of(ParseResult parsed) =>
        new(
            Has(parsed, Reporting.Path) && parsed.GetValue(Reporting.Path),
            Has(parsed, ImageSource.File) ? parsed.GetValue(ImageSource.File) : null,
            Has(parsed, ProveVerb.Quiet) && parsed.GetValue(ProveVerb.Quiet)
        );

    private static bool Has(ParseResult parsed, Option option) => parsed.CommandResult.Command.Options.Contains(option);
}

/// <summary>
/// The output of a verb: lines and tables, and a moving status line if the output is a terminal. With <c>--json</c>
/// only <see cref="Json"/> prints.
/// </summary>
internal sealed class Display
{
    private const int PipeWidth = 160;

    // How often the row shows the time.
    private static readonly TimeSpan Refreshes = TimeSpan.FromSeconds(0.5);

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly TextWriter _output;
    private readonly TextWriter _error = TextWriter.Null;
    private readonly bool _quiet;
    private readonly IAnsiConsole _console;
    private readonly bool _terminal;
    private readonly Lock _gate = new();
    private StatusLine? _status;
    private List<Action<Display>>? _held;
    private Display? _shownOn;

    public Display(ParseResult parsed)
        : this(
            parsed.InvocationConfiguration.Output,
            parsed.CommandResult.Command.Options.Contains(CommonOptions.Json) && parsed.GetValue(CommonOptions.Json)
        ) =>
        (Options, _error, Command) = (
            ReportOptions.Of(parsed),
            parsed.InvocationConfiguration.Error,
            string.Join(' ', parsed.Tokens)
        );

    /// <summary>The command as the user typed it, without "verified"; null if there is none.</summary>
    public string? Command { get; }

    /// <summary>What the running check is made for (<see cref="Events.Origin.For"/>); null for nothing else.</summary>
    public string? Purpose { get; set; }

    /// <summary>A display of lines on a writer.</summary>
    public Display(TextWriter output, bool quiet = false)
    {
        (_output, _quiet) = (output, quiet);
        _terminal = _output == Console.Out && !Console.IsOutputRedirected;
        _console = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = new AnsiConsoleOutput(_output),
                Ansi = _terminal ? AnsiSupport.Detect : AnsiSupport.No,
                Interactive = _terminal ? InteractionSupport.Detect : InteractionSupport.No,
            }
        );
        if (!_terminal)
            _console.Profile.Width = PipeWidth;
        _terminal &= _console.Profile.Capabilities.Ansi;
    }

    /// <summary>True if there is a status line. Without one, long checks print their progress as lines.</summary>
    public bool IsTerminal => _terminal;

    /// <summary>Cancelled if the user asks the check to stop.</summary>
    public CancellationToken Stop { get; init; }

    /// <summary>How failures are reported.</summary>
    public ReportOptions Options { get; private init; } = new();

    /// <summary>The failures reported so far.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>The checks made so far.</summary>
    public List<Checked> Checked { get; } = [];

    /// <summary>The data that the verb adds for the result of a shard.</summary>
    public ShardNotes Notes { get; } = new();

    /// <summary>Prints nothing.</summary>
    public static Display Silent { get; } = new(TextWriter.Null);

    /// <summary>A display that keeps what is printed until <see cref="ShowOn"/>; otherwise like another one.</summary>
    public static Display Held(Display like) =>
        new(TextWriter.Null)
        {
            _held = [],
            Options = like.Options,
            Stop = like.Stop,
        };

    /// <summary>
    /// Prints what was kept, and from now on everything at once.
    /// </summary>
    public void ShowOn(Display other)
    {
        lock (_gate)
        {
            foreach (var print in _held ?? [])
                print(other);
            (_held, _shownOn) = (null, other);
        }
    }

    // Whether it was passed on: kept, or printed on the display that this one is shown on.
    private bool Passes(Action<Display> print)
    {
        lock (_gate)
        {
            if (_held is null && _shownOn is null)
                return false;
            _held?.Add(print);
            if (_shownOn is { } other)
                print(other);
            return true;
        }
    }

    /// <summary>A whole line, never wrapped.</summary>
    public void Line(string text = "")
    {
        if (_quiet || Passes(other => other.Line(text)))
            return;
        Print(() => _output.WriteLine(text));
    }

    /// <summary>A line on the error output about something that does not change the result.</summary>
    public void Warn(string text)
    {
        if (!Passes(other => other.Warn(text)))
            Print(() => _error.WriteLine($"verified: warning: {text}"));
    }

    public void Write(Table table)
    {
        if (!_quiet && !Passes(other => other.Write(table)))
            Print(() => _console.Write(table));
    }

    /// <summary>Prints a value for programs to read.</summary>
    public void Json<T>(T value) => Print(() => _output.WriteLine(JsonSerializer.Serialize(value, Format)));

    /// <summary>
    /// Does some work, and shows its progress on the last row of the terminal. Work within other work has no row.
    /// </summary>
    /// <param name="stage">The name of the work.</param>
    /// <param name="work">Does it; receives a function to report its progress.</param>
    public T While<T>(string stage, Func<Say, T> work)
    {
        if (!_terminal || _quiet || _status is not null)
            return work((_, _) => { });
        using var status = new StatusLine(_output, () => Console.WindowWidth, stage, TimeProvider.System);
        using var timer = new Timer(_ => status.Refresh(), null, TimeSpan.Zero, Refreshes);
        _status = status;
        try
        {
            return work(status.Say);
        }
        finally
        {
            _status = null;
        }
    }

    private void Print(Action print)
    {
        if (_status is { } status)
            status.Above(print);
        else
            print();
    }
}
