using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Verified.Kernel;
using Verified.Machine.Processor;
using Verified.Proofs.Checker;
using Verified.Proofs.Commands.Shards;
using Verified.Proofs.Explore;
using Verified.Proofs.Host;
using Verified.Proofs.Oracle;
using Verified.Proofs.Paths;
using Verified.Proofs.Traces;
using Verified.Proofs.Watch;

namespace Verified.Proofs.Commands;

/// <summary>The command <c>verified</c>: its verbs and the meaning of its exit codes.</summary>
public static partial class CommandLine
{
    /// <summary>Everything asked for holds.</summary>
    public const int Holds = 0;

    /// <summary>Something is refuted or differs, or a program ended in failure.</summary>
    public const int Refuted = 1;

    /// <summary>The command could not be carried out: bad arguments, files, or no solver.</summary>
    public const int Unusable = 2;

    private const string Help =
        "Checks that every byte of the Verified microkernel's image does what the spec says.\n\n"
        + "Without a verb: every check at its default budget, then the table of claims.\n"
        + "Exit code: 0 everything holds, 1 something is refuted or differs, 2 the command cannot be carried out, or "
        + "was interrupted.\n"
        + "Ctrl-C ends a check, which then reports what it has done; a second Ctrl-C ends it at once.\n"
        + "Failures are saved as traces in .verified/ for 'verified replay FILE'; proofs are cached in "
        + ".verified/proofs/.";

    /// <summary>Parses and carries out one command line.</summary>
    /// <param name="arguments">Without the program's name.</param>
    /// <param name="output">Results.</param>
    /// <param name="error">One line if the command cannot be carried out.</param>
    /// <returns><see cref="Holds"/>, <see cref="Refuted"/> or <see cref="Unusable"/>.</returns>
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        var parsed = Root().Parse(arguments);
        if (Misunderstood(parsed) is { } why)
            return Fail(error, why);
        try
        {
            return parsed.Invoke(
                new InvocationConfiguration
                {
                    Output = output,
                    Error = error,
                    EnableDefaultExceptionHandler = false,
                }
            );
        }
        catch (Exception e)
        {
            return Fail(error, OneLine(Expected(e) is { } expected ? expected.Message : Unexpected(e)));
        }
    }

    /// <summary>Why a command line cannot be understood; null if it can. This method carries nothing out.</summary>
    /// <param name="arguments">Without the program's name.</param>
    public static string? Misunderstood(IReadOnlyList<string> arguments) => Misunderstood(Root().Parse(arguments));

    private static string? Misunderstood(ParseResult parsed)
    {
        if (parsed.Action is HelpAction)
            return null;
        var command = parsed.CommandResult.Command;
        var options = command.Options.SelectMany(option => option.Aliases.Prepend(option.Name));

        // The parser takes an unknown option for the verb's argument.
        var given = parsed
            .CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens.Select(token => token.Value))
            .Concat(parsed.UnmatchedTokens);
        if (given.FirstOrDefault(token => token.StartsWith("--", StringComparison.Ordinal)) is { } option)
            return DidYouMean.Line("option", option, options, $"'{Named(command)} --help' lists them");
        if (parsed.UnmatchedTokens is [var word, ..] && command.Subcommands.Count > 0 && command.Arguments.Count == 0)
            return DidYouMean.Line(
                "verb",
                word,
                command.Subcommands.Select(verb => verb.Name),
                $"'{Named(command)} --help' lists them"
            );
        return parsed.Errors is [var first, ..]
            ? $"{OneLine(Plain(first.Message))} '{Named(command)} --help' lists verbs and options."
            : null;
    }

    private static string Named(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent
            ? $"{Named(parent)} {command.Name}"
            : Reporting.Root;

    private static Command Root()
    {
        var root = new Command(Reporting.Root, Help)
        {
            new HelpOption(),
            new VersionOption(),
            CheckVerb.Make(),
            ExploreVerb.Make(),
            ProveVerb.Make(),
            FuzzVerb.Make(),
            DiffVerb.Make(),
            WatchVerb.Make(),
            RunVerb.Make(),
            ReplayVerb.Make(),
            ImageVerb.Make(),
            ListVerb.Make(),
            MutateVerb.Make(),
            OracleVerb.Make(),
            BenchVerb.Make(),
            WaysVerb.Make(),
            ClaimsVerb.Make(),
            TutorialVerb.Make(),
            MergeVerb.Make(),
        };
        Everything.AddTo(root);
        return root;
    }

    private static int Fail(TextWriter error, string line)
    {
        error.WriteLine($"verified: {line}");
        return Unusable;
    }

    /// <summary>
    /// The exception of bad input or of a missing solver, also inside an exception of a type initialiser or a parallel
    /// loop; null for any other exception.
    /// </summary>
    private static Exception? Expected(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
            if (
                e
                is CommandException
                    or ImageException
                    or ExploreException
                    or EditException
                    or TraceFileException
                    or MachineException
                    or ModelException
                    or CheckpointException
                    or DllNotFoundException
                    or ProverException
                    or OtherProgramException
                    or OracleUnavailableException
                    or VectorFileException
                    or UnimplementedInstruction
                    or ShutdownException
            )
                return e;
        return null;
    }

    private static string Unexpected(Exception e) =>
        e is IOException or UnauthorizedAccessException
            ? e.Message
            : $"a defect of verified itself: {e.GetType().Name} in "
                + $"{e.TargetSite?.DeclaringType?.Name}.{e.TargetSite?.Name}: {e.Message}";

    /// <summary>The parser's words for a value of the wrong kind name a type of this program.</summary>
    private static string Plain(string error) =>
        Unparsable().Match(error) is { Success: true } match
            ? $"{match.Groups["option"].Value} {match.Groups["value"].Value}: it does not take this value."
            : error;

    [GeneratedRegex(
        "^Cannot parse argument '(?<value>.*)' for (option|command|argument) '(?<option>.*)' as expected type"
    )]
    private static partial Regex Unparsable();

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();
}
