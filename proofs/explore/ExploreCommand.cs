using System.Text.Json;
using Verified.Proofs.Events;

namespace Verified.Proofs.Explore;

/// <summary>The commands that the page can send to a session. The page sends a name and, if needed, JSON.</summary>
internal static class ExploreCommand
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private sealed record Take(int Number, int Events, bool Follows);

    private sealed record Until(string Condition);

    private sealed record Step(int Steps);

    /// <summary>Carries a command out.</summary>
    /// <param name="session">The session.</param>
    /// <param name="name">Its name.</param>
    /// <param name="body">The rest of the request.</param>
    /// <param name="file">The file that the trace is saved in.</param>
    /// <param name="cancel">The user has cancelled the command.</param>
    /// <returns>The answer in one line, which may be empty; null if there is no such command.</returns>
    public static string? Run(Session session, string name, string body, string file, CancellationToken cancel)
    {
        switch (name)
        {
            case "take":
                var take = Read<Take>(body);
                session.Take(take.Number, take.Events, take.Follows);
                return "";
            case "back":
                session.Back();
                return "";
            case "step":
                session.BackToStep(Read<Step>(body).Steps);
                return "";
            case "restart":
                session.Restart();
                return "";
            case "until":
                return session.RunUntil(Read<Until>(body).Condition, cancel);
            case "follow":
                var (came, skipped) = session.Follow();
                return $"{came} events of the trace follow"
                    + (skipped == 0 ? "" : $"; {skipped} cannot come in their states and do nothing");
            case "load":
                session.Load(TraceFile.Read(body));
                return $"loaded: {session.World.Says}";
            case "save":
                return Save(session, file);
            default:
                return null;
        }
    }

    private static string Save(Session session, string file)
    {
        try
        {
            session.Save(file);
            return $"saved: verified replay {file}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExploreException($"not saved: {e.Message}", e);
        }
    }

    private static T Read<T>(string body)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, Options) ?? throw new JsonException("nothing");
        }
        catch (JsonException e)
        {
            throw new ExploreException("the page sent a request that this version does not know; reload the page", e);
        }
    }
}
