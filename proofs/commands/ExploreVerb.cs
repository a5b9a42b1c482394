using System.CommandLine;
using System.Runtime.InteropServices;
using Verified.Kernel;
using Verified.Proofs.Check;
using Verified.Proofs.Events;
using Verified.Proofs.Explore;
using Verified.Proofs.Subjects;

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
        Description =
            "Explore a saved trace. A trace of a model begins at its end; any other at its start, and its own events "
            + "are offered beside random ones",
        HelpName = "FILE",
    };

    private static readonly Option<int> Seed = CommonOptions.InRange(
        new Option<int>("--seed")
        {
            Description = "Selects the random events that are offered beside those of a trace",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        },
        0,
        int.MaxValue
    );

    private static readonly Option<string?> Image = new("--image")
    {
        Description =
            "Run this image file beside the spec [default: the image that the trace was found with, or the one built "
            + "here; none for a trace of the spec alone]",
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
            "Serve a page on this host only: choose the events of a model or after a saved trace one by one, search a "
                + "run to a condition, and see which statements hold. Ctrl-C ends it"
        )
        {
            Name,
            TraceOf,
            Until,
            Seed,
            Image,
            Port,
        };
        verb.SetAction(parsed => Run(parsed, new Display(parsed)));
        return verb;
    }

    private static int Run(ParseResult parsed, Display display)
    {
        var session = parsed.GetValue(TraceOf) is { } file
            ? OfTrace(parsed, display, file)
            : new Session(OfModel(parsed, parsed.GetValue(Name) ?? Model.Pair.Name));
        if (parsed.GetValue(Until) is { } condition)
            session.RunUntil(condition);
        Serve(session, parsed.GetValue(Port), display, parsed.InvocationConfiguration.Error).GetAwaiter().GetResult();
        return CommandLine.Holds;
    }

    private static Session OfTrace(ParseResult parsed, Display display, string file)
    {
        if (File.Exists(file) && SubjectTrace.KernelOf(File.ReadAllText(file)) is { } kernel)
            throw new CommandException(
                $"{file} is of {kernel}, a kernel of the tutorial, which has no explorer: verified replay {file}"
            );
        var trace = TraceFile.Load(file);

        // A trace without an origin may be of a model that the user names.
        if (trace.Origin is null or { IsOfModel: true } && (parsed.GetValue(Name) ?? trace.Origin?.Model) is { } model)
        {
            var session = new Session(OfModel(parsed, model));
            session.Load(trace);
            return session;
        }

        if (parsed.GetValue(Name) is { } unwanted)
            throw new CommandException(
                $"{file} is of {trace.Origin?.Verb}, not of model {unwanted}: verified explore --trace {file}"
            );
        var seed = parsed.GetValue(Seed);
        return new(new TraceWorld(trace, seed, ImageOf(parsed, display, file, trace)));
    }

    private static ModelWorld OfModel(ParseResult parsed, string name) =>
        parsed.GetValue(Image) is { } image
            ? throw new CommandException($"--image {image}: a model has no image; give a --trace of diff or prove")
            : new(ModelOf(name));

    // The image that runs beside the spec; null if the trace is of the spec alone.
    private static ImageComparison? ImageOf(ParseResult parsed, Display display, string file, Trace trace)
    {
        if (parsed.GetValue(Image) is { } path)
        {
            var given = KernelImage.Load(path);
            return new(given, path, new(Images.Hash(given), path));
        }

        if (trace.Origin?.Image is not { } recorded)
            return null;
        if (Images.Find(recorded, trace.Start.Limits) is { } found)
            return new(
                found,
                recorded.Flipped is { } flip ? $"the image in which {flip}" : recorded.Path ?? "the image",
                recorded
            );
        var missing =
            $"{file}: the image that it was found with is not here (SHA-256 {recorded.Short}...): --image FILE "
            + "gives it";
        if (!Images.CanBuild(trace.Start.Limits))
        {
            display.Line($"{missing}; the spec runs alone");
            return null;
        }

        var built = KernelImage.Build(trace.Start.Limits);
        if (Images.Hash(built) != recorded.Sha256)
            display.Line($"{missing}; the image built here runs in its place");
        return new(built, "the image built here", new(Images.Hash(built)));
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
        var name = $"explore-{session.World.Name}";
        var server = await ExploreServer.Start(session, port, Path.Combine(Report.Folder, $"{name}.json"), error);
        await using (server)
        {
            display.Line($"explore {session.World.Name}: {server.Address} (Ctrl-C ends it)");
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
