namespace Verified.Proofs.Mutation;

/// <summary>A change of what the spec means, which every check of the image lets pass if the image is changed
/// alike.</summary>
/// <param name="What">What the changed kernel does.</param>
/// <param name="File">The file below spec/.</param>
/// <param name="Old">The text that is replaced: it occurs once.</param>
/// <param name="New">What stands there instead.</param>
public sealed record MeaningMutant(string What, string File, string Old, string New)
{
    public static readonly IReadOnlyList<MeaningMutant> All =
        [.. MeaningMutants.OfMessages, .. MeaningMutants.OfTime, .. MeaningMutants.OfMappings,
            .. MeaningMutants.OfTasks];

    /// <summary>The changed text.</summary>
    /// <exception cref="FormatException">The old text does not occur exactly once.</exception>
    public string Change(string? text)
    {
        var at = text?.IndexOf(Old, StringComparison.Ordinal)
            ?? throw new FormatException($"'{What}': there is no file {File}");
        if (at < 0) throw new FormatException($"'{What}': {File} has no text '{Old}' any more");
        if (text.IndexOf(Old, at + 1, StringComparison.Ordinal) >= 0) throw new FormatException($"'{What}': {File} "
            + $"has '{Old}' more than once");
        return text[..at] + New + text[(at + Old.Length)..];
    }
}
