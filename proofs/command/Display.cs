using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Verified.Proofs.Commands;

/// <summary>Where a verb prints: lines and tables, with a moving status line while it works if the output is a terminal.</summary>
internal sealed class Display
{
    private const int PipeWidth = 160;

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly TextWriter _output;
    private readonly IAnsiConsole _console;
    private readonly bool _terminal;

    public Display(ParseResult parsed) : this(parsed.InvocationConfiguration.Output)
    {
    }

    private Display(TextWriter output)
    {
        _output = output;
        _terminal = _output == Console.Out && !Console.IsOutputRedirected;
        _console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(_output),
            Ansi = _terminal ? AnsiSupport.Detect : AnsiSupport.No,
            Interactive = _terminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
        if (!_terminal) _console.Profile.Width = PipeWidth;
    }

    /// <summary>Whether there is a status line; where there is none, what takes long tells in lines how far it is.</summary>
    public bool IsTerminal => _terminal;

    /// <summary>Prints nothing.</summary>
    public static Display Silent { get; } = new(TextWriter.Null);

    /// <summary>A whole line, never wrapped.</summary>
    public void Line(string text = "")
    {
        if (_terminal) _console.Write(new Text(text + "\n"));
        else _output.WriteLine(text);
    }

    public void Write(Table table) => _console.Write(table);

    /// <summary>Prints a value for programs to read.</summary>
    public void Json<T>(T value) => _output.WriteLine(JsonSerializer.Serialize(value, Format));

    /// <summary>Does some work; <paramref name="work"/> gets the means to say how far it is.</summary>
    public T While<T>(string stage, Func<Action<string>, T> work)
    {
        if (!_terminal) return work(_ => { });
        T? result = default;
        _console.Status().Start(Markup.Escape(stage), context =>
            result = work(text => context.Status = Markup.Escape($"{stage}: {text}")));
        return result!;
    }
}
