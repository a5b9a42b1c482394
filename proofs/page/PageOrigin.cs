using Verified.Proofs.Events;

namespace Verified.Proofs.Page;

/// <summary>Says how the trace of a page was found.</summary>
public static class PageOrigin
{
    /// <summary>The line that names the command, and how it found the trace.</summary>
    /// <param name="command">The command as the user typed it, without "verified"; null if it is not known.</param>
    /// <param name="found">The check that found the trace; null if it is not known.</param>
    public static string Line(string? command, Origin? found)
    {
        if (command is null)
            return found is null ? "" : $"verified {found}";
        var words = command.Split(' ');
        var how =
            found is null ? null
            : !words.Contains(found.Verb) ? $"found by {found}"
            : found.Seed is { } seed ? $"found with seed {seed}"
            : found.Model is { } model && !words.Contains(model) ? $"found in model {model}"
            : null;
        return $"verified {command}" + (how is null ? "" : $": {how}");
    }
}
