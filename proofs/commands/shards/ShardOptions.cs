using System.CommandLine;

namespace Verified.Proofs.Commands.Shards;

/// <summary>The options of verbs whose work can be shared by several machines.</summary>
internal static class ShardOptions
{
    private static readonly Option<Shard?> Part = new("--shard")
    {
        Description = "Do only part i of n parts of the work; needs --result",
        HelpName = "i/n",
        CustomParser = argument =>
        {
            if (Shard.Parse(argument.Tokens[0].Value) is { } shard)
                return shard;
            argument.AddError(
                $"--shard {argument.Tokens[0].Value}: give i/n with 1 <= i <= n <= {Shard.Most}, for example 2/5."
            );
            return null;
        },
    };

    private static readonly Option<string?> ResultFile = new("--result")
    {
        Description = "Write the result for 'verified merge', which unites those of all shards",
        HelpName = "FILE",
    };

    /// <summary>The text of an option without a value, in a result.</summary>
    public const string IsGiven = "given";

    public static void AddTo(Command verb)
    {
        verb.Add(Part);
        verb.Add(ResultFile);
        verb.Validators.Add(result =>
        {
            if (result.GetResult(Part) is not null && result.GetValue(ResultFile) is null)
                result.AddError("--shard needs --result FILE, because the result of one shard alone is no verdict.");
        });
    }

    /// <summary>The part of the work that is asked for.</summary>
    public static Shard Of(ParseResult parsed) => parsed.GetValue(Part) ?? Shard.Whole;

    /// <summary>Refuses a shard where the work cannot be shared.</summary>
    public static void Refuse(ParseResult parsed, string mode)
    {
        if (parsed.GetResult(Part) is not null)
            throw new CommandException($"--shard and {mode} exclude each other");
    }

    /// <summary>Writes the result, if a file for it is given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="display">Has the checks, and the notes of the verb.</param>
    /// <param name="exit">The exit code.</param>
    public static void Write(ParseResult parsed, Display display, int exit)
    {
        var command = parsed.CommandResult.Command;
        if (!command.Options.Contains(ResultFile) || parsed.GetValue(ResultFile) is not { } file)
            return;
        var image = command.Options.Contains(ImageSource.Size) ? ImageSource.Of(parsed) : null;
        var result = ShardResult.Make(
            NameOf(command),
            Of(parsed),
            image is null ? "" : Images.Hash(image),
            Given(parsed),
            display.Checked,
            display.Notes,
            exit
        );
        Reporting.Require(file, () => result.Save(file));
        if (parsed.GetResult(Part) is not null)
            display.Line(Verdict(result, file));
    }

    // A shard may have no part of the work, and then no other line says that it was carried out.
    private static string Verdict(ShardResult result, string file)
    {
        var (done, total, unit) = (result.Notes.Done, result.Notes.Total, result.Notes.Unit);
        return $"{result.Verb}, shard {result.Shard} of {result.Of}: "
            + (total > 0 ? $"{done:N0} of {total:N0} {unit}: " : "")
            + result.Exit switch
            {
                CommandLine.Holds when done == 0 && total > 0 => "nothing to do in this shard",
                CommandLine.Holds => "holds",
                CommandLine.Refuted => "FAILED",
                _ => "not complete",
            }
            + $"; result: {file}";
    }

    // The verb with those above it, such as "mutate spec".
    private static string NameOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault(parent => parent.Name != Reporting.Root) is { } parent
            ? $"{NameOf(parent)} {command.Name}"
            : command.Name;

    // How a result is shown or kept is no matter, nor how fast the work is. The image is compared by its content.
    private static readonly HashSet<string> NoMatter =
    [
        "--json",
        "--shard",
        "--result",
        "--path",
        "--html",
        "--junit",
        "--sarif",
        "--quiet",
        "--jobs",
        "--cache",
        "--no-cache",
        "--memory",
        "--time",
        "--checkpoint",
        "--image",
        "--source",
        "--help",
    ];

    // The options that decide about the work: all that are not known to be no matter.
    private static Dictionary<string, string> Given(ParseResult parsed)
    {
        var given = parsed
            .CommandResult.Command.Options.Where(option => !NoMatter.Contains(option.Name))
            .ToDictionary(
                option => option.Name,
                option =>
                    parsed.GetResult(option) is { Implicit: false, Tokens.Count: 0 }
                        ? IsGiven
                        : Text(parsed.GetResult(option)?.Tokens)
            );
        foreach (var argument in parsed.CommandResult.Command.Arguments)
            given.Add(argument.Name, Text(parsed.GetResult(argument)?.Tokens));
        return given;

        static string Text(IReadOnlyList<System.CommandLine.Parsing.Token>? tokens) =>
            string.Join(' ', (tokens ?? []).Select(token => token.Value));
    }
}
