using System.CommandLine;
using System.Runtime.InteropServices;
using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.Explore;

namespace Verified.Proofs.Commands;

/// <summary><c>explore</c>: serves a page on which the user chooses the next event of a model.</summary>
internal static class ExploreVerb
{
    private static readonly Model[] Models = [.. Model.All, Liveness.Fair];

    private static string Names => string.Join(", ", Models.Select(model => model.Name));

    private static readonly Argument<string?> Name = new("model")
    {
        Description = $"One of {Names}; by default the model of the trace, or {Model.Pair.Name}",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<string?> TraceOf = new("--trace")
    {
        Description = "Begin at the end of a saved trace of this model",
        HelpName = "FILE",
    };

    private static readonly Option<string?> Until = new("--until")
    {
        Description = "Begin with a shortest run to a condition: COLUMN[ROW] OP VALUE, or a name in the page's list",
        HelpName = "CONDITION",
    };

    private static readonly Option<int> Port = CommonOptions.InRange(
        new Option<int>("--port")
        {
            Description = "The port on the loopback interface; 0 for any free one",
            HelpName = "N",
            DefaultValueFactory = _ => 0,
        },
        0,
        ushort.MaxValue
    );

    public static Command Make()
    {
        var verb = new Command(
            "explore",
            "Serve a page on this host only: choose the events of a model one by one, search a run to a condition, "
                + "and see which statements hold. Ctrl-C ends it"
        )
        {
            Name,
            TraceOf,
            Until,
            Port,
        };
        verb.SetAction(parsed => Run(parsed, new Display(parsed)));
        return verb;
    }

    private static int Run(ParseResult parsed, Display display)
    {
        var trace = parsed.GetValue(TraceOf) is { } file ? TraceFile.Load(file) : null;
        if (trace is not null && trace.Origin?.Model is null)
            throw new CommandException(
                $"{parsed.GetValue(TraceOf)} is of {trace.Origin?.Verb ?? "no model"}, and only a trace of a model "
                    + "can be explored: 'verified replay FILE --html PAGE' draws it"
            );
        var session = new Session(ModelOf(parsed.GetValue(Name) ?? trace?.Origin?.Model ?? Model.Pair.Name));
        if (trace is not null)
            session.Load(trace);
        if (parsed.GetValue(Until) is { } condition)
            session.RunUntil(condition);
        Serve(session, parsed.GetValue(Port), display, parsed.InvocationConfiguration.Error).GetAwaiter().GetResult();
        return CommandLine.Holds;
    }

    private static Model ModelOf(string name) =>
        Models.FirstOrDefault(model => model.Name == name)
        ?? throw new CommandException(
            DidYouMean.Line("model", name, Models.Select(model => model.Name), $"give {Names}")
        );

    private static async Task Serve(Session session, int port, Display display, TextWriter error)
    {
        var ends = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        var name = $"explore-{session.Model.Name}";
        var server = await ExploreServer.Start(session, port, Path.Combine(Report.Folder, $"{name}.json"), error);
        await using (server)
        {
            display.Line($"explore {session.Model.Name}: {server.Address} (Ctrl-C ends it)");
            await ends.Task;
        }

        // The user's run is not lost.
        if (session.IsUnsaved)
            Report.Save(display, session.Trace, name);

        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            ends.TrySetResult();
        }
    }
}
